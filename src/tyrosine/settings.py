"""Settings of the Kedro project."""

import os
import warnings
from typing import Any

from tyrosine.config import ConfigLoader
from tyrosine.context import TyrosineContext
from tyrosine.hooks import ResultCheck, RosterCheck
from tyrosine.progress import PROGRESS

# Kedro itself calls what OmegaConf has deprecated; a user can do nothing about it.
warnings.filterwarnings("ignore", message=r"\s*register_new_resolver\(\) is deprecated")
# The dots in `vit.features` are meant as namespaces, as Kedro reads them.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.' characters")

# A process that is forked after PyTorch has used its threads waits for them for ever.
os.environ.setdefault("KEDRO_MP_CONTEXT", "spawn")

CONTEXT_CLASS = TyrosineContext
# The last to be called is the first of them.
HOOKS = (PROGRESS, RosterCheck(), ResultCheck())
CONFIG_LOADER_CLASS = ConfigLoader
CONFIG_LOADER_ARGS: dict[str, Any] = {
    "base_env": "base",
    "default_run_env": "simulated",
    "config_patterns": {"globals": ["globals*"]},
    # A folder of conf/ overrides one field of one model, and leaves the others as they are.
    "merge_strategy": {"parameters": "soft"},
}
