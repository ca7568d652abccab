"""The back ends that a model can be loaded with, and what an entry of the roster may ask of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Pooling = Literal["cls", "eos", "last", "mean", "flatten", "none"]
Precision = Literal["float32", "bfloat16", "float16", "auto"]
POOLINGS: tuple[str, ...] = get_args(Pooling)
PRECISIONS: tuple[str, ...] = get_args(Precision)


@dataclass(frozen=True)
class BackendEntry:
    """Where the code of a back end is, and which options of `ModelSpec` suit it.

    Attributes
    ----------
    code : str
        ``package.module:Class`` of a `tyrosine.models.backends.Backend`, which is imported when a model is
        first loaded with this back end.
    factory : bool
        Whether an entry names a function of the user's own in ``factory``; it has to, or must not.
    revisions : bool
        Whether checkpoints have revisions that an entry can choose from.
    pickles : bool
        Whether an entry decides, in ``allow_pickle_weights``, if weights may come from a pickle.
    folders : bool
        Whether ``checkpoint`` can be a folder or a file; a relative one then starts at the project's root.
    random_weights : bool
        Whether ``weights_seed`` can ask for random weights in place of the checkpoint's.
    precisions : tuple of str
        What ``precision`` may be, the default `float32` among them.
    compiles : bool
        Whether ``compile`` may be true.
    poolings : tuple of str
        What ``pooling`` may be; the modality restricts it further.
    checkpoint_form : str
        Regular expression that the whole of ``checkpoint`` must match.
    checkpoint_example : str
        The form in words, with an example, for the message that refuses another.
    """

    code: str
    factory: bool = False
    revisions: bool = False
    pickles: bool = False
    folders: bool = False
    random_weights: bool = False
    precisions: tuple[str, ...] = ("float32",)
    compiles: bool = False
    poolings: tuple[str, ...] = POOLINGS
    checkpoint_form: str = r".+"
    checkpoint_example: str = ""

    def refuse(self, name: str, asked: dict[str, object]) -> None:
        """Refuse what an entry of the roster asks for and this back end does not have.

        Parameters
        ----------
        name : str
            Key of this entry in `BACKENDS`.
        asked : dict
            The fields of the model's specification by their names.

        Raises
        ------
        ValueError
            With a sentence that names the option and says what to do; Pydantic makes its own error of it.
        """
        checkpoint, precision = (str(asked[key]) for key in ("checkpoint", "precision"))
        given = asked["pooling"]
        poolings = given if isinstance(given, tuple) else (given,)
        if self.factory and asked["factory"] is None:
            raise ValueError(f"the backend {name} needs factory: package.module:function")
        if not self.factory and asked["factory"] is not None:
            owners = [other for other, entry in BACKENDS.items() if entry.factory]
            raise ValueError(
                f"factory is of the backend {' or '.join(owners)}, not {name}; "
                f"set backend to {' or '.join(owners)}, or take it out"
            )
        if not self.revisions and asked["revision"] is not None:
            raise ValueError(f"the backend {name} has no revisions; take revision out")
        if not self.pickles and asked["allow_pickle_weights"]:
            raise ValueError(
                f"how weights are read is up to the backend {name}; take allow_pickle_weights out"
            )
        stray = next((pooling for pooling in poolings if pooling not in self.poolings), None)
        if stray is not None:
            raise ValueError(
                f"pooling '{stray}' is not known to the backend {name}, which takes "
                f"{', '.join(self.poolings)}"
            )
        if not re.fullmatch(self.checkpoint_form, checkpoint):
            raise ValueError(
                f"checkpoint '{checkpoint}' does not name a model of the backend {name}, "
                f"which takes {self.checkpoint_example or self.checkpoint_form}"
            )
        if precision not in self.precisions:
            raise ValueError(
                f"the backend {name} computes in {' or '.join(self.precisions)}; take precision out"
            )
        if asked["weights_seed"] is not None and not self.random_weights:
            raise ValueError(f"the backend {name} draws no random weights; take weights_seed out")
        if asked["compile"] and not self.compiles:
            raise ValueError(f"the backend {name} compiles nothing; take compile out")


BACKENDS: dict[str, BackendEntry] = {
    "transformers": BackendEntry(
        code="tyrosine.models.backends.transformers:Transformers",
        revisions=True,
        pickles=True,
        folders=True,
        random_weights=True,
        precisions=PRECISIONS,
        compiles=True,
    ),
    "torch": BackendEntry(
        code="tyrosine.models.backends.torch:Torch",
        factory=True,
        precisions=PRECISIONS,
        compiles=True,
        # What its captions end with is known to the factory's preprocessing only.
        poolings=tuple(pooling for pooling in POOLINGS if pooling != "eos"),
    ),
    "features": BackendEntry(
        code="tyrosine.models.backends.features:StimulusFeatures", factory=True, poolings=("none",)
    ),
    "net2brain": BackendEntry(
        code="tyrosine.models.backends.net2brain:Net2Brain",
        checkpoint_form=r"[^/]+/.+",
        checkpoint_example="<netset>/<model>, such as Timm/resnet50",
    ),
}
