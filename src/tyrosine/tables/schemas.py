"""The schema of every table of the catalog, by the name of the table."""

from tyrosine.tables.clusters import (
    central_stimuli,
    cluster_categories,
    cluster_sizes,
    cluster_summary,
    cluster_supercategories,
    clusters,
)
from tyrosine.tables.comparison import (
    ceiling_shares,
    layer_choices,
    noise_ceilings,
    population_similarities,
    second_order_rdm,
    similarities,
    true_similarities,
)
from tyrosine.tables.encoding import (
    encoding_channels,
    encoding_contrasts,
    encoding_scores,
    encoding_tests,
    encoding_variance_partition,
    evidence_compared,
    model_ranks,
)
from tyrosine.tables.inference import (
    bootstrap_similarities,
    contrast_robustness,
    contrasts,
    model_tests,
    partial_similarities,
    reweighted_similarities,
    variance_partition,
)
from tyrosine.tables.miniatures import miniature_metrics
from tyrosine.tables.sensitivity import answer_survival
from tyrosine.tables.study import (
    presentations,
    rdm_agreement,
    region_coverage,
    reliability,
    stimuli,
    stimuli_metadata,
)

__all__ = [
    "answer_survival",
    "bootstrap_similarities",
    "ceiling_shares",
    "central_stimuli",
    "cluster_categories",
    "cluster_sizes",
    "cluster_summary",
    "cluster_supercategories",
    "clusters",
    "contrast_robustness",
    "contrasts",
    "encoding_channels",
    "encoding_contrasts",
    "encoding_scores",
    "encoding_tests",
    "encoding_variance_partition",
    "evidence_compared",
    "layer_choices",
    "miniature_metrics",
    "model_ranks",
    "model_tests",
    "noise_ceilings",
    "partial_similarities",
    "population_similarities",
    "presentations",
    "rdm_agreement",
    "region_coverage",
    "reliability",
    "reweighted_similarities",
    "second_order_rdm",
    "similarities",
    "stimuli",
    "stimuli_metadata",
    "true_similarities",
    "variance_partition",
]
