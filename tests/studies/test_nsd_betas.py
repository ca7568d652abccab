"""The layout `nsd`: responses in all forms in which NSD gives them out."""

import shutil

import h5py
import nibabel
import numpy as np
import pytest

from tests.studies.nsd_sessions import (
    BETAS,
    N_TRIALS,
    NUMBERS,
    REGIONS,
    label,
    save_surface,
    session_file,
    surface,
    write_small_nsd,
)
from tests.studies.whole_nsd import ingest, of_region
from tyrosine.studies import nsd_betas


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_small_nsd(tmp_path_factory.mktemp("made") / "raw")


@pytest.fixture
def root(made, tmp_path):
    return shutil.copytree(made, tmp_path / "raw")


def in_volume(root, suffix, chunks=None):
    """Subject 1 in `func1pt8mm`: int16, 300 times per cent, in a volume; and what it should be read as."""
    rng = np.random.default_rng(1)
    shutil.rmtree(root / "nsddata_betas/ppdata/subj02")
    shutil.rmtree(root / "nsddata_betas/ppdata/subj01/nativesurface")
    betas = root / "nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf_GLMdenoise_RR"
    masks = root / "nsddata/ppdata/subj01/func1pt8mm/roi"
    betas.mkdir(parents=True)
    masks.mkdir(parents=True)
    volume = rng.integers(-900, 900, (6, 4, 5, 3, N_TRIALS)).astype(np.int16)
    for session, values in enumerate(volume, start=1):
        path = betas / f"betas_session{session:02d}{suffix}"
        if suffix == ".hdf5":
            with h5py.File(path, "w") as file:
                file.create_dataset("betas", data=values.T, chunks=chunks)
        else:
            nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)
    expected = {}
    for roi, (class_name, number) in NUMBERS.items():
        expected[roi] = []
        for side in ("lh", "rh"):
            mask = np.where(rng.random((4, 5, 3)) < 0.2, number, rng.integers(-1, 1, (4, 5, 3)))
            nibabel.save(
                nibabel.Nifti1Image(mask.astype(np.int16), np.eye(4)), masks / f"{side}.{class_name}.nii.gz"
            )
            expected[roi].append(np.hstack(list(volume[:, mask == number])).T / 300)
    return {roi: np.hstack(sides) for roi, sides in expected.items()}


# A slice of a volume of all trials is 320 bytes.
@pytest.mark.parametrize("block_bytes", [1, 700, 1 << 20])
@pytest.mark.parametrize("kind", ["hdf5, channel by channel", "hdf5", "nii.gz"])
def test_volumes_are_integers_that_are_divided_by_300(root, kind, block_bytes, monkeypatch):
    suffix, _, chunked = kind.partition(",")
    expected = in_volume(root, f".{suffix}", (N_TRIALS, 1, 1, 1) if chunked else None)
    monkeypatch.setattr(nsd_betas, "BLOCK_BYTES", block_bytes)

    _, _, responses = ingest(root, regions=REGIONS)

    for roi, values in expected.items():
        np.testing.assert_allclose(of_region(responses[1], roi), values, rtol=1e-6)


@pytest.mark.parametrize("block_bytes", [1, 300, 1 << 20])
def test_surfaces_of_subjects_are_integers_in_hdf5(root, block_bytes, monkeypatch):
    _, _, expected = ingest(root, regions=REGIONS)
    for path in (root / "nsddata_betas").rglob("nativesurface/*/*.mgh"):
        betas = np.asarray(nibabel.load(path).dataobj)[:, 0, 0, :]
        path.unlink()
        with h5py.File(path.with_suffix(".hdf5"), "w") as file:
            integers = np.round(betas * 300).astype(np.int16)
            file.create_dataset("betas", data=integers.T, chunks=(N_TRIALS, 1))
    monkeypatch.setattr(nsd_betas, "BLOCK_BYTES", block_bytes)

    _, _, responses = ingest(root, regions=REGIONS)

    for subject, ours in responses.items():
        np.testing.assert_allclose(ours.measurements, expected[subject].measurements, atol=0.501 / 300)
        assert list(ours.channel_descriptors["channel"]) == list(
            expected[subject].channel_descriptors["channel"]
        )


