"""How fast encoding models are fitted, in how much memory, and how often their answers are right.

    python benchmarks/encoding.py [--quick] [--check]

Speed: 10 000 images, 768 features, 40 000 channels, 10 penalties in 5 inner folds, one penalty for each
channel, beside himalaya's `RidgeCV` with everything in memory and scikit-learn's `RidgeCV` on a few channels,
scaled by their number. Each runs in a process of its own, so that its memory is its own, and on one core.
Answers: how often a model that has nothing to do with the responses is above chance and outside its interval,
and how often the model that generates the responses predicts them best among five. With `--check` the exit
status is 1 if a figure misses its bar.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np
import rsatoolbox
from numpy.typing import NDArray
from report import Figure, add_options, machine, peak_memory, print_figures

from tyrosine.encoding.design import Design, split_images
from tyrosine.encoding.inference import bootstrap_scores, stack_encoded
from tyrosine.encoding.models import Encoded, encode_model
from tyrosine.encoding.ridge import predict_responses
from tyrosine.labelled import Dataset
from tyrosine.parameters import EncodingParameters, InferenceParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import label_rdms
from tyrosine.rsa.reliability import noise_ceiling_snr
from tyrosine.rsa.responses import label_responses
from tyrosine.rsa.stimulus_groups import NO_GROUPS

PENALTIES = np.logspace(-2, 4, 10)
N_INNER_FOLDS, N_TEST, OF_SCIKIT_LEARN = 5, 500, 2
# Of the small studies that show how often answers are right.
N_IMAGES, N_FEATURES, N_CHANNELS, N_SUBJECTS, N_MODELS, N_REPETITIONS = 80, 20, 40, 4, 5, 3
ENCODING = EncodingParameters(penalties=(1, 10, 100, 1000))
INFERENCE = InferenceParameters(n_bootstraps=500)


def make_features(n_images: int, n_features: int, seed: int) -> NDArray[np.float32]:
    """Made-up features."""
    return np.random.default_rng([seed, 0]).standard_normal((n_images, n_features), dtype=np.float32)


def make_responses(features: NDArray[np.float32], n_channels: int) -> NDArray[np.float32]:
    """Responses to as many images, of which a tenth of the variance is a weighted sum of the features."""
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((features.shape[1], n_channels), dtype=np.float32)
    responses = rng.standard_normal((len(features), n_channels), dtype=np.float32)
    responses += features @ (weights * np.float32(np.sqrt(0.1 / features.shape[1])))
    return responses


def spend(n_images: int, n_features: int, n_channels: int, way: str) -> dict[str, float]:
    """Seconds of the clock and of cores, and peak memory, of one way to fit all channels."""
    features = make_features(n_images + N_TEST, n_features, 0)
    responses = make_responses(features[:n_images], n_channels)
    folds = np.arange(n_images) % N_INNER_FOLDS
    clock, cores = time.perf_counter(), time.process_time()
    if way == "ours":
        predict_responses(features[:n_images], features[n_images:], responses, PENALTIES, folds)
    elif way == "himalaya":
        from himalaya.ridge import RidgeCV
        from sklearn.model_selection import PredefinedSplit

        model = RidgeCV(alphas=PENALTIES * n_features, fit_intercept=True, cv=PredefinedSplit(folds))
        model.fit(features[:n_images], responses).predict(features[n_images:])
    else:
        from sklearn.linear_model import RidgeCV as OfScikitLearn
        from sklearn.model_selection import PredefinedSplit

        # With folds it has one penalty for all channels that it is given, so that each is fitted by itself.
        for channel in responses.T:
            model = OfScikitLearn(PENALTIES * n_features, cv=PredefinedSplit(folds))
            model.fit(features[:n_images], channel).predict(features[n_images:])
    return {
        "clock": time.perf_counter() - clock,
        "cores": time.process_time() - cores,
        "memory": peak_memory(),
    }


def in_own_process(way: str, *sizes: int) -> dict[str, float]:
    """What a way takes, in a new process."""
    command = [sys.executable, __file__, "--part", way, *map(str, sizes)]
    one_core = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=one_core)
    return json.loads(ended.stdout.splitlines()[-1])


class Study:
    """A small study of one region, and models of which the first may generate its responses.

    Parameters
    ----------
    seed : int
    signal : float
        How much of the responses the first model tells, as a standard deviation; the rest of their signal has
        nothing to do with any model.
    """

    def __init__(self, seed: int, signal: float) -> None:
        rng = np.random.default_rng(seed)
        self.names = [f"{number:03d}" for number in range(N_IMAGES)]
        common = rng.standard_normal((N_IMAGES, N_FEATURES))
        self.models = [
            (common + rng.standard_normal((N_IMAGES, N_FEATURES))).astype(np.float32) for _ in range(N_MODELS)
        ]
        own = rng.standard_normal((N_IMAGES, N_CHANNELS))
        weights = rng.standard_normal((N_FEATURES, N_CHANNELS)) / np.sqrt(2 * N_FEATURES)
        self.responses = [
            self._respond(own + signal * self.models[0] @ weights, subject, rng)
            for subject in range(1, N_SUBJECTS + 1)
        ]
        seen = dict.fromkeys(range(1, N_SUBJECTS + 1), self.names)
        self.design: Design = split_images(seen, NO_GROUPS, ENCODING, seed)
        rdm = compute_rdm(self.models[0])[None]
        self.rdms = label_rdms(
            rdm, self.names, {"subject": [0], "selectivity": ["-"], "roi": ["-"]}, "correlation"
        )

    def _respond(self, signal: NDArray[np.float64], subject: int, rng: np.random.Generator) -> Dataset:
        shown = np.repeat(np.arange(N_IMAGES), N_REPETITIONS)
        values = signal[shown] + 2.0 * rng.standard_normal((len(shown), N_CHANNELS))
        channels = {
            "selectivity": ["bodies"] * N_CHANNELS,
            "roi": ["EBA"] * N_CHANNELS,
            "hemisphere": ["lh"] * N_CHANNELS,
            "channel": list(range(N_CHANNELS)),
            "ncsnr": noise_ceiling_snr(values, shown),
        }
        return label_responses(values, subject, [self.names[one] for one in shown], channels)

    def encode(self, model: int) -> Encoded:
        """Scores of one of the models."""
        features = rsatoolbox.data.Dataset(
            self.models[model],
            descriptors={"model": f"model {model}"},
            obs_descriptors={"stimulus_id": self.names},
            channel_descriptors={"layer": ["last"] * N_FEATURES},
        )
        loading = {f"{number}": (lambda one=one: one) for number, one in enumerate(self.responses)}
        return encode_model(features, spec(model), loading, self.design, self.rdms, ENCODING)


def spec(model: int) -> ModelSpec:
    """What a made-up model is."""
    return ModelSpec(
        name=f"model {model}",
        label=f"model {model}",
        modality="vision",
        task="none",
        checkpoint="none",
        layer="last",
        pooling="cls",
    )


def measure_nothing(n_runs: int) -> list[Figure]:
    """How often a model that tells nothing is above chance, and how often its interval has zero."""
    found = []
    for seed in range(n_runs):
        study = Study(seed, 0.0)
        scores, _, left_out = stack_encoded(study.design, study.encode(0))
        tests = bootstrap_scores(scores, left_out, {"model 0": spec(0)}, INFERENCE, seed)
        rows = tests[tests["method"] == "encoding"].set_index("over")
        found.append(rows.loc[["stimuli", "both"], ["estimate", "standard_error", "lower", "upper", "p"]])
    values = np.stack([one.to_numpy() for one in found])
    figures = [Figure(f"a model that tells nothing, {n_runs} studies, mean r", values[:, 0, 0].mean())]
    error = values[:, 0, 0].std(ddof=1) / np.sqrt(n_runs)
    figures.append(
        Figure("  from zero, in its standard errors", abs(values[:, 0, 0].mean()) / error, "", 3, "<=")
    )
    for place, over in enumerate(("images", "both")):
        _, errors, lower, upper, p = values[:, place].T
        covered = ((lower <= 0) & (upper >= 0)).mean()
        spread = np.sqrt((errors**2).mean()) / values[:, 0, 0].std(ddof=1)
        figures += [
            Figure(f"  over {over}: 95 % intervals that have zero", 100 * covered, "%", 93),
            Figure(f"  over {over}: p < 0.05", 100 * (p < 0.05).mean(), "%", 6.5, "<="),
            Figure(f"  over {over}: standard error by standard deviation", spread),
        ]
    return figures


def measure_recovery(n_runs: int) -> list[Figure]:
    """How often the model that generates the responses predicts them best."""
    first = 0
    for seed in range(n_runs):
        study = Study(seed, 1.0)
        means = [study.encode(model).scores["r"].mean() for model in range(N_MODELS)]
        first += int(np.argmax(means) == 0)
    return [
        Figure(f"the generating model is first of {N_MODELS}, {n_runs} runs", 100 * first / n_runs, "%", 95)
    ]


def measure_speed(quick: bool) -> list[Figure]:
    """Time and memory of all channels, by three ways."""
    n_images, n_features, n_channels = (2_000, 256, 4_000) if quick else (10_000, 768, 40_000)
    rounds = 2
    taken: dict[str, list[dict[str, float]]] = {"ours": [], "himalaya": []}
    for _ in range(rounds):
        for way, results in taken.items():
            results.append(in_own_process(way, n_images, n_features, n_channels))
    own, other = (min(results, key=lambda one: one["cores"]) for results in taken.values())
    few = in_own_process("scikit-learn", n_images, n_features, OF_SCIKIT_LEARN)
    scaled = few["cores"] * n_channels / OF_SCIKIT_LEARN
    return [
        Figure(f"{n_images} images × {n_features} features × {n_channels} channels", own["clock"], "s"),
        Figure("  seconds of cores", own["cores"], "s"),
        Figure("  peak memory", own["memory"] / 1e9, "GB", None if quick else 6, "<="),
        Figure("  himalaya in memory, seconds of cores", other["cores"], "s"),
        Figure("  himalaya in memory, peak memory", other["memory"] / 1e9, "GB"),
        Figure("  himalaya by ours, seconds of cores", other["cores"] / own["cores"], "times", 0.95),
        Figure(
            "  scikit-learn, seconds of cores", scaled, "s", note=f"scaled from {OF_SCIKIT_LEARN} channels"
        ),
        Figure("  scikit-learn by ours", scaled / own["cores"], "times", 5),
    ]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_options(
        parser, "2 000 images, 256 features, 4 000 channels; 50 studies of nothing, 10 of five models"
    )
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("sizes", nargs="*", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(spend(*options.sizes, options.part)))
        return
    load = f", load {os.getloadavg()[0]:.1f} from other work" if hasattr(os, "getloadavg") else ""
    print(f"{machine()}{load}\n")
    figures = [
        *measure_speed(options.quick),
        *measure_nothing(50 if options.quick else 500),
        *measure_recovery(10 if options.quick else 100),
    ]
    held = print_figures(figures)
    sys.exit(1 if options.check and not held else 0)


if __name__ == "__main__":
    main()
