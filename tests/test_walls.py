"""Walls between the rooms: no import goes upward, and the real studies run without the simulation."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tyrosine"

GROUND = {"errors", "executors", "wording", "labelled", "parameters"}
LABELS = GROUND | {"tables"}
ROOMS = LABELS | {"rsa", "encoding", "models", "studies"}
# What each room may import beside itself; whatever is not listed is the roof, which may import all.
MAY_IMPORT = {
    "errors": set(),
    "executors": set(),
    "wording": set(),
    "labelled": set(),
    "parameters": GROUND,
    "tables": GROUND,
    "rsa": LABELS,
    "encoding": LABELS | {"rsa"},
    "models": LABELS,
    "studies": LABELS,
    "simulation": LABELS | {"models", "studies"},
    "figures": ROOMS,
    "catalog": ROOMS | {"figures"},
    "report": ROOMS | {"figures"},
    "runners": ROOMS | {"figures", "catalog", "report", "pipelines"},
    "pipelines": ROOMS | {"figures", "catalog", "report", "runners"},
}
ROOF = {
    "__init__",
    "__main__",
    "cli",
    "config",
    "context",
    "hooks",
    "lineage",
    "new_study",
    "pipeline_registry",
    "progress",
    "project_folder",
    "settings",
}
KNOW_KEDRO = {"catalog", "pipelines", "runners", *ROOF}
OF_THE_SIMULATION = ("pipelines.simulation", "pipelines.miniature_training")


def module_of(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path):
    """Every module that a file imports, wherever in it the import stands, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is a relative import"
            # `from a import b` may import the module a.b.
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


IMPORTS = [
    (module_of(path), name, f"{path.relative_to(ROOT)}:{line}")
    for path in sorted(SOURCE.rglob("*.py"))
    for name, line in imports_of(path)
]


def test_every_room_has_its_place():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    files = {path.stem for path in SOURCE.glob("*.py")}
    assert rooms | files <= MAY_IMPORT.keys() | ROOF


def test_no_import_goes_upward():
    upward = []
    for module, name, where in IMPORTS:
        room, parts = module.partition(".")[0], name.split(".")
        if parts[0] == "tyrosine" and room in MAY_IMPORT:
            target = parts[1] if len(parts) > 1 else ""
            knows_it = module.startswith(OF_THE_SIMULATION) and target == "simulation"
            if target != room and target not in MAY_IMPORT[room] and not knows_it:
                upward.append(f"{where} imports {name}")
    assert upward == []


def test_only_its_own_pipelines_know_the_simulation():
    strangers = []
    for module, name, where in IMPORTS:
        is_roof = module.partition(".")[0] in ROOF
        room = name.removeprefix("tyrosine.")
        if room.startswith("simulation") and not module.startswith(("simulation", *OF_THE_SIMULATION)):
            strangers.append(f"{where} imports {name}")
        if room.startswith(OF_THE_SIMULATION) and not is_roof and not module.startswith(OF_THE_SIMULATION):
            strangers.append(f"{where} imports {name}")
    assert strangers == []


def test_only_the_rooms_of_pipelines_know_kedro():
    knowing = {module.partition(".")[0] for module, name, _ in IMPORTS if name.startswith("kedro")}
    assert knowing <= KNOW_KEDRO


WITHOUT_SIMULATION = """
import importlib, sys
from pathlib import Path

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[:2] == ["tyrosine", "simulation"]:
            raise ImportError(f"{name} is hidden")

sys.meta_path.insert(0, Hidden())
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

root, source = Path(sys.argv[1]), Path(sys.argv[2])
bootstrap_project(root)
for env in ("images78", "images92", "nsd", "nsd_full"):
    with KedroSession.create(root, env=env) as session:
        session.load_context()
        print(env, *(f"{name}={len(pipelines[name].nodes)}" for name in sorted(pipelines)))
for path in sorted(source.rglob("*.py")):
    module = ".".join(("tyrosine", *path.relative_to(source).with_suffix("").parts)).removesuffix(".__init__")
    known = ("tyrosine.simulation", "tyrosine.pipelines.simulation", "tyrosine.pipelines.miniature_training")
    if not module.startswith(known) and not module.endswith("__main__"):
        importlib.import_module(module)
print("imported", not any(name.startswith("tyrosine.simulation") for name in sys.modules))
"""


def test_the_real_studies_run_without_the_room_of_the_simulation(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("local", "simulated"))
    (tmp_path / "conf" / "local").mkdir()
    (tmp_path / "src").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_SIMULATION, tmp_path, SOURCE], capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stderr
    told = dict(line.split(" ", 1) for line in ended.stdout.splitlines() if line.split(" ")[0].isidentifier())
    assert told["imported"] == "True"
    for env in ("images78", "images92", "nsd", "nsd_full"):
        sizes = {name: int(size) for name, size in (one.split("=") for one in told[env].split())}
        assert {"ingestion", "feature_extraction", "comparison", "reporting"} <= sizes.keys()
        assert "miniature_training" not in sizes
        assert min(sizes.values()) > 0
