"""The methods section says what the run did, and cites papers that are in the file of references."""

import re

import pytest

from tyrosine.parameters import Parameters
from tyrosine.report.methods import Made, describe_methods
from tyrosine.report.references import CITATION, cited, literature

STUDY = {
    "name": "images92",
    "simulated": False,
    "n_stimuli": 92,
    "n_subjects": 4,
    "versions": {"torch": "2.13.0", "numpy": "2.4.6"},
}
MODEL = {"modality": "vision", "task": "classification", "layer": "layers.3", "pooling": "cls"}
MODELS = {
    "vit": {**MODEL, "label": "ViT", "checkpoint": "google/vit-large-patch16-224-in21k"},
    "mine": {**MODEL, "label": "My_model", "checkpoint": "me/mine", "layer": ["a", "b"], "pooling": "none"},
}
MADE = Made("crossnobis", "correlation", "threshold", "category", ("vit", "mine"))


def methods(made=MADE, of=STUDY, **parameters):
    given = {
        "study": {
            "name": "images92",
            "source": "auto",
            "path": "data",
            "title": "A study",
            "regions": {"object": ["IT"]},
        },
        "roster": "all",
        "models": MODELS,
        **parameters,
    }
    return describe_methods(of, Parameters.model_validate(given).model_dump(mode="json"), made)


def text_of(*arguments, **parameters):
    return " ".join(text for _, text in methods(*arguments, **parameters).paragraphs)


def test_numbers_are_those_of_the_parameters():
    text = text_of(
        inference={"n_bootstraps": 321, "n_permutations": 4321, "false_discovery_rate": 0.01},
        clustering={"distance_threshold": 0.7, "subjects": [2, 3]},
        seed=17,
    )
    for said in (
        "321 resamples",
        "4321 permutations",
        "false discovery rate of 0.01",
        "dissimilarity of 0.7",
        "subject 2 and 3",
        "seed 17",
        "4 subjects to 92 stimuli",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (MADE, "whole categories of stimuli"),
        (MADE._replace(stimulus_groups=""), "single stimuli"),
        (MADE._replace(cut_by="null"), "trees of data without clusters"),
        (MADE._replace(brain_distance="correlation"), "for brain responses, as 1 − Pearson's r"),
    ],
)
def test_what_a_parameter_left_open_is_told_as_it_was_made(made, said):
    assert said in text_of(made)


def test_every_citation_is_in_the_references_and_every_reference_is_cited():
    told = methods()
    keys = {
        key for _, text in told.paragraphs for found in CITATION.findall(text) for key in found.split("; @")
    }

    assert {"Kriegeskorte2008b", "Dosovitskiy2021", "Walther2016", "Schuett2023", "Paszke2019"} <= keys
    assert [reference.key for reference in told.references] == [
        one.key for one in cited(t for _, t in told.paragraphs)
    ]
    assert {reference.key for reference in told.references} == keys
    assert set(re.findall(r"^@\w+\{(\w+),$", told.bibtex, re.MULTILINE)) == keys
    assert "Walther2016" not in {
        one.key for one in methods(MADE._replace(brain_distance="cosine")).references
    }


def test_a_simulated_study_is_said_to_be_simulated():
    study = {**STUDY, "name": "simulated", "simulated": True}
    given = {
        "name": "simulated",
        "source": "simulated",
        "path": "data",
        "title": "A",
        "regions": {"places": ["PPA"]},
    }
    assert "simulated with a known ground truth" in text_of(MADE, study, study=given)


def test_names_are_no_markup_of_the_page():
    assert r"My\_model" in methods().markdown


def test_every_entry_of_the_literature_is_complete():
    assert len(literature()) > 15
    for entry in literature().values():
        assert re.fullmatch(r"[^{}\\]+\(\d{4}\)\. [^{}\\]+\.", entry.text), entry.text
        assert entry.short.endswith(re.sub(r"^\D+", "", entry.key))
        assert entry.bibtex.count("{") == entry.bibtex.count("}")


def test_a_reference_reads_as_in_a_paper():
    reference = literature()["Schaefer2005"]
    assert reference.short == "Schäfer & Strimmer, 2005"
    assert reference.text.startswith("Schäfer J, Strimmer K (2005). A shrinkage approach")
    assert reference.link == "https://doi.org/10.2202/1544-6115.1175"
