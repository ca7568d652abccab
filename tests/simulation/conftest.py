"""The miniature checkpoints and stimuli of the tests of models."""

from tests.models.conftest import _two_threads_and_no_network, make_spec, miniatures, root, stimuli

__all__ = ["_two_threads_and_no_network", "make_spec", "miniatures", "root", "stimuli"]
