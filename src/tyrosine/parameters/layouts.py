"""The layouts of raw folders: a new one is an entry of the table here, and a module that reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayoutEntry:
    """A layout of raw folders.

    Attributes
    ----------
    module : str
        Name of the module that reads it, with the functions of `tyrosine.studies.layouts.Layout`.
    unpacked : str
        Name of the folder that its archive unpacks to; empty if there is none.
    simulated : bool
        Whether the simulation can write it.
    preparations : bool
        Whether a folder may hold several preparations of its responses, of which `study.betas` names one.
    normalised : bool
        Whether responses were z-scored in each session before they were averaged and given out.
    own_stimuli : bool
        Whether subjects saw stimuli of their own, so that its module has the functions of
        `tyrosine.studies.layouts.OwnStimuli` too.
    ncsnr : bool
        Whether a folder may hold signal-to-noise ratios of its channels.
    """

    module: str
    unpacked: str = ""
    simulated: bool = False
    own_stimuli: bool = False
    preparations: bool = False
    normalised: bool = False
    ncsnr: bool = False


LAYOUTS: dict[str, LayoutEntry] = {
    "algonauts_shared": LayoutEntry(
        "tyrosine.studies.algonauts_shared", "Algonauts23_shared_Net2Brain", simulated=True
    ),
    "nsd_872": LayoutEntry("tyrosine.studies.nsd_872", "NSD Dataset", simulated=True),
    "algonauts_2023": LayoutEntry(
        "tyrosine.studies.algonauts_2023", simulated=True, own_stimuli=True, normalised=True, ncsnr=True
    ),
    "nsd": LayoutEntry(
        "tyrosine.studies.nsd", simulated=True, own_stimuli=True, preparations=True, ncsnr=True
    ),
    "plain": LayoutEntry("tyrosine.studies.plain", own_stimuli=True),
    "images78": LayoutEntry("tyrosine.studies.images78", "78images"),
}

SIMULATED = "simulated"
"""What `study.source` is for a study whose raw folder is simulated."""


def simulated_layouts() -> list[str]:
    """Names of the layouts that the simulation can write."""
    return [name for name, entry in LAYOUTS.items() if entry.simulated]
