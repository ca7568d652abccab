"""Similarities of a run: who has one, and where."""

from tests.projects import MODELS


def test_similarities_have_a_row_for_each_subject_roi_and_model(finished):
    similarities = finished.load("similarities")

    # Three subjects, ten ROIs of which one subject lacks one, four models.
    assert len(similarities) == (3 * 10 - 1) * 4
    assert list(similarities["model"].unique()) == MODELS
    assert similarities["similarity"].notna().all()
