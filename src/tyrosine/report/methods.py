"""The methods of a run in the words of a paper, from the parameters that its tables have on record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tyrosine.figures.claims import name_groups
from tyrosine.parameters.measures import DISTANCES, METHODS
from tyrosine.report.references import Reference, cited
from tyrosine.report.robustness import joined
from tyrosine.report.sentences import count

_STUDIES = {
    "nsd": "Allen2022",
    "nsd_full": "Allen2022",
    "images92": "Kriegeskorte2008b",
    "images78": "Cichy2019",
}
"""Where the data of a study were published."""
_NETWORKS = {
    "clip": "Radford2021",
    "bert": "Devlin2019",
    "mae": "He2022",
    "dpt": "Ranftl2021",
    "gpt2": "Radford2019",
    "mpnet": "Song2020",
    "dinov2": "Oquab2024",
    "vit": "Dosovitskiy2021",
}
"""Where the network was published whose checkpoint has this word in its name; the first one found counts."""
_POOLINGS = {
    "cls": "the first token",
    "eos": "the end-of-text token",
    "last": "the last position",
    "mean": "the mean over tokens",
    "flatten": "all activations",
    "none": "the activation",
}
_CUTS = {
    "threshold": "at a dissimilarity of {threshold:g}",
    "n_clusters": "into {n_clusters} clusters",
    "null": "where it lies farthest below trees of data without clusters",
    "silhouette": "where the mean silhouette is largest",
}


@dataclass(frozen=True)
class Methods:
    """The methods of a run.

    Attributes
    ----------
    paragraphs : tuple of (str, str)
        Heading and text; citations stand in it as Pandoc writes them, such as `[@Nili2014]`.
    references : tuple of Reference
        What the paragraphs cite, by author and year.
    """

    paragraphs: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]

    @property
    def bibtex(self) -> str:
        """The references as a file of BibTeX."""
        return "\n".join(reference.bibtex for reference in self.references)

    @property
    def markdown(self) -> str:
        """The paragraphs as a page that Pandoc reads: `pandoc --citeproc --bibliography references.bib`."""
        parts = [f"## {heading}\n\n{_escape(text)}\n" for heading, text in self.paragraphs]
        return "# Methods\n\n" + "\n".join(parts)


class Made(NamedTuple):
    """What a run did where a parameter left it open.

    Attributes
    ----------
    brain_distance, model_distance : str
        Keys of `DISTANCES`, or names of distances from elsewhere.
    cut_by : str
        What decided on the number of clusters.
    stimulus_groups : str
        By what the bootstrap drew whole groups of stimuli; empty where it drew single ones.
    models : tuple of str
        Names of the models that were compared.
    """

    brain_distance: str
    model_distance: str
    cut_by: str
    stimulus_groups: str
    models: tuple[str, ...]


def describe_methods(study: Mapping[str, Any], parameters: Mapping[str, Any], made: Made) -> Methods:
    """Write the methods of a run.

    Parameters
    ----------
    study : mapping
        `name`, `simulated`, `n_stimuli`, `n_subjects`, `n_rois` and `versions`.
    parameters : mapping
        All parameters, nested, as the tables have them on record.
    made : Made

    Returns
    -------
    Methods
    """
    paragraphs = (
        ("Stimuli and brain data", _data(study, parameters)),
        ("Models", _models(parameters, made.models)),
        ("Representational dissimilarity", _rdms(made)),
        ("Clusters of stimuli", _clusters(parameters["clustering"], made)),
        ("Similarity of models and regions", _comparison(parameters["comparison"])),
        ("Inference", _inference(parameters, made)),
        ("Software", _software(study["versions"])),
    )
    return Methods(paragraphs, tuple(cited(text for _, text in paragraphs)))


def _data(study: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    groups = [
        f"{selectivity} ({', '.join(rois)})" for selectivity, rois in parameters["study"]["regions"].items()
    ]
    if study["simulated"]:
        simulation = parameters["simulation"]
        start = (
            "Brain data were simulated with a known ground truth: "
            f"{count(study['n_subjects'], 'subject')} saw {count(study['n_stimuli'], 'stimulus')}, rendered "
            f"scenes with captions, each {count(simulation['repetitions'], 'time')}. Responses of "
            f"{simulation['n_voxels']} voxels a region are weighted sums of latent features of the scenes "
            f"plus noise (signal-to-noise ratio {simulation['signal_to_noise']:g})."
        )
    else:
        source = f" [@{_STUDIES[study['name']]}]" if study["name"] in _STUDIES else ""
        start = (
            f"We used the responses of {count(study['n_subjects'], 'subject')} to "
            f"{count(study['n_stimuli'], 'stimulus')} of the study {study['name']}{source}."
        )
    regions = f"Regions of interest were selective for {'; '.join(groups)}." if groups else ""
    return f"{start} {regions} A subject that lacks a region was left out of it.".replace("  ", " ")


def _models(parameters: Mapping[str, Any], names: Sequence[str]) -> str:
    declared = parameters["models"]
    trained = [name for name in names if declared[name].get("twin_of") not in names]
    told = [_model(declared[name]) for name in trained]
    twins = len(names) - len(trained)
    text = f"We compared {count(len(trained), 'model')}: {'; '.join(told)}."
    if twins:
        text += (
            f" For {twins} of them, the same network with random weights was compared too (untrained twin)."
        )
    captions = {declared[name]["captions"] for name in trained if declared[name]["modality"] == "language"}
    if captions == {"mean"}:
        text += " Language models read all captions of a stimulus, whose features were averaged."
    elif captions == {"first"}:
        text += " Language models read the first caption of each stimulus."
    return text


def _model(model: Mapping[str, Any]) -> str:
    words = re.split(r"[^a-z0-9]+", str(model["checkpoint"]).rpartition("/")[2].lower())
    key = next((key for word, key in _NETWORKS.items() if word in words), None)
    citation = f" [@{key}]" if key else ""
    if model["modality"] == "stimulus":
        return f"{model['label']}, features of the stimuli without a network"
    layers = model["layer"] if isinstance(model["layer"], list | tuple) else [model["layer"]]
    layer = (
        "the layer chosen in folds"
        if layers == ["best"]
        else f"layer {layers[-1]}"
        + (f", the last of {len(layers)} layers that were read" if len(layers) > 1 else "")
    )
    poolings = model["pooling"] if isinstance(model["pooling"], list | tuple) else [model["pooling"]]
    pooled = joined([_POOLINGS.get(str(pooling), str(pooling)) for pooling in poolings])
    return f"{model['label']}{citation} ({model['task']}; {layer}, {pooled})"


def _rdms(made: Made) -> str:
    def told(name: str) -> str:
        return DISTANCES[name].description if name in DISTANCES else name

    citations = {
        "crossnobis": " [@Walther2016; @Schaefer2005]",
        "correlation_crossvalidated": " [@Walther2016]",
        "cosine_crossvalidated": " [@Walther2016]",
    }
    brain = told(made.brain_distance).replace(" (Walther et al. 2016)", "")
    return (
        "For each region of each subject and for each model, a representational dissimilarity matrix (RDM) "
        "has the dissimilarity of every pair of stimuli [@Kriegeskorte2008]. Dissimilarity was measured, for "
        f"brain responses, as {brain}{citations.get(made.brain_distance, '')}; for features, as "
        f"{told(made.model_distance)}."
    )


def _clusters(clustering: Mapping[str, Any], made: Made) -> str:
    cut = _CUTS.get(made.cut_by, "").format(
        threshold=clustering["distance_threshold"], n_clusters=clustering["n_clusters"]
    )
    subjects = clustering["subjects"]
    whose = "all subjects" if subjects == "all" else f"subject {joined([str(one) for one in subjects])}"
    return (
        f"Stimuli were clustered by the RDMs of {whose} ({clustering['linkage']} linkage), and the tree was "
        f"cut {cut}. Categories characterise a cluster by Fisher's exact test at a false discovery rate of "
        f"{clustering['false_discovery_rate']:g} [@Benjamini1995]."
    )


def _comparison(comparison: Mapping[str, Any]) -> str:
    names = list(comparison["methods"])
    described = joined([re.sub(r" \(.*?\)", "", METHODS[name].description) for name in names])
    citation = " [@Diedrichsen2021]" if any("whitened" in name for name in names) else ""
    citation += " [@Kornblith2019]" if "cka" in names else ""
    text = (
        f"The similarity of a model and a region is {described} of the upper triangles of their "
        f"RDMs{citation}, in each subject. The noise ceiling is the mean similarity of each subject to the "
        "mean RDM of the others (lower bound) and of all subjects (upper bound) [@Nili2014]."
    )
    if comparison["partial_out"]:
        text += f" RDMs of {joined(list(comparison['partial_out']))} were taken out in partial similarities."
    return text


def _inference(parameters: Mapping[str, Any], made: Made) -> str:
    inference = parameters["inference"]
    drawn = (
        f"whole {name_groups(made.stimulus_groups)} of stimuli" if made.stimulus_groups else "single stimuli"
    )
    return (
        "Similarities, and differences between groups of models, were tested by a bootstrap over subjects "
        f"and stimuli ({inference['n_bootstraps']} resamples, two-factor correction) [@Schuett2023], which "
        f"drew {drawn} and whose variance over stimuli is the smaller one of the bootstrap's and the "
        "jackknife's; by t-tests and signed-rank tests across subjects; and within a subject by permutation "
        f"of the stimuli ({inference['n_permutations']} permutations). The answers are those of the "
        "bootstrap where it is defined. p-values were adjusted within each family of tests for a false "
        "discovery rate of "
        f"{inference['false_discovery_rate']:g} [@Benjamini1995]; intervals are "
        f"{100 * inference['confidence_level']:g} % confidence intervals of single comparisons. Every random "
        f"step follows from the seed {parameters['seed']}."
    )


def _software(versions: Mapping[str, str]) -> str:
    cited_by = {"torch": " [@Paszke2019]", "transformers": " [@Wolf2020]", "rsatoolbox": " [@Nili2014]"}
    listed = [f"{name} {version}{cited_by.get(name, '')}" for name, version in versions.items()]
    return f"The analysis was run with {joined(listed)}."


def _escape(text: str) -> str:
    return re.sub(r"([\\`*_|]|<(?=\S))", r"\\\1", text)
