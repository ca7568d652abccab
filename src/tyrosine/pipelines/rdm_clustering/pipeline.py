"""RDM clustering: brain RDMs and stimuli in, clusters, their categories and figures of both out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.rdm_clustering import nodes


def create_pipeline() -> Pipeline:
    """The pipeline `rdm_clustering`."""
    return Pipeline(
        [
            Node(
                nodes.cluster_brain_rdms,
                inputs=["brain_rdms", "stimuli", "params:clustering"],
                outputs="clusters",
                name="cluster_brain_rdms",
            ),
            Node(
                nodes.describe_clusters,
                inputs=["brain_rdms", "clusters", "params:clustering"],
                outputs=["cluster_summary", "cluster_sizes", "central_stimuli"],
                name="describe_clusters",
            ),
            Node(
                nodes.count_cluster_categories,
                inputs=["clusters", "stimuli"],
                outputs=["cluster_categories", "cluster_supercategories"],
                name="count_cluster_categories",
            ),
            Node(
                nodes.draw_clustered_rdms,
                inputs=["brain_rdms", "clusters", "raw_study", "params:figures"],
                outputs="clustered_rdm_figures",
                name="draw_clustered_rdms",
            ),
            Node(
                nodes.draw_cluster_categories,
                inputs=["clusters", "cluster_categories", "raw_study", "params:clustering"],
                outputs="cluster_category_figures",
                name="draw_cluster_categories",
            ),
            Node(
                nodes.draw_dendrograms,
                inputs=["brain_rdms", "clusters", "cluster_summary", "raw_study"],
                outputs="dendrogram_figures",
                name="draw_dendrograms",
            ),
            Node(
                nodes.draw_contact_sheets,
                inputs=[
                    "central_stimuli",
                    "cluster_sizes",
                    "cluster_categories",
                    "stimuli",
                    "raw_study",
                    "params:clustering",
                ],
                outputs="contact_sheet_figures",
                name="draw_contact_sheets",
            ),
        ],
        tags="rdm_clustering",
    )
