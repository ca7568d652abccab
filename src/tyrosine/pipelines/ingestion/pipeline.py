"""Ingestion: the study's raw folder in, stimuli and responses out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.ingestion import nodes
from tyrosine.pipelines.ingestion.rdm_stimuli import choose_rdm_stimuli
from tyrosine.studies.annotations import metadata_table


def create_pipeline(make_study: Node | None = None) -> Pipeline:
    """The pipeline `ingestion`.

    Parameters
    ----------
    make_study : Node, optional
        What makes `raw_study` in place of finding or downloading the study.
    """
    find_study = Node(nodes.prepare_study, inputs="params:study", outputs="raw_study", name="prepare_study")
    return Pipeline(
        [
            make_study or find_study,
            Node(
                nodes.read_stimuli,
                inputs=["raw_study", "params:study"],
                outputs=["stimuli", "presentations"],
                name="read_stimuli",
            ),
            Node(
                metadata_table, inputs="stimuli", outputs="stimuli_metadata", name="tabulate_stimuli_metadata"
            ),
            Node(
                nodes.read_responses,
                inputs=["raw_study", "presentations", "params:study"],
                outputs=["distributed_rdms", "responses"],
                name="read_responses",
            ),
            Node(
                choose_rdm_stimuli,
                inputs=[
                    "stimuli",
                    "presentations",
                    "responses",
                    "params:study",
                    "params:comparison",
                ],
                outputs="rdm_stimuli",
                name="choose_rdm_stimuli",
            ),
            Node(
                nodes.cover_regions,
                inputs=["responses", "distributed_rdms", "params:study"],
                outputs="region_coverage",
                name="cover_regions",
            ),
        ],
        tags="ingestion",
    )
