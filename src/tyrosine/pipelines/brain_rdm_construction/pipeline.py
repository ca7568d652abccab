"""Brain RDM construction: responses and distributed RDMs in, brain RDMs and how far the two agree out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.brain_rdm_construction import nodes
from tyrosine.pipelines.brain_rdm_construction.reliability import measure_reliability


def create_pipeline() -> Pipeline:
    """The pipeline `brain_rdm_construction`."""
    return Pipeline(
        [
            Node(
                nodes.build_brain_rdms,
                inputs=["responses", "distributed_rdms", "rdm_stimuli", "params:study", "params:rdm"],
                outputs=["brain_rdms", "rdm_agreement"],
                name="build_brain_rdms",
            ),
            Node(
                measure_reliability,
                inputs=["brain_rdms", "responses", "rdm_stimuli"],
                outputs="reliability",
                name="measure_reliability",
            ),
        ],
        tags="brain_rdm_construction",
    )
