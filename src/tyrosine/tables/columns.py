"""Columns and labels of the tables of the catalog: what a table is made with, checked against and drawn from.

A table has its columns, in their order, in one tuple here. Who makes the table takes the columns from it, and
so does its schema, which says what each may hold. This module imports nothing, so that every room may import
it.
"""

from __future__ import annotations

BRAIN = ("subject", "selectivity", "roi")
"""What names a brain RDM."""
REGION = ("selectivity", "roi")
MODEL = ("model", "label", "modality", "task", "layer", "reported")
"""What names an RDM of a model: a layer."""

BEST_LAYER = "best"
"""What `layer` of a row is whose layer was chosen in folds."""
EVERY_REGION = "all"
"""What `selectivity` and `roi` of a contrast of each subject's mean over regions are."""
CONTROL = "control"
"""Selectivity of regions that take part in no mean over regions."""

OVER = ("subjects", "stimuli", "both")
"""What a bootstrap resamples."""
DRAWN = ("stimulus_groups", "n_groups")
"""By which column the bootstrap of a row drew whole groups of stimuli, and how many groups there are; empty
where it drew single stimuli or none."""
ABOVE_CHANCE, BELOW_CEILING = "above chance", "below ceiling"
"""Questions of `model_tests`."""
PAIR, NAMED, GROUP = "pair", "named", "group"
"""Kinds of contrasts: two models, two sides that a question names, and a mean over models against zero."""
TOTAL, ALONE, UNIQUE, SHARED = "total", "alone", "unique", "shared"
COMPONENTS = (TOTAL, ALONE, UNIQUE, SHARED)
"""Kinds of components of the variance of brain RDMs."""
ENCODING, ENCODING_NORMALISED = "encoding", "encoding_normalised"
ENCODING_METHODS = (ENCODING, ENCODING_NORMALISED)
"""Methods of `encoding_tests` and `encoding_contrasts`: the correlation of measured and predicted responses,
and the same divided by its noise ceiling."""
RANK_REGRESSION = "rank regression"
"""Method of the variance partition."""
A_REGION, A_MODEL = "region", "model"
KINDS = (A_REGION, A_MODEL)
"""What the second-order RDM is over."""
SIDES = ("lh", "rh")
BOTH_HEMISPHERES = "both"
HEMISPHERES = (*SIDES, BOTH_HEMISPHERES)
"""Which voxels an RDM was computed from."""

ONE_CLUSTER, ALL_APART = "one cluster", "every stimulus is a cluster of its own"
"""Why a silhouette is undefined."""
CEILING_UNCERTAIN = "the interval of the noise ceiling reaches down to zero"
"""Why a group of models reaches no share of the ceiling."""
FILE_NAMES, METADATA_ORDER, METADATA_COLUMN, FILE_NUMBERS, DESIGN = (
    "sorted file names", "metadata row order", "metadata row column", "row numbers in file names",
    "order of trials in the experiment's design",
)  # fmt: skip
ROW_SOURCES = (FILE_NAMES, METADATA_ORDER, METADATA_COLUMN, FILE_NUMBERS, DESIGN)
"""How it is known which row of responses and RDMs is which stimulus; sorted file names are an assumption."""

N_SUBJECTS = 8
"""Subjects of NSD, whose orders of presentation `stimuli` has a column for each."""
ORDERS = tuple(f"subj{subject:02d}_order" for subject in range(1, N_SUBJECTS + 1))

STIMULI = (
    "stimulus_id", "image", "image_sha256", "nsd_id", "coco_id", "coco_split", "row_source", "crop_box",
    "captions", "category_ids", "uncropped_category_ids", "categories", "supercategories",
    "main_category", "main_supercategory", *ORDERS,
)  # fmt: skip
STIMULI_METADATA = ("coco_id", "nsd_id", "caption", "category_id", *ORDERS)
PRESENTATIONS = ("subject", "stimulus_id", "repetition", "session", "n_presentations")
REGION_COVERAGE = (*BRAIN, "n_voxels", "n_stimuli", "covered")
RELIABILITY = (
    *BRAIN, "n_channels", "n_stimuli", "n_repetitions", "distance", "n_splits", "split_half", "reliability",
    "ceiling", "ncsnr", "trial_ceiling", "undefined",
)  # fmt: skip
RDM_AGREEMENT = (*BRAIN, "hemisphere", "n_stimuli", "correlation", "max_difference")

