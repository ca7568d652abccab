"""Encoding: responses and the features of each model in, scores of predictions and their tests out."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline

from tyrosine.encoding.design import design_encoding
from tyrosine.encoding.evidence import compare_evidence, rank_models
from tyrosine.encoding.inference import bootstrap_scores, contrast_encoding, stack_encoded
from tyrosine.encoding.models import encode_model


def create_pipeline(models: Iterable[str]) -> Pipeline:
    """The pipeline `encoding` for the models of that name."""
    names = list(models)
    one_model = Pipeline(
        [
            Node(
                encode_model,
                inputs=[
                    "features",
                    "params:model",
                    "responses",
                    "encoding_design",
                    "brain_rdms",
                    "params:encoding",
                ],
                outputs="encoded",
                name="encode_model",
            )
        ],
        tags="encoding",
    )
    each_model = sum(
        (
            Pipeline(
                one_model,
                namespace=name,
                inputs={"responses", "encoding_design", "brain_rdms"},
                parameters={"params:model": f"params:models.{name}", "params:encoding": "params:encoding"},
            )
            for name in names
        ),
        Pipeline([]),
    )
    return each_model + Pipeline(
        [
            Node(
                design_encoding,
                inputs=["responses", "stimuli", "params:encoding", "params:inference", "params:seed"],
                outputs="encoding_design",
                name="design_encoding",
            ),
            Node(
                stack_encoded,
                inputs=["encoding_design", *(f"{name}.encoded" for name in names)],
                outputs=["encoding_scores", "encoding_channels", "encoding_left_out"],
                name="stack_encoded",
            ),
            Node(
                bootstrap_scores,
                inputs=[
                    "encoding_scores",
                    "encoding_left_out",
                    "params:models",
                    "params:inference",
                    "params:seed",
                ],
                outputs="encoding_tests",
                name="bootstrap_encoding_scores",
            ),
            Node(
                contrast_encoding,
                inputs=[
                    "encoding_scores",
                    "encoding_left_out",
                    "params:models",
                    "params:questions",
                    "params:inference",
                    "params:seed",
                ],
                outputs="encoding_contrasts",
                name="contrast_encoding",
            ),
            Node(
                compare_evidence,
                inputs=["contrasts", "encoding_contrasts", "params:inference"],
                outputs="evidence_compared",
                name="compare_evidence",
            ),
            Node(
                rank_models,
                inputs=["similarities", "encoding_scores", "params:models"],
                outputs="model_ranks",
                name="rank_models",
            ),
        ],
        tags="encoding",
    )
