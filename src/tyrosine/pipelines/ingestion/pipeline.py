"""Ingestion: the study's raw folder in, stimuli and brain RDMs out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.ingestion import nodes


def create_pipeline() -> Pipeline:
    """The pipeline `ingestion`."""
    return Pipeline(
        [
            Node(
                nodes.prepare_study,
                inputs=["params:study", "params:simulation"],
                outputs="raw_study",
                name="prepare_study",
            ),
            Node(nodes.read_stimuli, inputs="raw_study", outputs="stimuli", name="read_stimuli"),
            Node(
                nodes.build_brain_rdms,
                inputs=["raw_study", "stimuli", "params:study", "params:rdm"],
                outputs=["brain_rdms", "region_coverage"],
                name="build_brain_rdms",
            ),
        ],
        tags="ingestion",
    )