CUTS = ("threshold", "n_clusters", "null", "silhouette")
"""What decides on the number of clusters of a tree."""
CLUSTERS = (*BRAIN, "stimulus_id", "n_stimuli", "cluster", "position", "cut_by")
CLUSTER_SUMMARY = (
    *BRAIN, "linkage", "cut_by", "cut", "n_stimuli", "n_clusters", "n_singletons", "silhouette",
    "silhouette_undefined", "cophenetic_correlation", "stability",
)  # fmt: skip
CLUSTER_SIZES = (*BRAIN, "n_stimuli", "cluster", "size", "silhouette", "mean_dissimilarity")
CENTRAL_STIMULI = (*BRAIN, "n_stimuli", "cluster", "rank", "stimulus_id", "mean_dissimilarity")
ENRICHMENT = ("count", "n_cluster", "n_total", "n_stimuli", "odds_ratio", "p", "q")
CLUSTER_CATEGORIES = (*BRAIN, "cluster", "category_id", "category", "supercategory", *ENRICHMENT)
CLUSTER_SUPERCATEGORIES = (*BRAIN, "cluster", "supercategory", *ENRICHMENT)

SIMILARITIES = (
    *BRAIN, *MODEL, "method", "engine", "n_stimuli", "similarity", "standard_error", "undefined",
)  # fmt: skip
POPULATION_SIMILARITIES = (*SIMILARITIES, "part")
CEILING_SHARES = (
    "contrast", *REGION, "method", "share", "lower", "upper", "ceiling", "ceiling_lower", "ceiling_upper",
    "n_subjects", "n_stimuli", "undefined",
)  # fmt: skip
NOISE_CEILINGS = (*REGION, "method", "lower", "upper", "n_subjects", "n_stimuli", "undefined")
LAYER_CHOICES = (
    *BRAIN, "model", "method", "draw", "fold", "layer", "n_choosing", "n_stimuli", "similarity", "jackknifed",
    "undefined",
)  # fmt: skip
SECOND_ORDER_RDM = ("kind_a", "a", "kind_b", "b", "method", "n_stimuli", "dissimilarity", "undefined")

