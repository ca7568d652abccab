"""What the answer of a test holds for, in words."""

from __future__ import annotations

from tyrosine.parameters.measures import DUAL_BOOTSTRAP, TESTS

_NEW_GROUPS = {"category": "new categories of stimuli", "supercategory": "new supercategories of stimuli"}


def holds_for(test: str, stimulus_groups: str = "") -> str:
    """Say for whom and for which stimuli the answer of a test holds.

    Parameters
    ----------
    test : str
        A key of `tyrosine.parameters.measures.TESTS`.
    stimulus_groups : str
        By what whole groups of stimuli were drawn, as the tables of inference say; empty where single
        stimuli were.

    Returns
    -------
    str
        Such as `new subjects and these very stimuli`.
    """
    over = TESTS[test].over
    if over == "subjects":
        return "new subjects and these very stimuli"
    if test != DUAL_BOOTSTRAP:
        return "this subject and these very stimuli"
    named = f"new groups of stimuli by {stimulus_groups}"
    stimuli = _NEW_GROUPS.get(stimulus_groups, named) if stimulus_groups else "new stimuli of these kinds"
    return f"new subjects and {stimuli}"
