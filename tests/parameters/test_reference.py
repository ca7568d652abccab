"""The table of all parameters is that of their declaration."""

from pathlib import Path

import pytest

from tyrosine.parameters import reference
from tyrosine.parameters.run import Parameters

PROJECT = Path(__file__).parents[2]


def test_the_page_is_up_to_date():
    page = (PROJECT / "docs/parameters.md").read_text(encoding="utf-8")

    assert page == reference.render_reference(), (
        "run python -m tyrosine.parameters.reference > docs/parameters.md"
    )


@pytest.mark.parametrize(
    "row",
    [
        "| `seed` | whole number, ≥ 0 | `0` | Where every random step of the analysis starts;",
        "| `rdm.model_distance` | `correlation`, `cosine`",
        "| `study.title` | text | (to be given) | How figures and the report call the study. |",
        "| `study.subjects` | `all` or list of whole number | `all` |",
        "| `study.regions` | mapping from text to list of text | (to be given) |",
        "| `comparison.methods` | list of `pearson`, `spearman`",
        "| `inference.confidence_level` | number, > 0, < 1 | `0.95` | Of all intervals. |",
        "| `simulation.layout` | `algonauts_shared`, `nsd_872`, `algonauts_2023`, `nsd` |",
        "| `models.<name>.untrained_twin` | `true` or `false` | `false` |",
        "| `….trained` | `true` or `false` | `true` |",
        "| `miniatures.trained` | path or `null` | `null` |",
    ],
)
def test_a_row_says_what_may_be_given_what_holds_and_what_it_means(row):
    assert row in reference.render_reference()


def test_every_parameter_has_a_meaning():
    for where, model, description in reference._groups(Parameters, ""):
        assert description, where
        for name, field in model.model_fields.items():
            assert field.description, f"{where}.{name}"