def test_fsaverage_takes_the_masks_of_a_subject_from_the_challenge(root):
    moved = root / "nsddata_betas/ppdata/subj01/fsaverage"
    (root / "nsddata_betas/ppdata/subj01/nativesurface").rename(moved)
    shutil.rmtree(root / "nsddata_betas/ppdata/subj02")
    (root / "subj01/roi_masks").mkdir(parents=True)
    for class_name in ("floc-bodies", "floc-faces"):
        for side in ("lh", "rh"):
            np.save(
                root / f"subj01/roi_masks/{side}.{class_name}_fsaverage_space.npy",
                label(root, side, class_name),
            )

    _, _, responses = ingest(root, regions=REGIONS)

    mask = label(root, "lh", "floc-bodies") == 1
    path = moved / "betas_fithrf_GLMdenoise_RR/lh.betas_session01.mgh"
    expected = np.asarray(nibabel.load(path).dataobj)[mask, 0, 0, :].T
    np.testing.assert_array_equal(of_region(responses[1], "EBA")[:N_TRIALS, : mask.sum()], expected)


def test_vertices_without_a_value_in_some_trial_are_left_out_and_that_is_said(root, caplog):
    _, _, whole = ingest(root, regions=REGIONS)
    path = root / BETAS / "lh.betas_session03.mgh"
    values = surface(root, "lh", 3)
    vertices = np.flatnonzero(label(root, "lh", "floc-bodies") == 1)
    values[vertices[2], 5] = np.nan
    values[vertices[4]] = 0
    save_surface(path, values)

    _, _, responses = ingest(root, regions=REGIONS)

    n_channels = (np.asarray(whole[1].channel_descriptors["roi"]) == "EBA").sum()
    assert f"Subject 1: 2 of {n_channels} channels of EBA have no value in some trial" in caplog.text
    np.testing.assert_array_equal(
        of_region(responses[1], "EBA"), np.delete(of_region(whole[1], "EBA"), [2, 4], axis=1)
    )


def write_ncsnr(root):
    """What NSD would give out: the ratios of subject 1's vertices, by hemisphere."""
    made = {}
    for number, side in enumerate(("lh", "rh")):
        made[side] = (
            np.random.default_rng(number).uniform(0, 2, len(surface(root, side, 1))).astype(np.float32)
        )
        save_surface(root / BETAS / f"{side}.ncsnr.mgh", made[side])
    return made


def test_the_ratios_of_nsd_are_taken_where_all_sessions_are_there(root):
    made = write_ncsnr(root)
    made["lh"][:] = np.where(np.arange(len(made["lh"])) % 3, made["lh"], np.nan)
    save_surface(root / BETAS / "lh.ncsnr.mgh", made["lh"])

    _, _, responses = ingest(root, regions=REGIONS, normalise="session")
    _, _, chosen = ingest(root, regions=REGIONS, normalise="session", min_ncsnr=1.0)

    labels = responses[1].channel_descriptors
    expected = np.array(
        [made[side][vertex] for side, vertex in zip(labels["hemisphere"], np.asarray(labels["channel"]))]
    )
    np.testing.assert_array_equal(labels["ncsnr"], np.where(np.isnan(expected), 0, expected))
    assert chosen[1].n_channel == (expected >= 1).sum() > 0


@pytest.mark.parametrize("kind", ["a session is not there", "sessions are not z-scored"])
def test_ratios_are_computed_where_those_of_nsd_are_not_of_these_responses(root, kind):
    normalise = "none" if kind == "sessions are not z-scored" else "session"
    if kind == "a session is not there":
        for side in ("lh", "rh"):
            session_file(root, 6, side).unlink()
    _, _, without = ingest(root, regions=REGIONS, normalise=normalise)
    write_ncsnr(root)

    _, _, responses = ingest(root, regions=REGIONS, normalise=normalise)

    for subject, ours in responses.items():
        np.testing.assert_array_equal(
            ours.channel_descriptors["ncsnr"], without[subject].channel_descriptors["ncsnr"]
        )


def test_ratios_of_a_volume_are_read_too(root):
    in_volume(root, ".hdf5")
    folder = root / "nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf_GLMdenoise_RR"
    ratios = np.arange(60, dtype=np.float32).reshape(4, 5, 3)
    nibabel.save(nibabel.Nifti1Image(ratios, np.eye(4)), folder / "ncsnr.nii.gz")

    _, _, responses = ingest(root, regions=REGIONS, normalise="session")

    labels = responses[1].channel_descriptors
    # The channel is the place in a volume that is laid out flat, so that each ratio is its channel.
    assert list(labels["ncsnr"]) == list(labels["channel"])
