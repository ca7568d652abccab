"""The pipeline `sensitivity`: the questions asked again in other analyses, which a plain run does not do."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.reporting.nodes import describe_study_view
from tyrosine.pipelines.sensitivity import nodes
from tyrosine.rsa.inference.survival import answer_in_other_analyses


def create_pipeline(language_models: Iterable[str], features_of: Iterable[str] = ()) -> Pipeline:
    """The pipeline `sensitivity`.

    Parameters
    ----------
    language_models : iterable of str
        Models that read captions.
    features_of : iterable of str
        Models whose features are reweighted; none where RDMs are all that is compared.
    """
    one_model = Pipeline(
        [
            Node(
                nodes.read_other_captions,
                inputs=[
                    "params:model",
                    "checkpoint",
                    "stimuli",
                    "raw_study",
                    "params:rdm",
                    "params:sensitivity",
                    "rdm_stimuli",
                ],
                outputs="readings_of_other_captions",
                name="read_other_captions",
            )
        ],
        tags="sensitivity",
    )
    names = list(language_models)
    each_model = sum(
        (
            Pipeline(
                one_model,
                namespace=name,
                inputs={"stimuli", "raw_study", "rdm_stimuli"},
                parameters={
                    "params:model": f"params:models.{name}",
                    "params:rdm": "params:rdm",
                    "params:sensitivity": "params:sensitivity",
                },
            )
            for name in names
        ),
        Pipeline([]),
    )
    return each_model + Pipeline(
        [
            Node(
                nodes.build_other_brain_rdms,
                inputs=["brain_rdms", "responses", "rdm_stimuli", "params:study", "params:sensitivity"],
                outputs="rdms_by_distance",
                name="build_other_brain_rdms",
            ),
            Node(
                nodes.gather_features,
                inputs=[f"{name}.features" for name in features_of],
                outputs="features_of_run",
                name="gather_features",
            ),
            Node(
                nodes.gather_rdms,
                inputs=[
                    "rdms_by_distance",
                    "model_rdms",
                    "features_of_run",
                    *(f"{name}.readings_of_other_captions" for name in names),
                ],
                outputs="rdms_of_grid",
                name="gather_rdms",
            ),
            Node(
                answer_in_other_analyses,
                inputs=[
                    "rdms_of_grid",
                    "stimuli",
                    "params:models",
                    "params:questions",
                    "params:comparison",
                    "params:inference",
                    "params:sensitivity",
                    "params:seed",
                ],
                outputs="answer_survival",
                name="answer_in_other_analyses",
            ),
            Node(
                describe_study_view,
                inputs=[
                    "raw_study",
                    "params:study",
                    "params:models",
                    "params:clustering",
                    "params:inference",
                    "params:figures",
                    "params:questions",
                ],
                outputs="view_of_sensitivity",
                name="describe_view_of_sensitivity",
            ),
            Node(
                nodes.write_answer_survival,
                inputs=[
                    "answer_survival",
                    "params:questions",
                    "params:sensitivity",
                    "view_of_sensitivity",
                ],
                outputs="answer_survival_page",
                name="write_answer_survival",
            ),
            Node(
                nodes.draw_specification_curves,
                inputs=["answer_survival", "view_of_sensitivity"],
                outputs="specification_curve_figures",
                name="draw_specification_curves",
            ),
        ],
        tags="sensitivity",
    )
