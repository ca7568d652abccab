"""Reporting: all tables in, figures, `similarities.csv` and the report out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.reporting import clusters, figures, nodes
from tyrosine.pipelines.reporting.questions import write_research_questions


def create_pipeline(with_ground_truth: bool = False) -> Pipeline:
    """The pipeline `reporting`.

    Parameters
    ----------
    with_ground_truth : bool
        Whether the study has `true_similarities`, against which the answers are held.
    """
    return Pipeline(
        [
            Node(
                nodes.tabulate_similarities,
                inputs=["similarities", "params:models"],
                outputs="similarities_table",
                name="tabulate_similarities",
            ),
            Node(
                nodes.compare_with_published,
                inputs=["similarities", "params:published"],
                outputs="published_comparison",
                name="compare_with_published",
            ),
            Node(
                figures.describe_study_view,
                inputs=[
                    "raw_study",
                    "params:study",
                    "params:models",
                    "params:clustering",
                    "params:inference",
                    "params:figures",
                ],
                outputs="study_view",
                name="describe_study_view",
            ),
            Node(
                figures.draw_similarity_plot,
                inputs=["similarities", "noise_ceilings", "model_tests", "contrasts", "study_view"],
                outputs=["similarity_plot", "similarity_plot_vector"],
                name="draw_similarity_plot",
            ),
            Node(
                figures.draw_similarity_heatmap,
                inputs=["similarities", "model_tests", "study_view"],
                outputs=["similarity_heatmap", "similarity_heatmap_vector"],
                name="draw_similarity_heatmap",
            ),
            Node(
                figures.draw_layer_profiles,
                inputs=["similarities", "model_rdms", "study_view"],
                outputs="layer_profile_figures",
                name="draw_layer_profiles",
            ),
            Node(
                figures.draw_second_order,
                inputs=["second_order_rdm", "study_view"],
                outputs=[
                    "second_order_matrix",
                    "second_order_matrix_vector",
                    "second_order_map",
                    "second_order_map_vector",
                ],
                name="draw_second_order",
            ),
            Node(
                figures.draw_variance_partition,
                inputs=["variance_partition", "study_view"],
                outputs=["variance_partition_plot", "variance_partition_plot_vector"],
                name="draw_variance_partition",
            ),
            Node(
                figures.draw_brain_and_models,
                inputs=[
                    "brain_rdms",
                    "model_rdms",
                    "clusters",
                    "similarities",
                    "study_view",
                ],
                outputs="brain_and_model_figures",
                name="draw_brain_and_models",
            ),
            Node(
                clusters.draw_clustered_rdms,
                inputs=["brain_rdms", "clusters", "study_view"],
                outputs="clustered_rdm_figures",
                name="draw_clustered_rdms",
            ),
            Node(
                clusters.draw_cluster_categories,
                inputs=["clusters", "cluster_categories", "study_view"],
                outputs="cluster_category_figures",
                name="draw_cluster_categories",
            ),
            Node(
                clusters.draw_dendrograms,
                inputs=["brain_rdms", "clusters", "cluster_summary", "study_view"],
                outputs="dendrogram_figures",
                name="draw_dendrograms",
            ),
            Node(
                clusters.draw_contact_sheets,
                inputs=[
                    "central_stimuli",
                    "cluster_sizes",
                    "cluster_categories",
                    "stimuli",
                    "raw_study",
                    "study_view",
                ],
                outputs="contact_sheet_figures",
                name="draw_contact_sheets",
            ),
            Node(
                write_research_questions,
                inputs={
                    "raw_study": "raw_study",
                    "contrasts": "contrasts",
                    "model_tests": "model_tests",
                    "bootstrap_similarities": "bootstrap_similarities",
                    "noise_ceilings": "noise_ceilings",
                    "models": "params:models",
                    "questions": "params:questions",
                    "inference": "params:inference",
                }
                | ({"true_similarities": "true_similarities"} if with_ground_truth else {}),
                outputs=["research_questions", "research_questions_section"],
                name="write_research_questions",
            ),
            Node(
                nodes.write_report,
                inputs=[
                    "raw_study",
                    "stimuli",
                    "region_coverage",
                    "model_rdms",
                    "cluster_summary",
                    "cluster_sizes",
                    "cluster_categories",
                    "cluster_supercategories",
                    "similarities",
                    "noise_ceilings",
                    "published_comparison",
                    "similarity_plot",
                    "similarity_heatmap",
                    "layer_profile_figures",
                    "second_order_matrix",
                    "second_order_map",
                    "variance_partition_plot",
                    "brain_and_model_figures",
                    "clustered_rdm_figures",
                    "cluster_category_figures",
                    "dendrogram_figures",
                    "contact_sheet_figures",
                    "research_questions_section",
                    "parameters",
                ],
                outputs="report",
                name="write_report",
            ),
        ],
        tags="reporting",
    )
