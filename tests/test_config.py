"""Configuration files that cannot be read are told in one sentence."""

import pytest

from tests.projects import kedro, roster
from tyrosine.errors import ParameterError


def test_two_entries_of_one_name_are_told_in_one_sentence(project):
    file = project.root / "conf/base/parameters_models.yml"
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
    (project.root / "conf/base" / file).write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=words) as caught:
        roster(project)
    assert "\n" not in str(caught.value)
