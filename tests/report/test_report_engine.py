"""What the report says of patterns in place of RDMs."""

import numpy as np
import pandas as pd

from tyrosine.report.engine import note_patterns


def stimuli(n):
    return pd.DataFrame({"stimulus_id": [str(number) for number in range(n)]})


def similarities(engine, *errors):
    methods = ["pearson", "spearman"][: len(errors)]
    return pd.DataFrame({"engine": engine, "method": methods, "standard_error": list(errors)})


def test_rdms_of_all_stimuli_need_no_note():
    assert note_patterns(similarities("rdms", np.nan), stimuli(9), stimuli(9)) == []


def test_patterns_of_all_stimuli_have_one_sentence():
    (note,) = note_patterns(similarities("patterns", np.nan), stimuli(9), stimuli(9))

    assert "by patterns in place of RDMs" in note.text


def test_rdms_of_some_stimuli_and_estimates_are_named():
    notes = note_patterns(similarities("patterns", np.nan, 0.01), stimuli(30), stimuli(9))

    assert "RDMs are of 9 of the 30 stimuli" in notes[1].text and "no permutation test" in notes[1].text
    assert notes[2].text.startswith("Similarities by spearman are estimated")
