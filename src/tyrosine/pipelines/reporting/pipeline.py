"""The pipeline `reporting`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from kedro.pipeline import Node, Pipeline

from tyrosine.figures.evidence import plot_model_ranks_if_any
from tyrosine.figures.heatmaps import plot_similarity_heatmap
from tyrosine.figures.illustrations import Drawn, illustrate, illustrate_part
from tyrosine.figures.partition import plot_variance_partition
from tyrosine.figures.second_order import plot_second_order_map, plot_second_order_matrix
from tyrosine.figures.series import (
    plot_brains_and_models,
    plot_categories_of_subjects,
    plot_clustered_rdms,
    plot_dendrograms_of_subjects,
    plot_layer_profiles_if_any,
)
from tyrosine.figures.similarity import plot_all_similarities, plot_main_similarities
from tyrosine.pipelines.reporting import nodes
from tyrosine.pipelines.reporting.questions import contrast_truth, write_research_questions
from tyrosine.report import result_tables
from tyrosine.report.engine import note_patterns
from tyrosine.report.evidence import show_encoding
from tyrosine.report.reliability import show_reliability


class Drawing(NamedTuple):
    """A figure of the report, or a series of figures.

    Attributes
    ----------
    plot : callable
        Takes the inputs by position and the view of the study as the keyword `view`.
    inputs : list of str
        Names of the datasets that are drawn.
    output : str
        Name of the dataset: `…_plot` for one figure, `…_figures` for several.
    caption : str
        What the report writes under the figure.
    shows_images : bool
        Whether images of stimuli can be made out, which a report without images leaves out.
    """

    plot: Callable[..., Drawn]
    inputs: list[str]
    output: str
    caption: str
    shows_images: bool = False

    def node(self) -> Node:
        """The node that draws."""
        of_rdms = not _OF_RDMS.isdisjoint(self.inputs)
        draw = partial(illustrate_part if of_rdms else illustrate, self.plot, self.caption)
        # The node has the name of what it draws.
        draw.__name__, draw.__annotations__ = self.plot.__name__, {}  # type: ignore[attr-defined]
        return Node(
            draw,
            inputs=[*self.inputs, "study_view", *(["rdm_stimuli", "stimuli"] if of_rdms else [])],
            outputs=self.output,
            name=f"draw_{self.output}",
        )


_OF_RDMS = {"brain_rdms", "clusters", "central_stimuli"}
"""Datasets that are over the stimuli of RDMs, which may be a part of those of the study."""
_OF_SIMILARITIES = [
    "similarities",
    "noise_ceilings",
    "model_tests",
    "contrasts",
    "bootstrap_similarities",
    "contrast_robustness",
]


DRAWINGS = [
    Drawing(
        plot_main_similarities,
        _OF_SIMILARITIES,
        "similarity_plot",
        "Similarity of models and brain regions",
    ),
    Drawing(
        plot_all_similarities,
        _OF_SIMILARITIES,
        "all_similarity_figures",
        "Similarity of all models, with untrained twins, and brain regions",
    ),
    Drawing(
        plot_similarity_heatmap,
        ["similarities", "model_tests", "bootstrap_similarities"],
        "similarity_heatmap",
        "Mean similarity of every model to every region",
    ),
    Drawing(
        plot_layer_profiles_if_any,
        ["similarities", "model_rdms"],
        "layer_profile_figures",
        "Similarity of layers by their relative depth",
    ),
    Drawing(
        plot_variance_partition,
        ["variance_partition"],
        "variance_partition_plot",
        "What vision, language and multimodal models explain alone and together",
    ),
    Drawing(
        plot_model_ranks_if_any,
        ["model_ranks"],
        "model_rank_figures",
        "Models by RSA and by encoding",
    ),
    Drawing(
        plot_second_order_matrix,
        ["second_order_rdm"],
        "second_order_matrix",
        "Regions and models compared with each other",
    ),
    Drawing(
        plot_second_order_map,
        ["second_order_rdm"],
        "second_order_map",
        "Map of regions and models",
    ),
    Drawing(
        plot_brains_and_models,
        ["brain_rdms", "model_rdms", "clusters", "similarities"],
        "brain_and_model_figures",
        "Brain and models",
    ),
    Drawing(
        plot_clustered_rdms,
        ["brain_rdms", "clusters"],
        "clustered_rdm_figures",
        "Clusters",
    ),
    Drawing(
        plot_dendrograms_of_subjects,
        ["brain_rdms", "clusters", "cluster_summary"],
        "dendrogram_figures",
        "Dendrograms",
    ),
    Drawing(
        plot_categories_of_subjects,
        ["clusters", "cluster_categories"],
        "cluster_category_figures",
        "Categories in clusters",
    ),
    Drawing(
        nodes.plot_central_stimuli,
        ["central_stimuli", "cluster_sizes", "cluster_categories", "stimuli", "raw_study"],
        "contact_sheet_figures",
        "Central stimuli of clusters",
        shows_images=True,
    ),
]
"""The figures of the report, in its order."""


def create_pipeline(*, ground_truth: Sequence[str] = ()) -> Pipeline:
    """The pipeline `reporting`.

    Parameters
    ----------
    ground_truth : sequence of str
        Which of `true_similarities` and `population_similarities` the study has; the answers are held
        against them.
    """
    tables = [
        Node(
            result_tables.note_missing_regions,
            inputs="region_coverage",
            outputs="missing_regions_section",
            name="note_missing_regions",
        ),
        Node(
            note_patterns,
            inputs=["similarities", "stimuli", "rdm_stimuli"],
            outputs="patterns_section",
            name="note_patterns",
        ),
        Node(
            show_reliability,
            inputs=["reliability", "brain_rdms", "raw_study", "params:study"],
            outputs="reliability_section",
            name="show_reliability",
        ),
        Node(
            result_tables.tabulate_mean_similarities,
            inputs=["similarities", "noise_ceilings"],
            outputs="mean_similarities_section",
            name="tabulate_mean_similarities",
        ),
        Node(
            result_tables.note_profile_peaks,
            inputs=["similarities", "model_tests", "study_view"],
            outputs="profile_peaks_section",
            name="note_profile_peaks",
        ),
        Node(
            result_tables.tabulate_layer_choices,
            inputs=["layer_choices", "params:models"],
            outputs="layer_choices_section",
            name="tabulate_layer_choices",
        ),
        Node(
            result_tables.show_partial_similarities,
            inputs="partial_similarities",
            outputs="partial_similarities_section",
            name="show_partial_similarities",
        ),
        Node(
            result_tables.show_reweighted_similarities,
            inputs="reweighted_similarities",
            outputs="reweighted_similarities_section",
            name="show_reweighted_similarities",
        ),
        Node(
            show_encoding,
            inputs=[
                "encoding_scores",
                "evidence_compared",
                "model_ranks",
                "encoding_variance_partition",
                "study_view",
            ],
            outputs="evidence_section",
            name="show_encoding",
        ),
        Node(
            result_tables.show_clusters,
            inputs=[
                "cluster_summary",
                "cluster_sizes",
                "cluster_categories",
                "cluster_supercategories",
                "study_view",
            ],
            outputs="clusters_section",
            name="show_clusters",
        ),
        Node(
            result_tables.show_published,
            inputs="published_comparison",
            outputs="published_section",
            name="show_published",
        ),
        Node(
            result_tables.tabulate_models,
            inputs=["model_rdms", "params:models"],
            outputs="models_section",
            name="tabulate_models",
        ),
    ]
    drawings = [drawing.node() for drawing in DRAWINGS]
    drawn = list(dict.fromkeys(name for drawing in DRAWINGS for name in drawing.inputs))
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
                nodes.describe_study_view,
                inputs=[
                    "raw_study",
                    "params:study",
                    "params:models",
                    "params:clustering",
                    "params:inference",
                    "params:figures",
                    "params:questions",
                ],
                outputs="study_view",
                name="describe_study_view",
            ),
            Node(
                write_research_questions,
                inputs={
                    "study_view": "study_view",
                    "contrasts": "contrasts",
                    "contrast_robustness": "contrast_robustness",
                    "model_tests": "model_tests",
                    "bootstrap_similarities": "bootstrap_similarities",
                    "ceiling_shares": "ceiling_shares",
                    "questions": "params:questions",
                }
                | ({"true_contrasts": "true_contrasts"} if ground_truth else {}),
                outputs=["research_questions", "research_questions_section", "short_answers"],
                name="write_research_questions",
            ),
            *(
                [
                    Node(
                        contrast_truth,
                        inputs=["params:models", "params:questions", *ground_truth],
                        outputs="true_contrasts",
                        name="contrast_truth",
                    )
                ]
                if ground_truth
                else []
            ),
            *tables,
            *drawings,
            Node(
                _knowing(
                    nodes.gather_sections,
                    drawings=[(tuple(one.inputs), one.shows_images) for one in DRAWINGS],
                ),
                inputs=[name for node in [*tables, *drawings] for name in node.outputs],
                outputs="sections",
                name="gather_sections",
            ),
            Node(
                _knowing(nodes.gather_figure_data, names=drawn),
                inputs=drawn,
                outputs="figure_data",
                name="gather_figure_data",
            ),
            Node(
                nodes.record_run,
                inputs=["raw_study", "stimuli", "similarities", "contrasts", "clusters", "parameters"],
                outputs="run_record",
                name="record_run",
            ),
            Node(
                nodes.write_methods,
                inputs=["run_record", "brain_rdms", "model_rdms", "clusters", "contrasts"],
                outputs=["methods_section", "methods", "references"],
                name="write_methods",
            ),
            Node(
                nodes.explore,
                inputs=["brain_rdms", "model_rdms", "clusters", "stimuli", "raw_study", "params:report"],
                outputs="explorer",
                name="explore",
            ),
            Node(
                nodes.draw_plots,
                inputs=[
                    "explorer",
                    "similarities",
                    "noise_ceilings",
                    "bootstrap_similarities",
                    "study_view",
                ],
                outputs="plots",
                name="draw_plots",
            ),
            Node(
                nodes.write_report,
                inputs=[
                    "run_record",
                    "short_answers",
                    "research_questions_section",
                    "methods_section",
                    "sections",
                    "figure_data",
                    "plots",
                    "params:report",
                ],
                outputs="report",
                name="write_report",
            ),
        ],
        tags="reporting",
    )


def _knowing(function: Callable[..., Any], **known: Any) -> Callable[..., Any]:
    """The function with some of its arguments given."""
    given = partial(function, **known)
    # Kedro asks a function for its name and its types; a partial one has neither.
    given.__name__, given.__annotations__ = function.__name__, {}  # type: ignore[attr-defined]
    return given
