"""The diffs of docs/extending.md apply to the project as they stand there."""

import re
import subprocess

import pytest

from tests.projects import PROJECT

PAGE = (PROJECT / "docs/extending.md").read_text(encoding="utf-8")
SECTIONS = [part.split("\n", 1) for part in PAGE.split("\n## ")[1:]]
DIFFS = {
    title: re.search(r"```diff\n(.*?)```", text, re.DOTALL).group(1)
    for title, text in SECTIONS
    if "```diff" in text
}


@pytest.mark.parametrize("title", DIFFS)
def test_a_diff_of_the_documentation_applies(title):
    checked = subprocess.run(
        ["git", "apply", "--check", "--verbose", "-"],
        cwd=PROJECT,
        input=DIFFS[title],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


def test_every_way_to_extend_has_a_diff():
    assert len(DIFFS) == 5
