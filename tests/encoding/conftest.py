"""The table of images that small studies are made of."""

import pandas as pd
import pytest

from tests.encoding.made_up import names_of


@pytest.fixture
def stimuli():
    names = names_of(20)
    kinds = [f"kind {number % 5}" for number in range(20)]
    return pd.DataFrame({"stimulus_id": names, "kind": kinds, "main_category": None, "categories": None})
