"""Ingestion: the study's raw folder in, stimuli and brain RDMs out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.ingestion import nodes
from tyrosine.studies.annotations import metadata_table


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
            Node(
                nodes.read_stimuli,
                inputs=["raw_study", "params:study"],
                outputs="stimuli",
                name="read_stimuli",
            ),
            Node(
                metadata_table, inputs="stimuli", outputs="stimuli_metadata", name="tabulate_stimuli_metadata"
            ),
            Node(
                nodes.build_brain_rdms,
                inputs=["raw_study", "stimuli", "params:study", "params:rdm"],
                outputs=["brain_rdms", "region_coverage", "rdm_agreement"],
                name="build_brain_rdms",
            ),
        ],
        tags="ingestion",
    )
