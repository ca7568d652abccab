"""A small study with a model that generates the responses, and one that has nothing to do with them."""

import numpy as np
import rsatoolbox

from tyrosine.parameters import EncodingParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import label_rdms
from tyrosine.rsa.reliability import noise_ceiling_snr
from tyrosine.rsa.responses import label_responses

N_FEATURES = 8
ENCODING = EncodingParameters(n_folds=3, n_inner_folds=3, penalties=(0.1, 10, 1000))


def spec(name, **more):
    return ModelSpec(
        name=name, label=name.upper(), modality="vision", task="classification", checkpoint="x", layer="a",
        pooling="cls", **more,
    )  # fmt: skip


def names_of(n_images):
    return [f"i{number:03d}" for number in range(n_images)]


def features_of(values, name="good", layers=("a",)):
    """Features of one model, layer by layer."""
    n_images = len(values[0])
    return rsatoolbox.data.Dataset(
        np.concatenate(values, axis=1).astype(np.float32),
        descriptors={"model": name},
        obs_descriptors={"stimulus_id": names_of(n_images)},
        channel_descriptors={"layer": np.repeat(layers, [one.shape[1] for one in values]).tolist()},
    )


def respond(signal, seed, subject=1, noise=1.0, n_repetitions=2, seen=None, regions=("EBA", "PPA")):
    """Trials of a subject, with half of the channels in each region."""
    rng = np.random.default_rng([seed, subject])
    n_images, n_channels = signal.shape
    images = np.arange(n_images) if seen is None else np.asarray(seen)
    shown = np.repeat(images, n_repetitions)
    values = 4.0 + signal[shown] + noise * rng.standard_normal((len(shown), n_channels))
    order = rng.permutation(len(shown))
    names = names_of(n_images)
    owner = np.array_split(np.arange(n_channels), len(regions))
    channels = {
        "selectivity": [f"of {roi}" for roi, own in zip(regions, owner) for _ in own],
        "roi": [roi for roi, own in zip(regions, owner) for _ in own],
        "hemisphere": ["lh"] * n_channels,
        "channel": list(range(n_channels)),
    }
    if n_repetitions > 1:
        channels["ncsnr"] = noise_ceiling_snr(values, shown)
    return label_responses(
        values[order],
        subject,
        [names[one] for one in shown[order]],
        channels,
        repetitions=(np.tile(np.arange(n_repetitions), len(images)) + 1)[order].tolist(),
    )


def loading(*responses):
    """The responses of subjects as the catalog hands them on."""
    return {f"subj{one.descriptors['subject']:02d}": lambda one=one: one for one in responses}


def brain_rdms_of(*responses, distance="correlation"):
    """Brain RDMs of subjects who saw the same images, of their mean responses."""
    rdms, labels = [], {"subject": [], "selectivity": [], "roi": []}
    ids = sorted(set(responses[0].obs_descriptors["stimulus_id"]))
    for one in responses:
        owner, rois = np.array(one.obs_descriptors["stimulus_id"]), np.array(one.channel_descriptors["roi"])
        for roi in dict.fromkeys(rois.tolist()):
            values = np.stack([one.measurements[owner == name][:, rois == roi].mean(axis=0) for name in ids])
            rdms.append(compute_rdm(values, distance))
            for key, label in zip(labels, (one.descriptors["subject"], f"of {roi}", roi)):
                labels[key].append(label)
    return label_rdms(np.stack(rdms), ids, labels, distance)


def linear_study(n_images=30, n_channels=12, n_subjects=2, noise=1.0, seed=0, **more):
    """Features, and responses of subjects that are linear in them, but for noise."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n_images, N_FEATURES))
    responses = [
        respond(
            features @ rng.standard_normal((N_FEATURES, n_channels)) / np.sqrt(N_FEATURES),
            seed,
            subject,
            noise,
            **more,
        )
        for subject in range(1, n_subjects + 1)
    ]
    return features, responses
