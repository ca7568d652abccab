"""The distances, methods of similarity and tests that there are: a new one is one entry of a table here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from tyrosine.wording import alternatives

Implementation = str | Callable[..., Any]
"""A function, or `package.module:function`: this ground floor imports nothing of the rooms above."""


@dataclass(frozen=True)
class Distance:
    """A dissimilarity of stimuli.

    Attributes
    ----------
    function : callable or str
        Takes features of shape (n_stimuli, n_features), finite, with at least two rows, and the names of the
        stimuli for messages; returns the condensed RDM of shape (n_pairs,), float64. One that needs
        repetitions takes a `tyrosine.rsa.crossvalidation.Trials` in their place.
    label : str
        What axes and colour bars call it.
    description : str
        Its definition, for `docs/methods.md`.
    net2brain : str, optional
        What Net2Brain calls it.
    is_a_length : bool
        Whether its square is a squared distance in the space of the features.
    needs_repetitions : bool
        Whether it is estimated from several responses to each stimulus, so that noise does not add to it; it
        may then be negative, and is no distance of features.
    without_noise : str, optional
        The distance of noise-free responses that it estimates, if it needs repetitions.
    points : callable or str, optional
        What arranges patterns as points whose half squared distances are the dissimilarities, for comparison
        without RDMs. It changes features (n_stimuli, n_features), float64, in place, and returns which
        stimuli have no direction (n_stimuli,). For a distance that needs repetitions it takes `Trials`, and
        returns points (n_stimuli, n_dimensions) and for each dimension 1 or -1, as it counts in squared
        distances.
    """

    function: Implementation
    label: str
    description: str
    net2brain: str | None = None
    is_a_length: bool = False
    needs_repetitions: bool = False
    without_noise: str | None = None
    points: Implementation | None = None


@dataclass(frozen=True)
class Method:
    """A similarity of RDMs.

    Attributes
    ----------
    label : str
        What axes call it.
    description : str
        Its definition, for `docs/methods.md`.
    compare : callable or str, optional
        Takes condensed RDMs of shapes (k, n_pairs) and (m, n_pairs), returns similarities of shape (k, m); it
        may leave NaN where an RDM is not finite. The inner products of prepared RDMs if not given.
    prepare : callable or str, optional
        Scales condensed RDMs of shape (k, n_pairs), each by itself, so that inner products are similarities.
        A method that has it has a permutation test of the stimuli.
    pool : callable or str, optional
        Scales condensed RDMs of shape (k, n_pairs), each by itself, so that their mean over subjects is the
        RDM most similar to all. The RDMs as they are if not given.
    bootstrap : callable or str, optional
        Takes condensed RDMs (k, n_pairs) and (m, n_pairs), how often each stimulus was drawn
        (n_resamples, n_stimuli), the device and, where whole groups were drawn, the number of the group of
        each stimulus (n_stimuli,); it returns similarities (n_resamples, k, m). Pairs within a group count
        once for each draw of the group. A method that has it has a bootstrap over stimuli; it must have
        `prepare` too.
    rsatoolbox : str, optional
        What rsatoolbox calls it.
    takes_squared_distances : bool
        Whether it compares squared distances, so that a distance that is a length is squared first.
    of_sums : callable or str, optional
        Takes sums over pairs of stimuli, `tyrosine.rsa.without_rdms.sums.Sums`, and returns the similarities
        (k, m) that they make, NaN where an RDM has no variance. A method that has it needs no RDMs. If it has
        `bootstrap` too, it must do with the sums of each resample, which have no sums of rows.
    """

    label: str
    description: str
    compare: Implementation | None = None
    prepare: Implementation | None = None
    pool: Implementation | None = None
    bootstrap: Implementation | None = None
    rsatoolbox: str | None = None
    takes_squared_distances: bool = False
    of_sums: Implementation | None = None

    def __post_init__(self) -> None:
        if self.prepare is None and (self.bootstrap is not None or self.compare is None):
            raise ValueError(
                f"The method {self.label} needs prepare: "
                + ("its bootstrap uses the inner product." if self.compare else "it has no compare either.")
            )


@dataclass(frozen=True)
class SignificanceTest:
    """A test of similarities, or of differences of two, against zero.

    Attributes
    ----------
    function : callable or str
        What makes the numbers. A test across subjects takes values of shape (n_subjects, m), the alternative
        and the level of confidence, and returns a table of m rows with the columns `n`, `estimate`, `lower`,
        `upper`, `effect_size`, `statistic`, `p` and `undefined`. The others have signatures of their own.
    over : {"subjects", "stimuli", "both", "models"}
        What the test takes as drawn by chance, and so what its answer holds for; `models` is over subjects,
        stimuli and models.
    sentence : str
        What sentences call it.
    """

    function: Implementation
    over: Literal["subjects", "stimuli", "both", "models"]
    sentence: str


DISTANCES: dict[str, Distance] = {
    "correlation": Distance(
        "tyrosine.rsa.dissimilarity:correlation_distances",
        label="Dissimilarity (1 − Pearson r)",
        description="1 − Pearson's r of two feature vectors",
        net2brain="pearson",
        points="tyrosine.rsa.without_rdms.patterns:correlation_points",
    ),
    "cosine": Distance(
        "tyrosine.rsa.dissimilarity:cosine_distances",
        label="Dissimilarity (1 − cosine)",
        description="1 − cosine of their angle",
        net2brain="cosine",
        points="tyrosine.rsa.without_rdms.patterns:cosine_points",
    ),
    "euclidean": Distance(
        "tyrosine.rsa.dissimilarity:euclidean_distances",
        label="Dissimilarity (Euclidean distance)",
        description="length of their difference",
        net2brain="euclidean",
        is_a_length=True,
    ),
    "squared_euclidean": Distance(
        "tyrosine.rsa.dissimilarity:squared_euclidean_distances",
        label="Dissimilarity (squared Euclidean distance per channel)",
        description="squared length of their difference, divided by the number of features or channels",
        points="tyrosine.rsa.without_rdms.patterns:squared_euclidean_points",
    ),
    "crossnobis": Distance(
        "tyrosine.rsa.crossvalidation:crossnobis",
        label="Dissimilarity (crossnobis distance)",
        description="cross-validated squared Mahalanobis distance per channel (Walther et al. 2016), in "
        "units of the variance of the noise",
        needs_repetitions=True,
        without_noise="squared_euclidean",
        points="tyrosine.rsa.crossvalidation:crossnobis_points",
    ),
    "correlation_crossvalidated": Distance(
        "tyrosine.rsa.crossvalidation:correlation_crossvalidated",
        label="Dissimilarity (1 − cross-validated Pearson r)",
        description="1 − Pearson's r with a cross-validated covariance and cross-validated variances",
        needs_repetitions=True,
        without_noise="correlation",
        points="tyrosine.rsa.crossvalidation:correlation_points",
    ),
    "cosine_crossvalidated": Distance(
        "tyrosine.rsa.crossvalidation:cosine_crossvalidated",
        label="Dissimilarity (1 − cross-validated cosine)",
        description="1 − cosine with a cross-validated inner product and cross-validated norms",
        needs_repetitions=True,
        without_noise="cosine",
        points="tyrosine.rsa.crossvalidation:cosine_points",
    ),
}
AUTO = "auto"
"""The distance of brain RDMs that is chosen by whether there are repetitions."""
UNBIASED, PUBLISHED = "crossnobis", "correlation"
"""What `AUTO` is where every stimulus was repeated, and elsewhere."""

METHODS: dict[str, Method] = {
    "pearson": Method(
        label="Pearson r",
        description="Pearson's correlation",
        compare="tyrosine.rsa.similarity:pearson",
        prepare="tyrosine.rsa.similarity:centred_unit",
        pool="tyrosine.rsa.similarity:centred_unit",
        bootstrap="tyrosine.rsa.bootstrap:bootstrap_pearson",
        rsatoolbox="corr",
        of_sums="tyrosine.rsa.without_rdms.sums:pearson",
    ),
    "spearman": Method(
        label="Spearman ρ",
        description="Spearman's rank correlation",
        compare="tyrosine.rsa.similarity:spearman",
        prepare="tyrosine.rsa.similarity:ranked_unit",
        pool="tyrosine.rsa.correlation:rank",
        bootstrap="tyrosine.rsa.bootstrap:bootstrap_spearman",
        rsatoolbox="spearman",
    ),
    "cosine": Method(
        label="cosine",
        description="cosine of the angle",
        compare="tyrosine.rsa.similarity:cosine",
        prepare="tyrosine.rsa.similarity:unit",
        pool="tyrosine.rsa.similarity:unit",
        bootstrap="tyrosine.rsa.bootstrap:bootstrap_cosine",
        rsatoolbox="cosine",
        of_sums="tyrosine.rsa.without_rdms.sums:cosine",
    ),
    "kendall_tau_a": Method(
        label="Kendall τ-a",
        description="Kendall's rank correlation, without correction for ties (Nili et al. 2014)",
        compare="tyrosine.rsa.similarity:kendall_tau_a",
        pool="tyrosine.rsa.correlation:rank",
        rsatoolbox="tau-a",
    ),
    "pearson_whitened": Method(
        label="whitened Pearson r",
        description="Pearson's correlation of whitened entries (Diedrichsen et al. 2021)",
        prepare="tyrosine.rsa.similarity:centred_whitened_unit",
        pool="tyrosine.rsa.similarity:centred_unit",
        rsatoolbox="corr_cov",
        of_sums="tyrosine.rsa.without_rdms.sums:pearson_whitened",
    ),
    "cosine_whitened": Method(
        label="whitened cosine",
        description="cosine of whitened entries (Diedrichsen et al. 2021)",
        prepare="tyrosine.rsa.similarity:whitened_unit",
        pool="tyrosine.rsa.similarity:unit",
        rsatoolbox="cosine_cov",
        of_sums="tyrosine.rsa.without_rdms.sums:cosine_whitened",
    ),
    "cka": Method(
        label="linear CKA",
        description="debiased linear centred kernel alignment, as a cross-check",
        compare="tyrosine.rsa.similarity:debiased_cka",
        pool="tyrosine.rsa.similarity:u_centred_products",
        takes_squared_distances=True,
        of_sums="tyrosine.rsa.without_rdms.sums:debiased_cka",
    ),
}

REWEIGHTED = "reweighted"
"""What the pipeline `sensitivity` calls similarities with weights that are fitted to other stimuli."""

_OTHER_LABELS = {
    REWEIGHTED: "reweighted Pearson r",
    "encoding": "encoding r",
    "encoding_normalised": "noise-ceiling-normalised encoding r",
}
"""What is no similarity of RDMs."""

T_TEST, WILCOXON = "t-test", "Wilcoxon"
STIMULUS_PERMUTATION, DUAL_BOOTSTRAP = "stimulus permutation", "dual bootstrap"
TRIPLE_BOOTSTRAP = "triple bootstrap"
TESTS: dict[str, SignificanceTest] = {
    T_TEST: SignificanceTest("tyrosine.rsa.significance:t_test", "subjects", "t-test across subjects"),
    WILCOXON: SignificanceTest(
        "tyrosine.rsa.significance:wilcoxon_test", "subjects", "Wilcoxon signed-rank test across subjects"
    ),
    STIMULUS_PERMUTATION: SignificanceTest(
        "tyrosine.rsa.permutation:permute_stimuli",
        "stimuli",
        "permutation of the stimuli within a subject",
    ),
    DUAL_BOOTSTRAP: SignificanceTest(
        "tyrosine.rsa.generalisation:generalise", "both", "bootstrap over subjects and stimuli"
    ),
    TRIPLE_BOOTSTRAP: SignificanceTest(
        "tyrosine.rsa.inference.random_models:run_over_models",
        "models",
        "bootstrap over subjects, stimuli and models",
    ),
}


def distances_of_features() -> list[str]:
    """Names of the distances that need no repetitions."""
    return [name for name, distance in DISTANCES.items() if not distance.needs_repetitions]


def methods_that(offer: Literal["prepare", "bootstrap", "of_sums"]) -> list[str]:
    """Names of the methods of similarity whose entry has `prepare`, `bootstrap` or `of_sums`."""
    return [name for name, method in METHODS.items() if getattr(method, offer) is not None]


def tests_across_subjects() -> dict[str, SignificanceTest]:
    """The entries of `TESTS` that are tests across subjects."""
    return {name: test for name, test in TESTS.items() if test.over == "subjects"}


def tests_of_figures() -> list[str]:
    """Names of the tests that figures can mark: the tests across subjects, and the dual bootstrap."""
    return [*tests_across_subjects(), DUAL_BOOTSTRAP]


@cache
def resolve(implementation: Implementation) -> Callable[..., Any]:
    """The function that an entry names."""
    if callable(implementation):
        return implementation
    module, name = implementation.split(":")
    return getattr(import_module(module), name)


def distance_label(name: str) -> str:
    """What axes call a distance; its own name if the table has none of that name."""
    return DISTANCES[name].label if name in DISTANCES else name


def method_label(name: str) -> str:
    """What axes call a method of similarity; its own name if the table has none of that name."""
    if name in _OTHER_LABELS:
        return _OTHER_LABELS[name]
    return METHODS[name].label if name in METHODS else name


@dataclass(frozen=True)
class OneOf:
    """Annotation of a field that takes the name of an entry of a table, also of one that came later.

    Attributes
    ----------
    names : callable
        Returns the names that there are.
    """

    names: Callable[[], Iterable[str]]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._known, handler(source))

    def _known(self, name: str) -> str:
        if name not in self.names():
            raise ValueError(f"expected {alternatives(self.names())}")
        return name


DistanceName = Annotated[str, OneOf(lambda: DISTANCES)]
BrainDistanceName = Annotated[str, OneOf(lambda: [AUTO, *DISTANCES])]
FeatureDistanceName = Annotated[str, OneOf(distances_of_features)]
MethodName = Annotated[str, OneOf(lambda: METHODS)]
GridMethodName = Annotated[str, OneOf(lambda: [*METHODS, REWEIGHTED])]
TestName = Annotated[str, OneOf(tests_of_figures)]
