"""What the answer of a test holds for, in words."""

from __future__ import annotations

from tyrosine.parameters.measures import TESTS

_GROUPS = {"category": "categories", "supercategory": "supercategories"}


def name_groups(stimulus_groups: str) -> str:
    """Plural of what whole groups of stimuli were drawn by: `categories`, or `groups by run`."""
    return _GROUPS.get(stimulus_groups, f"groups by {stimulus_groups}")


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
    if over == "stimuli":
        return "this subject and these very stimuli"
    subjects = "new models and new subjects" if over == "models" else "new subjects"
    if not stimulus_groups:
        return f"{subjects} and new stimuli of these kinds"
    known = stimulus_groups in _GROUPS
    return f"{subjects} and new {name_groups(stimulus_groups)}{' of stimuli' if known else ''}"


def explain_drawn(stimulus_groups: str) -> str:
    """Say in two sentences what the bootstrap over subjects and stimuli drew, and what that means.

    Parameters
    ----------
    stimulus_groups : str
        As for `holds_for`.
    """
    if not stimulus_groups:
        return (
            "The bootstrap over subjects and stimuli drew single stimuli: its answers hold for new subjects "
            "and new stimuli of the kinds that this study has, and not for other kinds of stimuli. Tests "
            "across subjects hold for new subjects and these very stimuli."
        )
    main = "; a picture with several goes by the one with the largest visible area"
    return (
        f"The bootstrap over subjects and stimuli drew whole {name_groups(stimulus_groups)} of stimuli"
        f"{main if stimulus_groups in _GROUPS else ''}: its answers hold for new subjects and new "
        f"{name_groups(stimulus_groups)}. Tests across subjects hold for new subjects and these very stimuli."
    )
