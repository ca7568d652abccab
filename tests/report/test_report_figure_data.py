"""Tables beside the figures: lists as text, and RDMs as pairs of stimuli."""

import numpy as np
import pandas as pd
from scipy.spatial.distance import squareform

from tyrosine.report.figure_data import join_lists, tabulate_pairs
from tyrosine.rsa.rdms import label_rdms


def test_lists_become_one_text_and_all_else_stays():
    table = pd.DataFrame({"id": ["a", "b"], "captions": [["A cat.", "Two, cats."], []], "n": [1, 2]})
    joined = join_lists(table)
    assert joined["captions"].tolist() == ["A cat.; Two, cats.", ""]
    pd.testing.assert_frame_equal(joined[["id", "n"]], table[["id", "n"]])


def test_a_pair_of_stimuli_has_the_dissimilarity_of_the_square_matrix():
    values = np.random.default_rng(0).random((2, 6))
    rdms = label_rdms(values, list("wxyz"), {"subject": [1, 2], "roi": ["EBA", "PPA"]}, "correlation")

    table = tabulate_pairs(rdms)

    squares = {"1 EBA": squareform(values[0]), "2 PPA": squareform(values[1])}
    assert list(table) == ["stimulus_a", "stimulus_b", *squares]
    for row in table.to_dict("records"):
        place = "wxyz".index(row["stimulus_a"]), "wxyz".index(row["stimulus_b"])
        assert place[0] < place[1]
        assert [row[name] for name in squares] == [square[place] for square in squares.values()]
