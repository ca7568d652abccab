"""The table that is published: its columns, and published numbers beside those of the run."""

import pandas as pd
import pytest

from tyrosine.pipelines.reporting.nodes import compare_with_published


def test_similarities_csv_has_the_columns_of_the_published_table(finished):
    table = pd.read_csv(finished.root / "data/08_reporting/simulated/similarities.csv")

    assert list(table.columns) == ["subject", "sensitivity", "area", "ViT", "BERT", "CLIP_vis", "CLIP_lang"]
    assert len(table) == 29
    long = finished.load("similarities").query("subject == 2 and roi == 'OFA' and model == 'clip_vision'")
    wide = table.query("subject == 2 and area == 'OFA'")["CLIP_vis"]
    assert wide.item() == pytest.approx(long["similarity"].item())


def test_published_numbers_are_put_beside_the_runs_own(finished):
    similarities = finished.load("similarities")
    published = {"vit": {"EBA": 0.178, "nowhere": 0.5}, "absent": {"EBA": 0.1}}

    table = compare_with_published(similarities, published)

    own = similarities.query("model == 'vit' and roi == 'EBA'")["similarity"].mean()
    assert table.values.tolist() == [["vit", "EBA", 0.178, own, pytest.approx(own - 0.178)]]
    assert finished.load("published_comparison").empty


def test_the_published_numbers_of_nsd_name_its_models_and_regions(project):
    with project.session("nsd") as session:
        params = session.load_context().params

    first = {name for name, model in params["models"].items() if "modality" in dict(model)["experiment"]}
    assert set(params["published"]) == first & set(params["roster"])
    rois = {roi for rois in params["study"].regions.values() for roi in rois}
    assert all(set(values) == rois for values in params["published"].values())
