"""What the report says of the choice of channels."""

import numpy as np
import pandas as pd
import pytest

from tests.studies.whole_nsd import parameters
from tyrosine.report.reliability import show_reliability
from tyrosine.report.sections import Note
from tyrosine.rsa.rdms import label_rdms
from tyrosine.tables.columns import RELIABILITY


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("nsd", "Where the study has it for the sessions that are analysed, it is the study's own"),
        ("algonauts_shared", "It was computed on stimuli that a subject alone saw where there are such"),
    ],
)
def test_the_choice_of_channels_says_where_its_ratios_come_from(tmp_path, layout, words):
    labels = {"subject": [1], "selectivity": ["faces"], "roi": ["OFA"]}
    rdms = label_rdms(np.ones((1, 3)), ["a", "b", "c"], labels, "correlation")
    table = pd.DataFrame(columns=list(RELIABILITY)).astype({"undefined": "str"})

    sections = show_reliability(
        table, rdms, {"layout": layout, "simulated": False}, parameters(tmp_path, min_ncsnr=0.25)
    )

    (note,) = [one.text for one in sections if isinstance(one, Note) and "ncsnr" in one.text]
    assert note.startswith("Channels with an ncsnr below 0.25 were left out")
    assert words in note
