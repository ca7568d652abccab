"""A new figure takes what docs/extending.md says: a plot function, and an entry in the list of drawings."""

import re
import sys
import types

import numpy as np
import pytest

from tests.figures.drawn import REGIONS, VIEW, texts
from tests.figures.made_up import make_ceilings
from tests.projects import PROJECT
from tyrosine.pipelines.reporting import pipeline


@pytest.fixture
def example(monkeypatch):
    """The plot function and the entry of the list that the documentation adds."""
    page = (PROJECT / "docs" / "extending.md").read_text(encoding="utf-8")
    section = page.split("## A new figure")[1].split("\n## ")[0]
    added = [
        "\n".join(line[1:] for line in block.splitlines() if line.startswith("+") and line[:3] != "+++")
        for block in re.findall(r"```diff\n(.*?)```", section, re.DOTALL)
    ]
    module = types.ModuleType("tyrosine.figures.ceilings")
    exec(added[0], module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    imported, entry = added[1].split("\n", 1)
    names = {"Drawing": pipeline.Drawing}
    exec(imported, names)
    (drawing,) = eval(f"[{entry}]", names)
    return drawing


def test_the_figure_of_the_documentation_draws_the_noise_ceilings(example):
    ceilings = make_ceilings()
    (axes,) = example.plot(ceilings, view=VIEW).axes

    bars = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in axes.patches]
    np.testing.assert_allclose(bars, ceilings.dropna()[["lower", "upper"]])
    rois = [roi for rois in REGIONS.values() for roi in rois if roi != "FBA-1"]
    assert [label.get_text() for label in axes.get_xticklabels()] == rois
    assert "Noise ceilings · A study" in texts(axes.figure)


def test_an_entry_in_the_list_brings_a_figure_into_the_report_in_all_formats(copy, monkeypatch, example):
    monkeypatch.setattr(pipeline, "DRAWINGS", [example, *pipeline.DRAWINGS[:1]])

    copy.run("reporting", params={"figures": {"formats": "png svg"}})

    figures = copy.root / "data/08_reporting/simulated/figures"
    found = sorted(path.name for path in figures.glob("noise_ceiling.*"))
    assert found == ["noise_ceiling.json", "noise_ceiling.png", "noise_ceiling.svg"]
    assert not (figures / "similarities.pdf").exists()
    assert copy.load("noise_ceiling_plot").caption == "Noise ceiling of each region"
    caption = r"<figcaption><b>Figure (\d+)\.</b> (.*?) <span"
    report = copy.load("report")
    captions = re.findall(caption, report)
    assert captions == [
        ("1", "Noise ceiling of each region"),
        ("2", "Similarity of models and brain regions"),
    ]
    for linked in ("figures/noise_ceiling.svg", "tables/noise_ceilings.csv"):
        assert f'href="{linked}"' in report
        assert (figures.parent / linked).exists()
