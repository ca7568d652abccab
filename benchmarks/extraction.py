"""How fast features are extracted, against one stimulus at a time and against plain batches.

    python benchmarks/extraction.py [--quick] [--check]

ViT-L/16, CLIP ViT-L/14 and BERT-base with random weights see JPEG files and read captions in three ways,
which take turns in one process: (a) as Net2Brain does it, one stimulus at a time, image and caption through
the whole CLIP model, captions padded to 77 tokens; (b) a plain loop over batches of 32 with transformers; and
`extract_features` with the batch size `auto`. Decoding and preprocessing count for all three, loading the
weights for none. Figures are medians over rounds, ratios those of one round. With a GPU, CLIP vision is also
timed in bfloat16 over batch sizes. With `--check` the exit status is 1 if a figure misses its bar.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import pandas as pd
import torch
import transformers
from PIL import Image
from report import Figure, add_options, machine, matmul_peak, print_figures
from torch.utils.flop_counter import FlopCounterMode
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from tyrosine.models import ModelSpec, extract_features
from tyrosine.models.backends import transformers as backend
from tyrosine.models.backends.towers import Tower, choose_precision
from tyrosine.models.batching import Batch
from tyrosine.models.reading import LayerReader
from tyrosine.simulation.miniatures import write_miniatures
from tyrosine.simulation.scenes import sample_scenes

CAPTIONS_OVER_A, VISION_OVER_A, VISION_OVER_A_IN_BFLOAT16, OVER_B, GPU_SHARE = 40.0, 1.25, 3.0, 0.95, 0.5
PLAIN_BATCH = 32
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
GPU_BATCHES = (32, 64, 128, 256, 512)


def write_stimuli(root: Path, n_images: int, n_captions: int) -> pd.DataFrame:
    """Write photograph-like JPEG files of 640 by 480 pixels; give them and scenes' captions as stimuli."""
    rng = np.random.default_rng(0)
    scenes = sample_scenes(n_captions, seed=1)
    # No two the same: each would be computed once.
    captions = list(dict.fromkeys(text for scene in scenes for text in scene.captions))
    rows = []
    for number in range(max(n_images, n_captions)):
        file = root / f"{number % n_images:05}.jpg"
        if not file.exists():
            blobs = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize((640, 480))
            grain = rng.integers(-20, 21, (480, 640, 3))
            pixels = np.clip(np.asarray(blobs) + grain, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(file, quality=90)
        text = captions[number % len(captions)]
        rows.append((f"{number:05}", file.name, hashlib.sha256(file.read_bytes()).hexdigest(), [text]))
    return pd.DataFrame(rows, columns=["stimulus_id", "image", "image_sha256", "captions"])


def write_checkpoints(folder: Path, quick: bool) -> dict[str, ModelSpec]:
    """Write the three networks with random weights as Hugging Face folders."""
    write_miniatures(folder / "miniatures", 0, [t for s in sample_scenes(600, seed=1) for t in s.captions])
    tokenizers = {
        name: transformers.AutoTokenizer.from_pretrained(folder / "miniatures" / name)
        for name in ("bert", "clip")
    }
    deep, shallow = (2, 1) if quick else (24, 12)
    large = {
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_attention_heads": 16,
        "num_hidden_layers": deep,
    }
    clip = transformers.CLIPConfig(
        projection_dim=768,
        vision_config={**large, "patch_size": 14},
        text_config={
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_attention_heads": 12,
            "num_hidden_layers": shallow,
            "bos_token_id": tokenizers["clip"].bos_token_id,
            "eos_token_id": tokenizers["clip"].eos_token_id,
            "pad_token_id": tokenizers["clip"].pad_token_id,
        },
    )
    parts = {
        "vit": [transformers.ViTModel(transformers.ViTConfig(**large)), ViTImageProcessorPil()],
        "clip": [transformers.CLIPModel(clip), tokenizers["clip"], CLIPImageProcessorPil()],
        "bert": [
            transformers.BertModel(transformers.BertConfig(num_hidden_layers=shallow)),
            tokenizers["bert"],
        ],
    }
    for name, saved in parts.items():
        for part in saved:
            part.save_pretrained(folder / name)
    specs = {
        "CLIP vision": ("vision", "clip", f"encoder.layers.{deep - 1}", "cls"),
        "CLIP language": ("language", "clip", f"encoder.layers.{shallow - 1}", "eos"),
        "ViT": ("vision", "vit", f"layers.{deep - 1}", "cls"),
        "BERT": ("language", "bert", f"encoder.layer.{shallow - 1}", "cls"),
    }
    return {
        label: ModelSpec(
            label=label,
            task="any",
            modality=modality,
            checkpoint=str(folder / name),
            layer=layer,
            pooling=pooling,
        )
        for label, (modality, name, layer, pooling) in specs.items()
    }


class Ways:
    """The three ways to show stimuli to one model, each a function of the number of stimuli."""

    def __init__(self, spec: ModelSpec, stimuli: pd.DataFrame, root: Path, precision: str) -> None:
        self.spec = spec.model_copy(update={"precision": precision})
        self._stimuli, self._root = stimuli, root
        self.tower: Tower = backend.load_tower(self.spec)
        self._dtype = getattr(torch, precision)
        # As transformers has it; the tower's activation function may be the project's own.
        self._plain = type(self.tower.network).from_pretrained(spec.checkpoint, dtype=self._dtype)
        self._plain = self._plain.eval().to(DEVICE)
        self._whole: Any = None
        if Path(spec.checkpoint).name == "clip":
            self._whole = transformers.CLIPModel.from_pretrained(spec.checkpoint, dtype=self._dtype)
            self._whole = self._whole.eval().to(DEVICE)
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(spec.checkpoint)
            self._images = transformers.AutoImageProcessor.from_pretrained(spec.checkpoint, backend="pil")

    def one_at_a_time(self, n: int) -> None:
        """One stimulus at a time; both towers if there are two."""
        for row in self._stimuli.iloc[:n].itertuples():
            if self._whole is not None:
                text = self._tokenizer(row.captions, padding="max_length", return_tensors="pt").to(DEVICE)
                self._forward(self._whole, pixel_values=self._pixels(self._images, [row.image]), **text)
            else:
                self._show([row])

    def plain_batches(self, n: int) -> None:
        """Batches of 32 in the given order."""
        rows = list(self._stimuli.iloc[:n].itertuples())
        for at in range(0, n, PLAIN_BATCH):
            self._show(rows[at : at + PLAIN_BATCH])

    def extracted(self, n: int) -> None:
        """`extract_features`, with the weights loaded beforehand."""
        backend.load_tower = lambda spec: self.tower
        extract_features(self.spec, self._stimuli.iloc[:n], self._root)

    def flop(self) -> int:
        """Floating-point operations of one image through the tower."""
        with FlopCounterMode(display=False) as counter:
            self._show(list(self._stimuli.iloc[:1].itertuples()))
        return counter.get_total_flops()

    def _show(self, rows: list[Any]) -> None:
        if self.spec.modality == "vision":
            pixels = self._pixels(self.tower.processor, [row.image for row in rows])
            self._forward(self._plain, pixel_values=pixels)
        else:
            texts = [row.captions[0] for row in rows]
            tokens = self.tower.processor(texts, padding=True, return_tensors="pt").to(DEVICE)
            self._forward(self._plain, **tokens)

    def _pixels(self, processor: Any, names: list[str]) -> torch.Tensor:
        images = [Image.open(self._root / name).convert("RGB") for name in names]
        pixels = processor(images=images, return_tensors="pt")["pixel_values"]
        return pixels.to(DEVICE, self._dtype)

    def _forward(self, network: torch.nn.Module, **inputs: torch.Tensor) -> None:
        with torch.inference_mode():
            network(**inputs)
        if DEVICE == "cuda":
            torch.cuda.synchronize()


def take_turns(ways: list[tuple[Callable[[int], None], int]], rounds: int) -> np.ndarray:
    """Stimuli a second in every round, in which the ways take turns, of shape (n_rounds, n_ways)."""
    for way, n in ways:
        way(min(n, 2))
    rates = np.zeros((rounds, len(ways)))
    for row in rates:
        for number, (way, n) in enumerate(ways):
            start = time.perf_counter()
            way(n)
            row[number] = n / (time.perf_counter() - start)
    return rates


def compare(spec: ModelSpec, stimuli: pd.DataFrame, root: Path, quick: bool) -> tuple[Ways, np.ndarray]:
    """Stimuli a second in the three ways, for one model in float32, in every round."""
    ways = Ways(spec, stimuli, root, "float32")
    numbers: tuple[int, ...]
    if spec.modality == "vision":
        numbers = (4, 32, 24) if quick else (8, 32, 36)
    elif spec.label == "BERT":
        numbers = (16, 128, 256) if quick else (32, 256, 512)
    else:
        numbers = (4, 128, 256) if quick else (4, 256, 512)
    if DEVICE == "cuda":
        numbers = tuple(min(16 * n, len(stimuli)) for n in numbers)
    three = (ways.one_at_a_time, ways.plain_batches, ways.extracted)
    return ways, take_turns(list(zip(three, numbers, strict=True)), 2 if quick else 4)


def measure(folder: Path, quick: bool) -> list[Figure]:
    """All figures of the processor or GPU, with their bars."""
    stimuli = write_stimuli(folder, 64 if DEVICE == "cpu" else 1024, 512)
    specs = write_checkpoints(folder, quick)
    figures: list[Figure] = []
    peak = matmul_peak("float32", DEVICE)
    for label, spec in specs.items():
        ways, rates = compare(spec, stimuli, folder, quick)
        a, b, own = np.median(rates, axis=0)
        # Within a round, so that a machine that others slow down for a while slows all ways.
        over_a, over_b = np.median(rates[:, 2:] / rates[:, :2], axis=0)
        # Before and after: other work on the machine takes from both.
        peak = max(peak, matmul_peak("float32", DEVICE))
        unit = "images/s" if spec.modality == "vision" else "captions/s"
        bars = {"CLIP language": CAPTIONS_OVER_A, "CLIP vision": VISION_OVER_A} if DEVICE == "cpu" else {}
        figures += [
            Figure(f"{label}: (a) one at a time", a, unit),
            Figure(f"{label}: (b) batches of {PLAIN_BATCH}", b, unit),
            Figure(f"{label}: extract_features", own, unit),
            Figure(f"{label}: over (a)", over_a, "x", bars.get(label)),
            Figure(f"{label}: over (b)", over_b, "x", OVER_B),
        ]
        if spec.modality == "vision":
            share = own * ways.flop() / peak
            figures.append(Figure(f"{label}: share of the peak", 100 * share, "%"))
        if label == "CLIP vision":
            whole = a
    figures.append(Figure("matrix products in float32", peak / 1e9, "GFLOP/s"))
    return figures + in_bfloat16(specs["CLIP vision"], stimuli, folder, whole, quick)


def in_bfloat16(
    spec: ModelSpec, stimuli: pd.DataFrame, root: Path, whole: float, quick: bool
) -> list[Figure]:
    """CLIP vision in bfloat16 over (a) in float32, and on a GPU its share of the peak."""
    auto = spec.model_copy(update={"precision": "auto"})
    native = choose_precision(auto, torch.device(DEVICE)) == "bfloat16"
    ways = Ways(spec, stimuli, root, "bfloat16")
    n = len(stimuli) if DEVICE == "cuda" else 33 if native else 2
    own = np.median(take_turns([(ways.extracted, n)], 3 if native else 1))
    note = "" if native else "bfloat16 is not native here"
    bar = VISION_OVER_A_IN_BFLOAT16 if native and DEVICE == "cpu" else None
    figures = [
        Figure("CLIP vision in bfloat16: extract_features", own, "images/s", note=note),
        Figure("CLIP vision in bfloat16: over (a) in float32", own / whole, "x", bar, note=note),
    ]
    if DEVICE == "cpu":
        return figures
    peak = matmul_peak("bfloat16", DEVICE)
    shares = {size: images_a_second(ways, size) * ways.flop() / peak for size in GPU_BATCHES}
    best = max(shares, key=shares.__getitem__)
    return [
        *figures,
        Figure("matrix products in bfloat16", peak / 1e12, "TFLOP/s"),
        Figure(
            f"CLIP vision: share of the peak, batches of {best}", 100 * shares[best], "%", 100 * GPU_SHARE
        ),
    ]


def images_a_second(ways: Ways, size: int) -> float:
    """Images a second of the network alone, pixels being on the GPU."""
    pixels = torch.zeros(size, 3, 224, 224, device=DEVICE, dtype=torch.bfloat16)
    batch = Batch(list(range(size)), {"pixel_values": pixels}, None)
    with LayerReader(ways.spec, ways.tower) as read:
        rates = take_turns([(lambda n: [read(batch) for _ in range(n)], 10)], 2)
    return float(rates.max()) * size


def main() -> int:
    """Print the figures beside their bars; the exit status says whether they hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, "image towers of 2 blocks, language towers of 1, fewer stimuli")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(f"{machine()}{', networks of fewer blocks' if options.quick else ''}")
    with tempfile.TemporaryDirectory(prefix="extraction-") as scratch:
        figures = measure(Path(scratch), options.quick)
    return int(not print_figures(figures) and options.check)


if __name__ == "__main__":
    sys.exit(main())
