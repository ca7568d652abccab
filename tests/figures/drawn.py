"""A simulated study's names, and what the tests ask of a drawn figure."""

from dataclasses import fields, replace

from matplotlib.text import Text

from tyrosine.figures.view import ModelView, StudyView

REGIONS = {
    "bodies": ["FBA-1", "FBA-2", "EBA"],
    "faces": ["FFA-1", "FFA-2", "OFA"],
    "places": ["OPA", "PPA", "RSC"],
}
MODELS = {"vit": "ViT", "bert": "BERT", "clip_vision": "CLIP vision", "clip_language": "CLIP language"}
MODALITIES = ["vision", "language", "vision", "language"]
VIEW = StudyView(
    "A study",
    regions=REGIONS,
    models={name: ModelView(label, modality) for (name, label), modality in zip(MODELS.items(), MODALITIES)},
)
COLUMNS = {
    table: columns.split()
    for table, columns in {
        "similarities": "subject selectivity roi model label modality task layer reported method similarity",
        "noise_ceilings": "selectivity roi method lower upper n_subjects",
        "cluster_categories": "subject selectivity roi cluster category_id category supercategory count "
        "n_cluster q",
    }.items()
}


def with_view(view, options):
    """The options of a plot function, in which those that are fields of the view have gone into the view."""
    of_view = {field.name for field in fields(StudyView)} & options.keys()
    others = {name: value for name, value in options.items() if name not in of_view}
    return {"view": replace(view, **{name: options[name] for name in of_view}), **others}


def texts(figure):
    """All texts in a figure that are not empty."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


def overhang(figure):
    """By how many inches the drawing reaches beyond the page, at the side where it is most."""
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    return max(-drawn.x0, -drawn.y0, drawn.x1 - width, drawn.y1 - height)


def smallest_type(figure):
    """Size in points of the smallest text that is drawn."""
    shown = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return min(text.get_size() for text in shown)


def overlap(artists):
    """Largest share of a text's box that another one covers."""
    boxes = [artist.get_window_extent() for artist in artists if artist.get_text().strip()]
    shares = [0.0]
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            up = min(one.y1, other.y1) - max(one.y0, other.y0)
            if across > 0 and up > 0:
                smaller = min(one.width * one.height, other.width * other.height)
                shares.append(across * up / smaller)
    return max(shares)
