"""RDM clustering: brain RDMs and stimuli in, clusters, their categories and what describes them out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.rdm_clustering import nodes


def create_pipeline() -> Pipeline:
    """The pipeline `rdm_clustering`."""
    return Pipeline(
        [
            Node(
                nodes.cluster_brain_rdms,
                inputs=["brain_rdms", "responses", "rdm_stimuli", "params:clustering", "params:seed"],
                outputs="clusters",
                name="cluster_brain_rdms",
            ),
            Node(
                nodes.describe_clusters,
                inputs=["brain_rdms", "clusters", "responses", "params:clustering"],
                outputs=["cluster_summary", "cluster_sizes", "central_stimuli"],
                name="describe_clusters",
            ),
            Node(
                nodes.count_cluster_categories,
                inputs=["clusters", "stimuli"],
                outputs=["cluster_categories", "cluster_supercategories"],
                name="count_cluster_categories",
            ),
        ],
        tags="rdm_clustering",
    )
