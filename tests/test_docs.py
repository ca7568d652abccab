"""README and the pages of docs: what they link to, name and promise is there."""

import re
from pathlib import Path

import pytest

from tyrosine import pipeline_registry
from tyrosine.tables import columns

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
GIVEN = re.compile(r'--params (?:"([^"]+)"|([^\s`]+))')
TABLES = (
    "stimuli", "stimuli_metadata", "presentations", "region_coverage", "rdm_agreement", "clusters",
    "cluster_summary", "cluster_sizes", "ceiling_shares", "central_stimuli", "cluster_categories",
    "similarities", "answer_survival",
    "encoding_scores", "encoding_channels", "encoding_tests", "encoding_contrasts",
    "encoding_variance_partition", "evidence_compared", "model_ranks",
    "noise_ceilings", "second_order_rdm", "model_tests", "bootstrap_similarities", "contrasts",
    "variance_partition", "partial_similarities", "reweighted_similarities", "miniature_metrics",
)  # fmt: skip


def anchors(page):
    """The anchors that GitHub gives the headings of a page."""
    headings = HEADING.findall(CODE_BLOCK.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_relative_links_lead_to_files_and_headings(name):
    page = ROOT / name
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{name} links to {link}, which does not exist"
        assert not heading or heading in anchors(target), f"{name} links to {link}, and has no such heading"


def parameter_patterns():
    """The names of the page on parameters, which a test of its own holds against the declaration."""
    rows = re.findall(
        r"^\| `([^`]+)` \|", (ROOT / "docs/parameters.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return [re.sub("<name>", "[^.]+", row.replace(".", r"\.")) for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_of_a_command_is_declared(name):
    known = parameter_patterns()
    for quoted, plain in GIVEN.findall((ROOT / name).read_text(encoding="utf-8")):
        for part in (quoted or plain).split(","):
            given = part.partition("=")[0]
            assert any(re.fullmatch(one, given) for one in known), f"{name} names {given}"


@pytest.mark.parametrize("name", NAMES)
def test_every_pipeline_of_a_command_is_registered(name, monkeypatch):
    composition = pipeline_registry.Composition({"vit": ("modality", "task")}, (), simulated=True)
    monkeypatch.setattr(pipeline_registry, "_composition", composition)
    known = pipeline_registry.register_pipelines()
    for pipeline in re.findall(r"kedro run --pipelines (\w+)", (ROOT / name).read_text(encoding="utf-8")):
        assert pipeline in known, f"{name} names the pipeline {pipeline}"


@pytest.mark.parametrize("table", TABLES)
def test_the_page_on_the_catalog_names_every_column_of_a_table(table):
    page = (ROOT / "docs/catalog.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{table}` |")]
    named = set(re.findall(r"`([^`]+)`", row))
    # The eight orders of presentation are named by the first and the last.
    wanted = set(getattr(columns, table.upper())) - set(columns.ORDERS[1:-1])
    assert wanted <= named, f"docs/catalog.md leaves out {sorted(wanted - named)} of {table}"
