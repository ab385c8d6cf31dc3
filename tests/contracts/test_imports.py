"""Who may import whom."""

import json
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from workspaces import REPOSITORY

from pipelines.parameters import STAGES

HEAVY = {
    *("prefect", "dvc", "great_expectations", "mlflow", "tensorflow", "keras", "sklearn", "onnxruntime"),
    *("pandas", "polars", "numpy", "sqlalchemy", "fastapi", "uvicorn", "httpx", "matplotlib", "yaml"),
}
# They stand between the verbs and the nouns: argv, params.yaml and the environment come in here.
EDGES = {"pipelines.stage", "pipelines.parameters"}


def test_the_import_contracts_of_pyproject_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_nouns_call_only_nouns() -> None:
    graph = grimp.build_graph("pipelines", exclude_type_checking_imports=True)
    verbs = {f"pipelines.{name}" for name in STAGES}
    for noun in graph.modules - verbs - EDGES - {"pipelines"}:
        wrong = graph.find_modules_directly_imported_by(noun) & (verbs | EDGES)
        assert not wrong, f"{noun} imports {sorted(wrong)}"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import atexit, json, sys; from flywheel.cli import main;"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr)); main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert "flywheel" in loaded
    assert not loaded & HEAVY


def test_checking_parameters_loads_no_heavy_tool() -> None:
    """It imports every verb: each tool has to wait until it is used."""
    tools = {"prefect", "dvc", "great_expectations", "mlflow", "tensorflow", "keras", "sklearn", "matplotlib"}
    program = (
        "import sys; from pathlib import Path; from pipelines.parameters import check_parameters, read_parameters;"
        "check_parameters(read_parameters(Path())); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert {f"pipelines.{verb}" for verb in STAGES} <= set(loaded)
    assert not {name.partition(".")[0] for name in loaded} & tools
