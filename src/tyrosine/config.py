"""The configuration as Kedro reads it: which folders of `conf/` count, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import OmegaConf
from yaml import YAMLError

from tyrosine.errors import ParameterError

# What Kedro's loader begins with when two files of one environment give the same value.
TWO_FILES = "Duplicate keys found in "
LOCAL = "local"
"""The folder of a user's own values, which every study reads last."""
INCLUDES = "includes"
"""The key of an environment's `globals.yml` that names folders to read before the environment's own."""


class ConfigLoader(OmegaConfigLoader):
    """Kedro's loader, which reads two kinds of folders besides the base and the environment.

    What is read later counts: `conf/base`, the folders that the environment's globals name under `includes`,
    the environment, `conf/local`, and `--params` above all.
    """

    def __getitem__(self, key: str) -> dict[str, Any]:
        """The configuration of one kind, such as `parameters`.

        Raises
        ------
        ParameterError
            If there is no such environment, a file is no YAML or names one key twice, or two files of a
            folder give the same value.
        MissingConfigException
            If no folder has a file of that kind.
        """
        if key in self or key not in self.config_patterns:
            return super().__getitem__(key)
        self._register_runtime_params_resolver()
        try:
            return self._read(key)
        except YAMLError as error:
            raise ParameterError(self._sentence(key, error)) from error
        except ValueError as error:
            if not str(error).startswith(TWO_FILES):
                raise
            files, _, keys = str(error).splitlines()[0].removeprefix(TWO_FILES).partition(": ")
            raise ParameterError(f"Both {files} give {keys}; keep each in one of them.") from error

    def folders(self, key: str) -> list[Path]:
        """Folders of `conf/` that are read, in this order.

        Raises
        ------
        ParameterError
            If there is no folder for the environment, or for one that it includes.
        """
        conf = Path(self.conf_source)
        env = str(self.env or self.default_run_env)
        # Which folders are included is not known before the globals are read, which include none.
        included = [] if key == "globals" else self._globals.get(INCLUDES, [])
        for name in (*included, env):
            if not (conf / name).is_dir():
                known = sorted(path.name for path in conf.iterdir() if path.is_dir())
                raise ParameterError(f"{conf} has no folder {name}; it has {', '.join(known)}.")
        names = [self.base_env, *included, env, LOCAL]
        return [conf / name for name in dict.fromkeys(names) if (conf / name).is_dir()]

    def _read(self, key: str) -> dict[str, Any]:
        configuration: dict[str, Any] = {}
        files: set[Path] = set()
        if key == "parameters":
            # Kedro puts `--params` into each folder, and a model named there would come before all others.
            parts = [
                part
                for folder in self.folders(key)
                for part in self._read_dir_configs(
                    str(folder), self.config_patterns[key], key, files, False
                ).values()
            ]
            merged = OmegaConf.unsafe_merge({}, *parts, self.runtime_params)
            return OmegaConf.to_container(merged, resolve=True)  # type: ignore[return-value]
        for folder in self.folders(key):
            part = self.load_and_merge_dir_config(
                str(folder), self.config_patterns[key], key, files, key == "credentials"
            )
            configuration = self._merge_configs(configuration, part, key, str(folder))
        if not files and key != "globals":
            raise MissingConfigException(
                f"No file in {self.conf_source} matches {', '.join(self.config_patterns[key])}."
            )
        return configuration

    def _sentence(self, key: str, error: YAMLError) -> str:
        # Kedro hands YAML a text without a name, so the file is looked for again.
        for folder in self.folders(key):
            for pattern in self.config_patterns[key]:
                for path in sorted(folder.glob(pattern)):
                    sentence = _what_is_wrong(path) if path.is_file() else None
                    if sentence:
                        return sentence
        return f"A file of the {key} in {self.conf_source} cannot be read: {' '.join(str(error).split())}."


def _what_is_wrong(path: Path) -> str | None:
    try:
        OmegaConf.load(path)
    except YAMLError as error:
        problem = str(getattr(error, "problem", None) or error).strip()
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        twice = problem.removeprefix("found duplicate key ")
        if twice != problem:
            return f"{where}: {twice} is there a second time; give each entry a name of its own."
        return f"{where}: {problem}; expected YAML."
    return None
