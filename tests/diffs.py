"""Reading diffs out of the documentation, so that its examples can be tried as they stand there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def changed_files(page, section):
    """Content of every file that the first diff of a section changes, after the change, by its path."""
    text = (ROOT / page).read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    diff = re.search(r"```diff\n(.*?)```", text, re.DOTALL).group(1)
    changed = {}
    for part in re.split(r"^--- .*\n", diff, flags=re.MULTILINE)[1:]:
        header, *hunks = re.split(r"^@@ .* @@.*\n", part, flags=re.MULTILINE)
        path = header.removeprefix("+++ b/").strip()
        content = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).is_file() else ""
        for hunk in hunks:
            lines = hunk.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if line[0] in " -")
            after = "".join(line[1:] for line in lines if line[0] in " +")
            if before:
                assert content.count(before) == 1, f"{path} is not what the diff of {page} expects"
            content = content.replace(before, after) if before else after
        changed[path] = content
    return changed
