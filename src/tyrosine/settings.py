"""Settings of the Kedro project."""

from typing import Any

from kedro.config import OmegaConfigLoader

from tyrosine.context import TyrosineContext

CONTEXT_CLASS = TyrosineContext
CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS: dict[str, Any] = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment overrides one field of one model, and leaves the others as they are.
    "merge_strategy": {"parameters": "soft"},
}
