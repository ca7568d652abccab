"""Brain RDM construction: responses and distributed RDMs in, brain RDMs and how far the two agree out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.brain_rdm_construction import nodes


def create_pipeline() -> Pipeline:
    """The pipeline `brain_rdm_construction`."""
    return Pipeline(
        [
            Node(
                nodes.build_brain_rdms,
                inputs=["responses", "distributed_rdms", "stimuli", "params:study", "params:rdm"],
                outputs=["brain_rdms", "rdm_agreement"],
                name="build_brain_rdms",
            )
        ],
        tags="brain_rdm_construction",
    )
