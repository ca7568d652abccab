"""Features that another specification, other stimuli or other weights made are refused."""

import pytest

from tyrosine.errors import StaleResultError


@pytest.mark.parametrize(
    "params",
    [{"pooling": "mean"}, {"layer": "encoder.layer.1"}],
)
def test_features_of_another_specification_are_refused(copy, params):
    ((field, value),) = params.items()
    told = f"bert.checkpoint was made with models.bert.{field}=.*this run has models.bert.{field}={value};"

    with pytest.raises(StaleResultError, match=told):
        copy.run("rdm_construction", params={"models": {"bert": params}})


def test_features_of_other_stimuli_are_refused(copy):
    stimuli = copy.load("stimuli")
    stimuli.at[3, "captions"] = ["Something else."]
    with copy.session() as session:
        session.load_context().catalog.save("stimuli", stimuli)

    with pytest.raises(StaleResultError, match="bert.features was made from another stimuli than"):
        copy.run("rdm_construction", params={"roster": "bert"})


def test_features_of_other_weights_are_refused(copy):
    # An untrained twin has its weights from the seed.
    copy.run("feature_extraction", params={"roster": "bert_untrained"})
    other = {"roster": "bert_untrained", "miniatures": {"seed": 5}}
    copy.run("feature_extraction", params=other, to_nodes=["bert_untrained.prepare_checkpoint"])

    with pytest.raises(
        StaleResultError, match="bert_untrained.features was made from another bert_untr.*point"
    ):
        copy.run("rdm_construction", params=other)
