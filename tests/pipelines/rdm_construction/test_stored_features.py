"""Features that another specification, other stimuli or other weights made are refused."""

import pytest

from tyrosine.errors import StorageError


@pytest.mark.parametrize(
    "params",
    [{"models": {"bert": {"pooling": "mean"}}}, {"models": {"bert": {"layer": "encoder.layer.1"}}}],
)
def test_features_of_another_specification_are_refused(copy, params):
    with pytest.raises(StorageError, match="stored features of bert were made with another"):
        copy.run("rdm_construction", params=params)


def test_features_of_other_stimuli_are_refused(copy):
    stimuli = copy.load("stimuli")
    stimuli.at[3, "captions"] = ["Something else."]
    with copy.session() as session:
        session.load_context().catalog.save("stimuli", stimuli)

    with pytest.raises(StorageError, match="stored features of bert were made with another.*other stimuli"):
        copy.run("rdm_construction", params={"roster": "bert"})


def test_features_of_other_weights_are_refused(copy):
    # An untrained twin has its weights from the seed.
    copy.run("feature_extraction", params={"roster": "bert_untrained"})
    other = {"roster": "bert_untrained", "miniatures": {"seed": 5}}
    copy.run("feature_extraction", params=other, to_nodes=["bert_untrained.prepare_checkpoint"])

    with pytest.raises(StorageError, match="stored features of bert_untrained were made with.*other weights"):
        copy.run("rdm_construction", params=other)
