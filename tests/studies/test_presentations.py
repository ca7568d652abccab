"""Who saw which stimuli: everybody all of them, or as a file of the study says."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from tyrosine.errors import StudyError
from tyrosine.parameters import RDMParameters, StudyParameters, parse
from tyrosine.pipelines.brain_rdm_construction.nodes import build_brain_rdms
from tyrosine.pipelines.ingestion.nodes import cover_regions, read_responses, read_stimuli
from tyrosine.rsa.rdms import of_subject, stimulus_ids
from tyrosine.studies import layouts
from tyrosine.tables import schemas

REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}


def tell(root, text):
    (root / "presentations.csv").write_text(text, encoding="utf-8")


def ingest(root, **options):
    found = layouts.open_study(root, "auto")
    raw = {"root_folder": found.root, "layout": found.layout, "simulated": False}
    values = {"name": "x", "title": "X", "path": root, "regions": REGIONS} | options
    study = parse(StudyParameters, values, "study")
    stimuli, presentations = read_stimuli(raw, study)
    schemas.presentations.validate(presentations)
    distributed, responses = (
        {name: promise for name, promise in promises.items() if promise() is not None}
        for promises in read_responses(raw, presentations, study)
    )
    coverage = schemas.region_coverage.validate(cover_regions(responses, distributed, study))
    rdms, agreement = build_brain_rdms(responses, distributed, stimuli, study, RDMParameters())
    schemas.rdm_agreement.validate(agreement)
    return stimuli, presentations, coverage, rdms, agreement


def test_without_a_file_everybody_saw_everything(algonauts):
    stimuli, presentations, *_ = ingest(algonauts)

    assert presentations["stimulus_id"].tolist() == 2 * stimuli["stimulus_id"].tolist()
    assert presentations["subject"].tolist() == [1] * 6 + [2] * 6
    assert presentations[["session", "n_presentations"]].isna().all(axis=None)


@pytest.fixture
def own_stimuli(algonauts):
    """Subject 1 saw five of the six images, subject 2 four, each in an order of its own."""
    lines = ["subject,nsdId,session,n_presentations"]
    lines += [f"1,{nsd_id},2,3" for nsd_id in (2950, 12, 7, 103, 4)]
    lines += [f"2,{nsd_id},1,1" for nsd_id in (4, 88, 12, 103)]
    tell(algonauts, "\n".join(lines))
    for path in algonauts.glob("subj*/rois/*.npy"):
        subject = int(path.stem[-1])
        responses = np.load(path)[: {1: 5, 2: 4}[subject]]
        np.save(path, responses)
        (path.parents[1] / "rdms").mkdir(exist_ok=True)
        np.save(path.parents[1] / "rdms" / path.name, pdist(responses.astype(float), "correlation"))
    return algonauts


def test_each_subject_has_the_rows_that_the_file_lists(own_stimuli):
    stimuli, presentations, coverage, rdms, agreement = ingest(own_stimuli)

    assert presentations.query("subject == 2")["stimulus_id"].tolist() == ["00004", "00088", "00012", "00103"]
    assert presentations.groupby("subject")["n_presentations"].unique().map(list).to_dict() == {
        1: [3],
        2: [1],
    }
    assert presentations.groupby("subject")["session"].unique().map(list).to_dict() == {1: [2], 2: [1]}
    counts = coverage.set_index(["subject", "roi"])["n_stimuli"]
    assert counts.to_dict() == {(1, "EBA"): 5, (1, "PPA"): 5, (2, "EBA"): 4, (2, "PPA"): 0}
    assert stimulus_ids(rdms) == stimuli["stimulus_id"].tolist()
    responses = np.hstack(
        [np.load(own_stimuli / f"subj02/rois/EBA_{side}_subj02.npy") for side in ("lh", "rh")]
    )
    rdm, ids = of_subject(rdms, 1)
    assert ids == ["00012", "00103", "00004", "00088"]
    np.testing.assert_allclose(rdm, pdist(responses[[2, 3, 0, 1]].astype(float), "correlation"), atol=1e-12)
    assert agreement.groupby("subject")["n_stimuli"].unique().map(list).to_dict() == {1: [5], 2: [4]}
    assert agreement["correlation"].min() > 1 - 1e-9


def test_stimuli_that_no_chosen_subject_saw_are_left_out(own_stimuli):
    stimuli, presentations, _, rdms, _ = ingest(own_stimuli, subjects=[2], regions={"bodies": ["EBA"]})

    assert stimuli["stimulus_id"].tolist() == ["00012", "00103", "00004", "00088"]
    assert set(presentations["subject"]) == {2}
    assert np.isfinite(rdms.dissimilarities).all()


def test_distributed_rdms_are_over_the_subjects_own_stimuli_too(own_stimuli):
    rdms = ingest(own_stimuli, brain_rdms="distributed")[3]

    rdm, ids = of_subject(rdms, 0)
    assert ids == ["00012", "00007", "00103", "00004", "02950"]
    sides = [
        np.load(own_stimuli / f"subj01/rois/EBA_{side}_subj01.npy").astype(float) for side in ("lh", "rh")
    ]
    order = [1, 2, 3, 4, 0]
    expected = np.mean([pdist(side[order], "correlation") for side in sides], axis=0)
    np.testing.assert_allclose(rdm, expected, atol=1e-12)


def test_the_other_layout_reads_the_same_file(nsd_872):
    tell(
        nsd_872,
        "subject,nsd_id\n"
        + "".join(f"{s},{i}\n" for s, n in ((1, 6), (2, 5)) for i in [4, 7, 12, 88, 103, 2950][:n]),
    )
    for path in (nsd_872 / "NSD_872_fmri").rglob("subj02*.npy"):
        np.save(path, np.load(path)[:5])
    (nsd_872 / "NSD_872_RDMs/floc-bodies/subject_2_merged_EBA_both.npz").unlink()

    rdms = ingest(nsd_872)[3]

    assert of_subject(rdms, 1)[1] == ["00004", "00007", "00012", "00088", "00103"]


BROKEN = {
    "an image that is not there": ("1,12\n2,5\n", "names 1 stimuli that the study does not have \\(00005\\)"),
    "a subject without rows": ("1,12\n1,7\n", "has no row of subject 2"),
    "a stimulus twice": ("1,12\n2,7\n1,12\n", "lists stimulus 00012 twice for subject 1"),
    "a subject that is no number": ("first,12\n", "'first' in column subject"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_presentations_are_refused(algonauts, kind):
    rows, words = BROKEN[kind]
    tell(algonauts, "subject,nsd_id\n" + rows)

    with pytest.raises(StudyError, match=words):
        ingest(algonauts)


def trials(algonauts, rows):
    """Subject 1 saw three images twice, in single trials; responses have the rows of these."""
    tell(algonauts, "subject,nsd_id,repetition,session\n" + "\n".join(rows))
    rng = np.random.default_rng(0)
    for path in algonauts.glob("subj*/rois/*.npy"):
        np.save(path, rng.normal(size=(6, np.load(path).shape[1])).astype(np.float32))


def test_rows_with_repetitions_are_single_trials(algonauts):
    order = [(7, 1, 1), (12, 1, 1), (4, 1, 2), (12, 2, 3), (7, 2, 2), (4, 2, 3)]
    rows = [
        f"{subject},{one},{repetition},{session}" for subject in (1, 2) for one, repetition, session in order
    ]
    trials(algonauts, rows)

    found = layouts.open_study(algonauts, "auto")
    raw = {"root_folder": found.root, "layout": found.layout, "simulated": False}
    values = {"name": "x", "title": "X", "path": algonauts, "regions": {"bodies": ["EBA"]}}
    study = parse(StudyParameters, values, "study")
    _, presentations = read_stimuli(raw, study)
    schemas.presentations.validate(presentations)
    measured = read_responses(raw, presentations, study)[1]["subj01"]()

    assert list(measured.obs_descriptors["stimulus_id"]) == [f"{one:05d}" for one, _, _ in order]
    assert list(measured.obs_descriptors["repetition"]) == [repetition for _, repetition, _ in order]
    assert list(measured.obs_descriptors["session"]) == [session for _, _, session in order]
    sides = [np.load(algonauts / f"subj01/rois/EBA_{side}_subj01.npy") for side in ("lh", "rh")]
    np.testing.assert_array_equal(measured.measurements, np.hstack(sides))


def test_averages_cannot_be_z_scored_in_sessions(algonauts):
    found = layouts.open_study(algonauts, "auto")
    raw = {"root_folder": found.root, "layout": found.layout, "simulated": False}
    values = {"name": "x", "title": "X", "path": algonauts, "regions": {"bodies": ["EBA"]}}
    study = parse(StudyParameters, values | {"normalise": "session"}, "study")
    _, presentations = read_stimuli(raw, study)

    with pytest.raises(StudyError, match="normalise is session, and the responses of subject 1 are averages"):
        read_responses(raw, presentations, study)[1]["subj01"]()


def test_a_trial_that_is_listed_twice_is_refused(algonauts):
    trials(algonauts, ["1,12,1,1", "1,12,1,2", "2,12,1,1"])
    with pytest.raises(StudyError, match="lists stimulus 00012 with repetition 1 twice for subject 1"):
        ingest(algonauts)


def test_responses_of_another_number_of_rows_are_refused(own_stimuli):
    path = own_stimuli / "subj02/rois/EBA_lh_subj02.npy"
    np.save(path, np.ones((5, 4), dtype=np.float32))

    with pytest.raises(
        StudyError, match=r"EBA of subject 2 in .* has shape \(5, 4\); expected \(4, n_voxels\)"
    ):
        ingest(own_stimuli)
