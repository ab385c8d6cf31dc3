"""What is installed is pinned and hashed; every variable that we read is explained."""

import ast
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version
from workspaces import REPOSITORY

from pipelines import environment

LOCK = (REPOSITORY / "requirements.lock").read_text("utf-8")
EXAMPLE = (REPOSITORY / ".env.example").read_text("utf-8")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
# Set by a flow for the stages that it starts; nobody sets them by hand.
INTERNAL = {"FLYWHEEL_FLOW_RUN", "HOME"}
# Looked up by the libraries that train, not by us.
THEIRS = {"KERAS_BACKEND", "CUDA_VISIBLE_DEVICES"}


def locked() -> dict[str, list[str]]:
    """The entries of the lock: name==version, and the lines below each."""
    found: dict[str, list[str]] = {}
    entry = ""
    for line in LOCK.splitlines():
        if line and line[0] not in " #":
            entry = line.split(";")[0].rstrip(" \\")
            found[entry] = []
        elif entry:
            found[entry].append(line.strip())
    return found


def test_every_entry_of_the_lock_is_hashed() -> None:
    assert len(locked()) > 100
    for entry, below in locked().items():
        assert re.fullmatch(r"[a-z0-9._-]+==\S+", entry), entry
        hashes = [line for line in below if line.startswith("--hash=")]
        assert hashes, entry
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes), entry


def test_the_lock_holds_no_address() -> None:
    assert "://" not in LOCK
    assert "--index-url" not in LOCK


def test_the_lock_fits_the_bounds_of_pyproject() -> None:
    versions = {entry.partition("==")[0]: Version(entry.partition("==")[2]) for entry in locked()}
    for wanted in map(Requirement, [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]):
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        assert versions[name] in wanted.specifier, f"{name} {versions[name]} is not {wanted.specifier}"
        assert any(each.operator in (">=", "==") for each in wanted.specifier), f"{name} has no lower bound"


def test_fastapi_stays_below_the_version_that_breaks_prefect() -> None:
    """From 0.155 on, prefect 3.8.8 dies at import."""
    assert Version(next(e for e in locked() if e.startswith("fastapi==")).partition("==")[2]) < Version("0.155")


def variables_read() -> set[str]:
    """The names that environment.py looks up."""
    tree = ast.parse(Path(environment.__file__).read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    asked = [call.args[0] for call in calls if call.func.attr == "get" and isinstance(call.args[0], ast.Constant)]  # type: ignore[attr-defined]
    return {str(argument.value) for argument in asked}


def test_env_example_explains_every_variable_that_we_read() -> None:
    assert len(variables_read()) > 5
    explained = re.findall(r"(?m)^(?:# .+\n)+#?([A-Z][A-Z_]+)=", EXAMPLE)
    assert set(explained) == (variables_read() - INTERNAL) | THEIRS


def test_env_example_changes_nothing_when_it_is_used_as_it_stands() -> None:
    assert not [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")]
