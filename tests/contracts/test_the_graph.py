"""dvc.yaml and the code say the same: the order, the paths, the parameters, and the code that an output depends on."""

import importlib
import inspect
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import grimp
import pytest
import yaml
from workspaces import REPOSITORY

from flywheel.new import IGNORED
from pipelines.models import FAMILIES
from pipelines.parameters import INJECTED, SHARED, STAGES, keywords
from pipelines.versions import add, initialise, quiet, repository

GRAPH: dict[str, dict[str, Any]] = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text("utf-8"))["stages"]
SEALED = ("data/raw", "data/validated")

# Modules that a stage may import without naming them in dvc.yaml, because they change no byte of its output. The
# search for dependencies ends at them.
EDGE = {
    "pipelines.errors": "what is said when there is no output",
    "pipelines.stage": "the edge: it passes paths and parameters on",
    "pipelines.parameters": "refuses parameters or passes them on; their values are in the cache key themselves",
    "pipelines.environment": "the machine, which may not change the model",
    "pipelines.versions": "drives DVC: which version the data are, not what is in them",
    "pipelines.workspace": "where things stand, and who holds them",
    "pipelines.ledger": "bookkeeping: that sealed rows were opened",
    "pipelines.access": "bookkeeping: who opened them, and why",
    "pipelines.master": "where the master key stands: whether rows open, not what is in them",
    "pipelines.registry": "bookkeeping: curves and runs in MLflow",
    "pipelines.progress": "a bar on the terminal",
    "pipelines.live": "who watches a training: it changes no weight",
}


def stage(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(importlib.import_module(f"pipelines.{name}"), name)
    return found


def data_of(name: str) -> tuple[list[str], list[str]]:
    """The data that a stage reads, and those that it writes."""
    reads = [path for path in GRAPH[name]["deps"] if not path.startswith("pipelines/")]
    return reads, GRAPH[name]["outs"]


@cache
def imports() -> grimp.ImportGraph:
    """Who imports whom, imports within functions included; those for type checkers alone change nothing."""
    return grimp.build_graph("pipelines", exclude_type_checking_imports=True)


def code_of(module: str) -> set[str]:
    """The modules whose code can change what `module` writes."""
    found, waiting = {module}, [module]
    while waiting:
        module = waiting.pop()
        # A family's module is imported by its name, when it is trained.
        families = {f"pipelines.models.{family}" for family in FAMILIES} if module == "pipelines.models" else set()
        for needed in imports().find_modules_directly_imported_by(module) | families:
            # A module brings its package: importing `privacy.text` runs `privacy/__init__.py`.
            for each in (needed, needed.rpartition(".")[0]):
                if each not in found and each not in EDGE and each != "pipelines":
                    found.add(each)
                    waiting.append(each)
    return found


def file_of(module: str) -> str:
    path = module.replace(".", "/")
    return f"{path}/__init__.py" if (REPOSITORY / path).is_dir() else f"{path}.py"


@pytest.mark.parametrize("name", GRAPH)
def test_the_command_of_a_stage_is_its_module_and_its_paths(name: str) -> None:
    reads, writes = data_of(name)
    assert GRAPH[name]["cmd"] == f"python -m pipelines.{name} {' '.join([*reads, *writes])}"


@pytest.mark.parametrize("name", GRAPH)
def test_the_positional_parameters_of_a_stage_are_its_paths(name: str) -> None:
    function, (reads, writes) = stage(name), data_of(name)
    hints = get_type_hints(function)
    positional = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert len(positional) == len(reads) + len(writes)
    assert all(hints[parameter] is Path for parameter in positional)
    for parameter, path in zip(positional[: len(reads)], reads, strict=True):
        assert parameter == Path(path).stem


@pytest.mark.parametrize("name", GRAPH)
def test_the_keyword_parameters_of_a_stage_are_its_sections(name: str) -> None:
    wanted = [keyword for keyword in keywords(stage(name)) if keyword not in INJECTED]
    shared = [keyword for keyword in wanted if keyword in SHARED]
    assert GRAPH[name]["params"] == [*shared, name]


def test_stages_stand_in_the_order_in_which_they_run() -> None:
    written: list[str] = ["data/raw"]
    for name in GRAPH:
        reads, writes = data_of(name)
        assert set(reads) <= set(written), f"{name} reads what no stage above it writes"
        assert not set(writes) & set(written), f"{name} writes what another stage writes"
        written += writes


def test_every_verb_is_in_the_graph_or_touches_the_world() -> None:
    assert {*GRAPH, "ingest", "compare", "scan", "promote"} == set(STAGES)


@pytest.mark.parametrize("name", GRAPH)
def test_a_stage_names_all_the_code_that_it_imports(name: str) -> None:
    declared = [path for path in GRAPH[name]["deps"] if path.startswith("pipelines/")]
    needed = {file_of(module) for module in code_of(f"pipelines.{name}")}
    missing = {f for f in needed if not any(f == path or f.startswith(f"{path}/") for path in declared)}
    assert not missing, f"{name}: outputs in the cache would outlive a change of {sorted(missing)}"
    idle = {path for path in declared if not any(f == path or f.startswith(f"{path}/") for f in needed)}
    assert not idle, f"{name} would run again after a change of {sorted(idle)}, which it does not import"


def test_every_exemption_still_exists() -> None:
    assert set(EDGE) <= imports().modules


def test_compiled_code_is_no_part_of_a_folder_that_a_stage_depends_on() -> None:
    assert "__pycache__" in (REPOSITORY / ".dvcignore").read_text("utf-8").split()


def test_nothing_behind_anonymise_can_read_people() -> None:
    names = list(GRAPH)
    for name in names[names.index("anonymise") + 1 :]:
        leaks = [path for path in GRAPH[name]["deps"] if path.startswith(SEALED)]
        assert not leaks, f"{name} reads {leaks}: validate and anonymise alone may see people"


@pytest.mark.parametrize("name", STAGES)
def test_no_stage_writes_down_a_path_within_data(name: str) -> None:
    function = stage(name)
    body = inspect.getsource(inspect.getmodule(function) or function)
    head = inspect.getsource(function).split('"""')[0]
    paths = [line for line in body.replace(head, "").splitlines() if 'Path("data' in line]
    assert not paths


@pytest.mark.parametrize("ignored", [IGNORED, (REPOSITORY / ".gitignore").read_text("utf-8")], ids=["new", "ours"])
def test_git_ignores_all_that_is_made_and_dvc_still_finds_the_version_of_raw(ignored: str, tmp_path: Path) -> None:
    """Otherwise `dvc push` would send everything but the people's own rows."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(ignored, "utf-8")
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "part").write_text("sealed", "utf-8")
    with quiet():
        initialise(tmp_path)
    add(tmp_path, tmp_path / "data" / "raw", {})
    with repository(tmp_path) as repo:
        assert [Path(stage.path) for stage in repo.index.stages] == [tmp_path / "data" / "raw.dvc"]
    made = {f"/{path}" for name in GRAPH for path in data_of(name)[1]} | {"/data/raw", "/.env"}
    lines = set(ignored.splitlines())
    assert not [path for path in made if path not in lines and str(Path(path).parent) not in lines]
    assert not (tmp_path / "data" / ".gitignore").exists()
