"""The configuration as Kedro reads it, with one sentence where a file of it cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf
from yaml import YAMLError

from tyrosine.errors import ParameterError

# What Kedro's loader begins with when two files of one environment give the same value.
TWO_FILES = "Duplicate keys found in "


class ConfigLoader(OmegaConfigLoader):
    """Kedro's loader, which says in one sentence what is wrong with a file, and where."""

    def __getitem__(self, key: str) -> dict[str, Any]:
        """The configuration of one kind, such as `parameters`.

        Raises
        ------
        ParameterError
            If a file is no YAML, names one key twice, or two files give the same value.
        """
        try:
            return super().__getitem__(key)
        except YAMLError as error:
            raise ParameterError(self._sentence(key, error)) from error
        except ValueError as error:
            if not str(error).startswith(TWO_FILES):
                raise
            files, _, keys = str(error).splitlines()[0].removeprefix(TWO_FILES).partition(": ")
            raise ParameterError(f"Both {files} give {keys}; keep each in one of them.") from error

    def _sentence(self, key: str, error: YAMLError) -> str:
        # Kedro hands YAML a text without a name, so the file is looked for again.
        for env in (self.base_env, self.env or self.default_run_env):
            for pattern in self.config_patterns[key]:
                for path in sorted(Path(self.conf_source, env).glob(pattern)):
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