EVIDENCE = ("p", "q", "family", "undefined")
"""The columns that every table of inference ends with."""
MODEL_TESTS = (
    *BRAIN, *MODEL, "method", "question", "test", "n", "n_stimuli", *DRAWN, "n_resamples", "estimate",
    "lower", "upper", "statistic", *EVIDENCE,
)  # fmt: skip
BOOTSTRAP_SIMILARITIES = (
    *REGION, *MODEL, "method", "over", "test", "n_subjects", "n_stimuli", *DRAWN, "n_resamples",
    "estimate", "standard_error", "lower", "upper", *EVIDENCE,
)  # fmt: skip
PARTIAL_SIMILARITIES = (
    *REGION, *MODEL, "method", "partial_out", "test", "n", "n_stimuli", "similarity", "estimate", "lower",
    "upper", "statistic", *EVIDENCE,
)  # fmt: skip
REWEIGHTED_SIMILARITIES = (
    *REGION, "model", "label", "modality", "task", "reweighting", "weights", "n_weights", "method", "test",
    "n", "n_stimuli", "n_folds", "n_fold_draws", "similarity", "ceiling_lower", "ceiling_upper", "estimate",
    "lower", "upper", "statistic", *EVIDENCE,
)  # fmt: skip
CONTRASTS = (
    "contrast", "kind", "question", "models_a", "models_b", "label_a", "label_b", *REGION, "regions",
    "method", "test", "n", "n_stimuli", *DRAWN, "n_resamples", "estimate", "lower", "upper", "effect_size",
    "statistic", *EVIDENCE,
)  # fmt: skip
ENCODING_SCORES = (
    *BRAIN, "model", "label", "modality", "task", "layer", "split", "n_stimuli", "n_training",
    "n_repetitions", "n_channels", "n_masked", "median_penalty", "r", "r2", "r_normalised", "r2_normalised",
    "predicted_rdm_similarity", "undefined",
)  # fmt: skip
ENCODING_CHANNELS = (
    *BRAIN, "hemisphere", "channel", "model", "ncsnr", "ceiling", "masked", "penalty", "r", "r2",
    "r_normalised", "r2_normalised",
)  # fmt: skip
ENCODING_TESTS = BOOTSTRAP_SIMILARITIES
ENCODING_CONTRASTS = CONTRASTS
CONTRAST_ROBUSTNESS = (
    "contrast", "kind", "question", "models_a", "models_b", "label_a", "label_b", *REGION, "method", "n",
    "n_stimuli", "estimate", "lowest", "lowest_without", "highest", "highest_without", "best", "best_lower",
    "best_upper", "best_a", "best_b", "best_undefined", "n_pairs", "n_pairs_agree", "pairs_otherwise",
    "depends_on", "holds", "also_differs", "undefined",
)  # fmt: skip
VARIANCE_PARTITION = (
    *REGION, "component", "kind", "method", "test", "n", "n_stimuli", "n_folds", "n_fold_draws",
    "partial_out", "estimate", "lower", "upper", "statistic", *EVIDENCE,
)  # fmt: skip

HIGHER, LOWER, NO_EVIDENCE, UNDEFINED = "higher", "lower", "no evidence", "undefined"
"""What a row of a table of inference says of its first side, against the second one or chance."""
NOBODY = "none"
"""The model that is left out where none is."""
SINGLE_STIMULI = "none"
"""What stimuli are grouped by where single ones are drawn."""
ANSWER_SURVIVAL = (
    "question", "contrast", "kind", "label_a", "label_b", "models_a", "models_b", "brain_distance", "method",
    "stimulus_groups", "captions", "layer", "left_out", "main", "test", "n", "n_stimuli", "estimate",
    "lower", "upper", "p", "q", "verdict", "stands", "undefined",
)  # fmt: skip

BANDED_RIDGE, BANDED_NORMALISED = "banded ridge", "banded ridge, normalised"
"""Methods of `encoding_variance_partition`: shares of the variance of responses, and of its signal."""
ENCODING_VARIANCE_PARTITION = VARIANCE_PARTITION
KINDS_OF_EVIDENCE = ("rsa", "encoding")
SAME_DIRECTION, IN_NEITHER, OPPOSITE = "the same direction", "no evidence in either", "opposite"
RSA_ALONE, ENCODING_ALONE, NOT_COMPARED = "RSA alone", "encoding alone", "undefined"
AGREEMENTS = (SAME_DIRECTION, IN_NEITHER, RSA_ALONE, ENCODING_ALONE, OPPOSITE, NOT_COMPARED)
"""What the verdicts by both kinds of evidence on one contrast and region are to each other."""
EVIDENCE_COMPARED = (
    "question", "contrast", "kind", "models_a", "models_b", "label_a", "label_b", *REGION, "evidence",
    "method", "test", "n", "n_stimuli", *DRAWN, "estimate", "lower", "upper", "p", "q", "verdict",
    "agreement", "undefined",
)  # fmt: skip
MODEL_RANKS = (
    *REGION, "model", "label", "modality", "task", "similarity", "similarity_rank", "r", "r_normalised",
    "r_rank", "kendall_tau", "p", "n_models",
)  # fmt: skip

MINIATURE_METRICS = (
    "miniature", "task", "metric", "value", "baseline", "baseline_is", "higher_is_better", "n_held_out",
    "n_parameters", "sha256",
)  # fmt: skip
