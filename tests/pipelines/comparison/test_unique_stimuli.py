"""A simulated study in which subjects saw stimuli of their own, from its files to its tables."""

import numpy as np
import pandas as pd
import pytest
from rsatoolbox.inference import boot_noise_ceiling
from rsatoolbox.rdm import RDMs
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr

from tyrosine.catalog.subjects import DistributedRDMsFile, ResponsesFile, SubjectFolder
from tyrosine.catalog.validators import ValidRDMs
from tyrosine.errors import RDMError
from tyrosine.parameters import ComparisonParameters, RDMParameters, StudyParameters
from tyrosine.pipelines.brain_rdm_construction.nodes import build_brain_rdms
from tyrosine.pipelines.export.nodes import order_rdms
from tyrosine.pipelines.ingestion.nodes import cover_regions, describe_study, read_responses, read_stimuli
from tyrosine.pipelines.simulation.nodes import compare_with_ground_truth
from tyrosine.rsa.comparison import compare_rdms, compute_noise_ceilings
from tyrosine.rsa.rdms import label_rdms, spread
from tyrosine.simulation.latents import latent_features
from tyrosine.simulation.scenes import sample_scenes
from tyrosine.simulation.study import seen_rows, simulate_responses, write_simulated_study
from tyrosine.tables import schemas

REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}
OPTIONS = {"n_subjects": 3, "n_voxels": 12, "signal_to_noise": 0.5, "seed": 4, "lacking": {2: ["PPA"]}}
N_SHARED, N_UNIQUE = 10, 4
N_STIMULI = N_SHARED + 3 * N_UNIQUE
PAIRS = [(1, "EBA"), (2, "EBA"), (3, "EBA"), (1, "PPA"), (3, "PPA")]
FEATURES = np.random.default_rng(0).normal(size=(2, N_STIMULI, 6))


def rows_of(subject):
    first = N_SHARED + (subject - 1) * N_UNIQUE
    return [*range(N_SHARED), *range(first, first + N_UNIQUE)]


@pytest.fixture(scope="module", params=["algonauts_shared", "nsd_872"])
def results(tmp_path_factory, request):
    """All that nodes make of the study, through the files of the catalog, and its folder."""
    root = tmp_path_factory.mktemp(request.param)
    write_simulated_study(
        root / "raw", REGIONS, n_stimuli=N_SHARED, unique_stimuli=N_UNIQUE, layout=request.param, **OPTIONS
    )
    study = StudyParameters(
        name="simulated", title="A study", source="simulated", path=root / "raw", regions=REGIONS
    )
    raw_study = describe_study(study)
    stimuli, presentations = read_stimuli(raw_study, study)
    folders = [
        SubjectFolder(path=str(root / kind.__name__), dataset=kind, filename_suffix=".h5")
        for kind in (DistributedRDMsFile, ResponsesFile)
    ]
    for folder, promised in zip(folders, read_responses(raw_study, presentations, study)):
        folder.save(promised)
    distributed, responses = (folder.load() for folder in folders)
    coverage = cover_regions(responses, distributed, study)
    brain, agreement = build_brain_rdms(responses, distributed, stimuli, study, RDMParameters())
    ValidRDMs(["subject", "selectivity", "roi"]).validate(brain)
    labels = {
        "model": ["vit", "bert"], "label": ["ViT", "BERT"], "modality": ["vision", "language"],
        "task": ["a", "b"], "layer": ["one", "two"], "reported": [True, True],
    }  # fmt: skip
    rdms = np.stack([pdist(rows, "correlation") for rows in FEATURES])
    models = label_rdms(rdms, list(stimuli["stimulus_id"]), labels, "correlation")
    comparison = ComparisonParameters()
    truth = compare_with_ground_truth(raw_study, stimuli, presentations, brain, models, study, comparison)
    tables = {
        "stimuli": stimuli,
        "presentations": presentations,
        "region_coverage": coverage,
        "rdm_agreement": agreement,
        "similarities": compare_rdms(brain, models, comparison),
        "noise_ceilings": compute_noise_ceilings(brain, comparison),
        "true_similarities": truth,
    }
    for name, table in tables.items():
        getattr(schemas, name).validate(table)
    return tables


