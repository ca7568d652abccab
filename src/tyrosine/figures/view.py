"""What all figures of a study have in common: its regions, its models, and how results are marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from tyrosine.figures import style
from tyrosine.parameters.measures import T_TEST


class ModelView(NamedTuple):
    """How a figure presents a model."""

    label: str
    modality: str
    """`vision`, `language`, or `stimulus` for features that no network makes."""
    twin_of: str | None = None
    """Name of the trained model, if this model is the untrained twin of one."""


@dataclass(frozen=True)
class StudyView:
    """What every plot function has to know of a study, besides the results that it draws.

    Attributes
    ----------
    title : str
        Name of the study.
    regions : mapping of str to sequence of str
        ROIs by selectivity, in the order in which figures show them.
    models : mapping of str to ModelView
        All models of the study, in their order. The order decides on the colours, so a figure that draws a
        part of the models takes the view of all of them.
    simulated : bool
        Whether figures are marked as made from simulated data.
    test : str
        The test whose results figures mark, one of `tyrosine.parameters.measures.tests_of_figures`.
    max_q : float
        A result is marked as significant if its q is smaller.
    max_q_of_categories : float
        A category is marked as over-represented in a cluster if its q is smaller.
    confidence_level : float
        Of the intervals in the tables.
    main : tuple of str
        Models that the main similarity plot shows; all trained networks if empty.
    question, ask : str
        Key and words of the question whose contrasts have brackets; all contrasts if empty.
    cmap : str
        Matplotlib colour map of RDMs.
    formats, series_formats : tuple of str
        File formats that each figure is saved in; the latter if there is one for each subject or region, of
        which the first one is saved in both.
    """

    title: str
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    models: Mapping[str, ModelView] = field(default_factory=dict)
    simulated: bool = False
    test: str = T_TEST
    max_q: float = 0.05
    max_q_of_categories: float = 0.05
    confidence_level: float = 0.95
    main: tuple[str, ...] = ()
    question: str = ""
    ask: str = ""
    cmap: str = "inferno"
    formats: tuple[str, ...] = ("png",)
    series_formats: tuple[str, ...] = ("png",)

    @cached_property
    def panels(self) -> dict[str, list[str]]:
        """ROIs by selectivity, without selectivities that have no ROI: a panel or group of columns each."""
        return {selectivity: list(rois) for selectivity, rois in self.regions.items() if len(rois)}

    @cached_property
    def rois(self) -> list[str]:
        """All ROIs, in the order of the panels."""
        return [roi for rois in self.panels.values() for roi in rois]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Label of each model."""
        return {name: model.label for name, model in self.models.items()}

    @cached_property
    def modalities(self) -> dict[str, str]:
        """Modality of each model."""
        return {name: model.modality for name, model in self.models.items()}

    @cached_property
    def twins(self) -> dict[str, str]:
        """The trained model of each untrained twin."""
        return {name: model.twin_of for name, model in self.models.items() if model.twin_of is not None}

    @cached_property
    def main_models(self) -> list[str]:
        """Models that the main similarity plot shows, in the order of the study."""
        networks = [
            name
            for name, model in self.models.items()
            if model.modality != "stimulus" and model.twin_of not in self.models
        ]
        return [name for name in self.models if name in (self.main or networks)] or list(self.models)

    @cached_property
    def colours(self) -> dict[str, str]:
        """Colour of each model, as hexadecimal RGB; a twin has the colour of its trained model."""
        return style.model_colours(self.models, self.modalities, self.twins)

    @cached_property
    def markers(self) -> dict[str, str]:
        """Marker of each model; a twin has the marker of its trained model."""
        return style.model_markers(self.models, self.modalities, self.twins)

    @cached_property
    def selectivity_colours(self) -> dict[str, str]:
        """Colour of the regions of each selectivity."""
        return style.selectivity_colours(self.regions)
