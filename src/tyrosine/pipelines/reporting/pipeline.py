"""Reporting: all tables in, figures, `similarities.csv` and the report out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.reporting import nodes
from tyrosine.pipelines.reporting.questions import write_research_questions


def create_pipeline() -> Pipeline:
    """The pipeline `reporting`."""
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
                nodes.draw_similarity_plot,
                inputs=["similarities", "noise_ceilings", "raw_study", "params:study", "params:models"],
                outputs=["similarity_plot", "similarity_plot_vector"],
                name="draw_similarity_plot",
            ),
            Node(
                nodes.draw_brain_and_models,
                inputs=[
                    "brain_rdms",
                    "model_rdms",
                    "clusters",
                    "similarities",
                    "raw_study",
                    "params:figures",
                ],
                outputs="brain_and_model_figures",
                name="draw_brain_and_models",
            ),
            Node(
                write_research_questions,
                inputs=[
                    "raw_study",
                    "contrasts",
                    "model_tests",
                    "bootstrap_similarities",
                    "noise_ceilings",
                    "true_similarities",
                    "params:models",
                    "params:questions",
                    "params:inference",
                ],
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