@pytest.fixture(scope="module")
def simulated():
    """Responses and signal, of the rows of each subject, by subject and ROI, without any file."""
    latents = latent_features(sample_scenes(N_STIMULI, OPTIONS["seed"]))
    responses, weights = simulate_responses(
        latents, REGIONS, **OPTIONS, rows=seen_rows(N_SHARED, N_UNIQUE, 3)
    )
    measured, signal = {}, {}
    for subject, roi in PAIRS:
        measured[subject, roi] = np.hstack([responses[subject, roi, side] for side in ("lh", "rh")]).astype(
            float
        )
        own = weights[(weights["subject"] == subject) & (weights["roi"] == roi)]
        signal[subject, roi] = latents.to_numpy()[rows_of(subject)] @ own[latents.columns].to_numpy().T
    return measured, signal


def similarity(patterns, rows, model):
    return pearsonr(pdist(patterns, "correlation"), pdist(FEATURES[model, rows], "correlation")).statistic


def values_of(table):
    return table.set_index(["subject", "roi", "model"])["similarity"]


def test_stimuli_are_those_of_all_subjects(results):
    assert len(results["stimuli"]) == N_STIMULI
    assert results["presentations"].groupby("subject").size().to_dict() == dict.fromkeys((1, 2, 3), 14)
    covered = results["region_coverage"].query("covered")
    assert set(covered["n_stimuli"]) == {14}


def test_distributed_rdms_agree_over_the_stimuli_of_each_subject(results):
    assert results["rdm_agreement"]["correlation"].min() > 1 - 1e-9
    assert set(results["rdm_agreement"]["n_stimuli"]) == {14}


def test_similarities_are_over_all_stimuli_of_each_subject(results, simulated):
    found = values_of(results["similarities"])

    assert len(found) == 2 * len(PAIRS)
    for subject, roi in PAIRS:
        for model, name in enumerate(("vit", "bert")):
            expected = similarity(simulated[0][subject, roi], rows_of(subject), model)
            assert found[subject, roi, name] == pytest.approx(expected, abs=1e-9)
    assert set(results["similarities"]["n_stimuli"]) == {14}


def test_true_similarities_are_over_the_same_stimuli(results, simulated):
    found = values_of(results["true_similarities"])

    keys = ["subject", "selectivity", "roi", "model", "n_stimuli"]
    pd.testing.assert_frame_equal(results["true_similarities"][keys], results["similarities"][keys])
    for subject, roi in PAIRS:
        signal = simulated[1][subject, roi]
        for model, name in enumerate(("vit", "bert")):
            expected = similarity(signal - signal.mean(axis=0), rows_of(subject), model)
            assert found[subject, roi, name] == pytest.approx(expected, abs=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_noise_ceilings_are_over_the_stimuli_that_all_saw(results, simulated):
    for row in results["noise_ceilings"].itertuples():
        shared = [
            pdist(patterns[:N_SHARED], "correlation")
            for (_, roi), patterns in simulated[0].items()
            if roi == row.roi
        ]
        expected = boot_noise_ceiling(RDMs(np.stack(shared)), "corr")
        assert (row.lower, row.upper) == pytest.approx(expected, abs=1e-9)
        assert row.n_stimuli == N_SHARED


def test_net2brain_gets_no_rdms_over_different_stimuli():
    wide = spread(np.ones(3), ["a", "b", "c"], ["a", "b", "c", "d"])
    rdms = label_rdms(wide[None], ["a", "b", "c", "d"], {"subject": [1]}, "correlation")

    with pytest.raises(RDMError, match="Subjects saw different stimuli, and Net2Brain"):
        order_rdms(rdms)
