"""Errors of expected trouble, one sentence each: what, where, what was expected, what to do."""


class TyrosineError(ValueError):
    """Base of all expected errors; the command line shows its sentence instead of a stack trace."""


class ParameterError(TyrosineError):
    """A parameter has a value that makes no sense."""


class ProjectFolderError(TyrosineError):
    """A project folder, or a study in it, cannot be made there."""


class StudyError(TyrosineError):
    """Stimuli or brain data are missing, broken or contradict each other."""


class ModelError(TyrosineError):
    """A model cannot be loaded, read or pooled as its specification says."""


class RDMError(TyrosineError):
    """A representational dissimilarity matrix, or what it is computed from, is not valid."""


class StorageError(TyrosineError):
    """A file of the catalog is truncated, of another format or of another version."""


class StaleResultError(StorageError):
    """A result in the catalog was made with other parameters, or from other data, than those of this run."""


class ClusterError(TyrosineError):
    """A Dask scheduler cannot be reached, or its workers cannot run the project."""
