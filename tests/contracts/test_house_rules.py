"""What holds for every file of ours."""

import argparse
import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from workspaces import REPOSITORY

from flywheel.cli import COMMANDS, parser
from pipelines import errors
from pipelines.errors import DataError, FlywheelError, WorldError

CODE = sorted(
    path
    for folder in ("pipelines", "flows", "service", "flywheel")
    for path in (REPOSITORY / folder).rglob("*.py")
    if "template" not in path.parts
)
TESTS = sorted((REPOSITORY / "tests").rglob("*.py"))
SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "base", "core"}
PICKLES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
LONGEST = 300


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Every piece of a file's syntax."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"), str(path))))


def at(path: Path, node: ast.AST | None = None) -> str:
    """Where something stands, for whoever has to change it."""
    return str(path.relative_to(REPOSITORY)) + (f":{node.lineno}" if node is not None else "")  # type: ignore[attr-defined]


@cache
def errors_of_three_parts() -> frozenset[str]:
    """Every class of ours that inherits from FlywheelError and does not build its message itself."""
    classes = [node for path in CODE for node in nodes(path) if isinstance(node, ast.ClassDef)]
    known = {"FlywheelError"}
    for _ in range(4):  # the depth of the tree
        known |= {c.name for c in classes if any(isinstance(base, ast.Name) and base.id in known for base in c.bases)}
    own = {c.name for c in classes for part in c.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"}
    return frozenset(known - (own - {"FlywheelError"}))


def errors_made(path: Path) -> Iterator[ast.Call]:
    """The calls that make an error."""
    for node in nodes(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors_of_three_parts():
            yield node


def begins_with(part: ast.expr) -> str:
    """The words with which a text begins, as far as they stand in the code."""
    if isinstance(part, ast.JoinedStr):
        part = part.values[0]
    if isinstance(part, ast.BinOp):
        return begins_with(part.left)
    if isinstance(part, ast.IfExp):
        return begins_with(part.body)
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""


def imported(path: Path) -> set[str]:
    """The packages that a file imports anywhere."""
    found = {alias.name for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in nodes(path) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in found}


def test_every_file_is_short() -> None:
    lengths = {at(path): len(path.read_text("utf-8").splitlines()) for path in CODE}
    assert len(lengths) > 50
    assert not {where: length for where, length in lengths.items() if length > LONGEST}


def test_the_name_of_every_file_says_what_it_knows() -> None:
    assert not [at(path) for path in [*CODE, *TESTS] if path.stem in SAY_NOTHING]


def test_every_file_begins_with_a_sentence() -> None:
    said = {at(path): ast.get_docstring(nodes(path)[0]) or "" for path in CODE if path.read_text("utf-8")}  # type: ignore[arg-type]
    assert not [where for where, text in said.items() if not re.search(r"[.:!]$", text.split("\n\n")[0])]


def test_no_failure_is_caught_without_being_named() -> None:
    wrong = []
    for path in CODE:
        for node in nodes(path):
            if isinstance(node, ast.ExceptHandler):
                caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                names = {each.id if isinstance(each, ast.Name) else each and "dotted" for each in caught}
                # Whoever passes everything on may look at everything.
                passed_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
                wrong += [at(path, node)] if names & {"Exception", "BaseException", None} and not passed_on else []
    assert not wrong


def test_nothing_is_pickled_or_unpickled() -> None:
    assert not [at(path) for path in CODE if imported(path) & PICKLES]
    allowed = [
        at(path, node.value)
        for path in CODE
        for node in nodes(path)
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"
    ]
    assert not allowed


def test_every_error_says_what_happened_what_was_expected_and_how_to_mend_it() -> None:
    made = [(at(path, call), call) for path in CODE for call in errors_made(path)]
    assert len(made) > 40
    for where, call in made:
        assert len(call.args) == 3, where
        assert not call.keywords, where
        _, expected, fix = (begins_with(part) for part in call.args)
        assert expected.startswith("Expected") or not expected, where
        assert not fix.startswith("Fix"), f"{where}: `Fix:` is put in front of it"


def test_the_docstring_of_the_errors_draws_their_whole_tree() -> None:
    drawn = set(re.findall(r"\b([A-Z]\w+Error)\b", errors.__doc__ or ""))
    assert drawn == {each.__name__ for each in vars(errors).values() if isinstance(each, type)}


def test_the_tree_of_errors_says_whether_a_retry_helps() -> None:
    for each in vars(errors).values():
        if isinstance(each, type) and each is not FlywheelError:
            assert issubclass(each, DataError) != issubclass(each, WorldError), each.__name__
            assert each.exit_code == (2 if issubclass(each, DataError) else 3)


def subcommands(of: argparse.ArgumentParser) -> Iterator[tuple[str, str | None]]:
    """Each command's name and help, those within commands included."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {choice.dest: choice.help for choice in action._choices_actions}
            for command, inner in action.choices.items():
                yield command, said.get(command)
                yield from subcommands(inner)


def test_every_command_says_what_it_does() -> None:
    found = list(subcommands(parser()))
    assert {command for command, _ in found} >= set(COMMANDS)
    for command, said in found:
        assert said, f"{command} has no help"
        assert len(said.split()) >= 3, f"{command}: {said}"


def test_the_name_of_every_test_is_a_sentence() -> None:
    named = [(at(path, node), node.name) for path in TESTS for node in nodes(path) if isinstance(node, ast.FunctionDef)]
    assert not [where for where, name in named if name.startswith("test_") and len(name.split("_")) < 4]


def test_no_two_files_of_tests_are_called_alike() -> None:
    # pytest imports them by their bare names: the second of two would not be collected, and its tests not run
    names = [path.name for path in TESTS if path.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_test_replaces_a_function_of_ours() -> None:
    replacing = [
        at(path, node)
        for path in TESTS
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        # Standard input and output are the world's, not ours.
        if node.func.attr in ("setattr", "setitem") and ast.unparse(node.args[0]) != "sys"
    ]
    assert not replacing
    assert not [at(path) for path in TESTS if imported(path) & {"mock", "pytest_mock"}]
    mocking = [node for path in TESTS for node in nodes(path) if isinstance(node, ast.ImportFrom)]
    assert not [node.module for node in mocking if (node.module or "").startswith("unittest")]


def test_a_clone_begins_without_data_of_anybodys() -> None:
    """A version that was recorded on one machine lies in no other's cache: `make run` would end at its first step."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("this is no clone: nothing tells which files are kept")
    kept = subprocess.run(
        ["git", "ls-files", "data"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    assert kept == ""
