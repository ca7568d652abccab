"""Encoding: responses and the features of each model in, scores of predictions and their tests out."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline

from tyrosine.encoding.design import design_encoding
from tyrosine.encoding.evidence import compare_evidence, rank_models
from tyrosine.encoding.inference import bootstrap_scores, contrast_encoding, stack_encoded
from tyrosine.encoding.models import encode_model
from tyrosine.encoding.partition import partition_responses


def create_pipeline(models: Iterable[str], partitioned: Iterable[str] = ()) -> Pipeline:
    """The pipeline `encoding`.

    Parameters
    ----------
    models : iterable of str
    partitioned : iterable of str
        Trained models among whose groups the variance of responses is partitioned.
    """
    names = list(models)
    # They are in no namespace of a model, which holds what one model gives without brain data.
    each_model = [
        Node(
            encode_model,
            inputs=[
                f"{name}.features",
                f"params:models.{name}",
                "responses",
                "encoding_design",
                "brain_rdms",
                "params:encoding",
            ],
            outputs=f"{name}.encoded",
            name=f"encode_{name}",
        )
        for name in names
    ]
    return Pipeline(
        [
            Node(
                design_encoding,
                inputs=["responses", "stimuli", "params:encoding", "params:inference", "params:seed"],
                outputs="encoding_design",
                name="design_encoding",
            ),
            *each_model,
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
                partition_responses,
                inputs=[
                    "responses",
                    "encoding_design",
                    "params:models",
                    "params:encoding",
                    "params:inference",
                    *(f"{name}.features" for name in partitioned),
                ],
                outputs="encoding_variance_partition",
                name="partition_responses",
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
