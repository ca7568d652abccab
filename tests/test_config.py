"""Which folders of `conf/` are read, in which order, and what is said of files that cannot be read."""

import pytest
from kedro.config import MissingConfigException

from tests.projects import kedro, roster
from tyrosine.config import ConfigLoader
from tyrosine.errors import ParameterError
from tyrosine.settings import CONFIG_LOADER_ARGS

FILES = {
    "base/parameters.yml": "a: {base: 1, shared: 1, study: 1, local: 1, run: 1}",
    "shared/parameters_more.yml": "a: {shared: 2, study: 2, local: 2, run: 2}",
    "real/globals.yml": "includes: [shared]\nname: real",
    "real/parameters.yml": "a: {study: 3, local: 3, run: 3}\nname: ${globals:name}",
    "plain/parameters.yml": "a: {study: 4}",
    "local/parameters_mine.yml": "a: {local: 5, run: 5}",
    "simulated/parameters.yml": "a: {study: 6}",
}


@pytest.fixture
def load(tmp_path):
    def load(env=None, **params):
        for name, text in FILES.items():
            path = tmp_path / "conf" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return ConfigLoader(tmp_path / "conf", env=env, runtime_params=params, **CONFIG_LOADER_ARGS)

    return load


def test_what_is_read_later_counts(load):
    loader = load("real", a={"run": 6})

    assert loader["parameters"] == {
        "a": {"base": 1, "shared": 2, "study": 3, "local": 5, "run": 6},
        "name": "real",
    }
    assert [folder.name for folder in loader.folders("parameters")] == ["base", "shared", "real", "local"]


def test_a_run_changes_no_order(load):
    loader = load("real", a={"new": 1, "local": 6})

    assert list(loader["parameters"]["a"]) == ["base", "shared", "study", "local", "run", "new"]


def test_a_study_reads_no_other_study(load):
    assert load("plain")["parameters"] == {"a": {"base": 1, "shared": 1, "study": 4, "local": 5, "run": 5}}


def test_the_simulated_study_is_the_default(load):
    assert load()["parameters"]["a"]["study"] == 6


def test_credentials_may_be_local_alone(load, tmp_path):
    loader = load("real")
    with pytest.raises(MissingConfigException, match="No file in .* matches credentials"):
        loader["credentials"]

    (tmp_path / "conf/local/credentials.yml").write_text("hub: {token: secret}", encoding="utf-8")

    assert loader["credentials"] == {"hub": {"token": "secret"}}


def test_a_value_that_was_set_is_not_read_again(load):
    loader = load("real")
    loader["parameters"] = {"mine": 1}

    assert loader["parameters"] == {"mine": 1}


def test_a_study_that_is_not_there_is_one_sentence(load):
    with pytest.raises(ParameterError, match="conf has no folder rael; it has base, local, plain, real"):
        load("rael")


def test_two_entries_of_one_name_are_told_in_one_sentence(project):
    file = project.root / "conf/simulated/parameters_models.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n  vit:\n    label: Another\n", encoding="utf-8")

    ended = kedro(project, "run")

    line = len(text.splitlines()) + 2
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr + ended.stdout
    assert ended.stderr.strip().splitlines()[-1] == (
        f"Error: {file}, line {line}: vit is there a second time; give each entry a name of its own."
    )


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        (
            "parameters_mine.yml",
            "models:\n  vit:\n    label: Mine\n",
            "Both .* give models.vit.label; keep each",
        ),
        ("parameters_mine.yml", "models: [vit\n", r"parameters_mine.yml, line \d: .*; expected YAML"),
        (
            "globals_mine.yml",
            "study: a\nstudy: b\n",
            "globals_mine.yml, line 2: study is there a second time",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(project, file, text, words):
    (project.root / "conf/simulated" / file).write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=words) as caught:
        roster(project)
    assert "\n" not in str(caught.value)
