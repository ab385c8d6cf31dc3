"""params.yaml, read strictly: an unknown key is an error that names the nearest right one."""

import dataclasses
import difflib
import importlib
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Union

import yaml

from pipelines.bounds import check_bounds
from pipelines.errors import ParameterError
from pipelines.record import Record, parse_record
from pipelines.terms import refuse_unfit_measure

FILE = "params.yaml"
# What Python's types are called by people who write YAML.
CALLED = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "NoneType": "empty",
}
# YAML 1.1 reads `1e-5`, without a dot, as a text.
SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")


def read_parameters(workspace: Path) -> dict[str, Any]:
    """All of `workspace`'s params.yaml as it stands. Raises ParameterError where it is not YAML."""
    path = workspace / FILE
    if not path.is_file():
        raise ParameterError(
            f"{FILE} is missing here.",
            "Expected a workspace: a folder that holds a dvc.yaml and a params.yaml.",
            "run `flywheel new DIR --preset sample`, or change into a workspace.",
        )
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ParameterError(
            f"{FILE} is not valid YAML" + (f" at line {mark.line + 1}." if mark else "."),
            "Expected sections of `key: value` lines, indented by spaces.",
            "mend that line; YAML wants a space after each colon and no tabs.",
        ) from None
    if not isinstance(values, dict):
        raise ParameterError(f"{FILE} holds no sections.", "Expected one section per stage.", "start from a preset.")
    return values


def arguments_for(function: Callable[..., object], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of a stage's `function`: its section of params.yaml, checked and converted.

    A keyword that is itself a top-level key (`record`, `seed`) is taken from there.
    """
    hints = typing.get_type_hints(function)
    wanted = keywords(function)
    shared = {name for name in wanted if name in parameters and name != function.__name__}
    section = parameters.get(function.__name__) or {}
    own = [name for name in wanted if name not in shared and name not in INJECTED]
    check_keys(function.__name__, section, own)
    values = {**section, **{name: parameters[name] for name in shared}}
    _refuse_missing(function, values)
    return {
        name: convert(f"{function.__name__}.{name}", values[name], hints[name]) for name in wanted if name in values
    }


def _refuse_missing(function: Callable[..., object], values: Mapping[str, object]) -> None:
    for name, parameter in inspect.signature(function).parameters.items():
        needed = parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
        if needed and name not in values and name not in INJECTED:
            where = name if name in SHARED else f"{function.__name__}.{name}"
            raise ParameterError(
                f"{FILE}: `{where}` is missing.",
                f"Expected a value for it: the stage `{function.__name__}` cannot do without.",
                "copy the line from a preset, for example that of `flywheel new DIR --preset sample`.",
            )


# Passed in by the edge, never written in params.yaml.
INJECTED = ("environment", "workspace")


def keywords(function: Callable[..., object]) -> list[str]:
    """The names of `function`'s keyword-only parameters."""
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


def check_keys(where: str, section: object, known: list[str]) -> None:
    """Raise ParameterError for the first key of `section` that is not `known`."""
    if not isinstance(section, Mapping):
        raise ParameterError(
            f"{FILE}: `{where}` is not a section.",
            f"Expected keys below it: {', '.join(known)}.",
            f"write `{where}:` and the keys on lines of their own.",
        )
    for key in section:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            raise ParameterError(
                f"{FILE}: unknown key '{key}'" + ("." if where == FILE else f" in `{where}`."),
                f"Expected one of: {', '.join(known)}.",
                f"write '{near[0]}' instead of '{key}'." if near else f"remove '{key}'.",
            )


def convert(where: str, value: object, hint: Any) -> Any:
    """`value` as the type that `hint` asks for. Raises ParameterError where it is another."""
    if hint is Record:
        return parse_record(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _convert_dataclass(where, value, hint)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        return convert(where, value, next(option for option in inner if option is not type(None)))
    if origin is Literal:
        return _one_of(where, value, inner)
    if origin is tuple and isinstance(value, list):
        return tuple(convert(f"{where}[{place}]", item, inner[0]) for place, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {str(key): convert(f"{where}.{key}", item, inner[1]) for key, item in value.items()}
    if hint in (int, float) and (number := _number(value, hint)) is not None:
        check_bounds(where, number)
        return number
    if isinstance(hint, type) and isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ParameterError(
        f"{FILE}: `{where}` is {_called(type(value))}.",
        f"Expected {_called(origin or hint)}.",
        f"give `{where}` a value of that type.",
    )


def _number(value: object, hint: type) -> int | float | None:
    """`value` as a number of the type `hint`; None where it is none."""
    if isinstance(value, bool) or (hint is int and not isinstance(value, int)):
        return None
    if isinstance(value, int):
        # As large as a float can tell: one that is larger is out of every bounds.
        told = max(min(value, sys.maxsize), -sys.maxsize)
        return float(told) if hint is float else told
    if isinstance(value, str) and SCIENTIFIC.fullmatch(value):
        return float(value)
    return value if isinstance(value, float) else None


def _called(kind: Any) -> str:
    """What a type is called in YAML."""
    name = str(getattr(kind, "__name__", kind))
    return CALLED.get(name, name)


def _convert_dataclass(where: str, value: object, hint: type) -> Any:
    hints = typing.get_type_hints(hint)
    check_keys(where, value if value is not None else {}, list(hints))
    items = typing.cast("Mapping[str, object]", value or {})
    return hint(**{key: convert(f"{where}.{key}", item, hints[key]) for key, item in items.items()})


def _one_of(where: str, value: object, allowed: tuple[object, ...]) -> object:
    if value in allowed:
        return value
    names = [str(item) for item in allowed]
    near = difflib.get_close_matches(str(value), names, n=1)
    raise ParameterError(
        f"{FILE}: `{where}` is '{value}'.",
        f"Expected one of: {', '.join(names)}.",
        f"write '{near[0]}' instead." if near else f"choose one of them for `{where}`.",
    )


# Sections that no stage reads: what they hold is checked all the same.
SHARED = {"record": Record, "seed": int}


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise ParameterError for any unknown key or wrong value in any section, before anything is done."""
    stages = {name: _stage(name) for name in STAGES}
    check_keys(FILE, parameters, [*SHARED, *stages, *SETTINGS])
    for name, hint in SHARED.items():
        if name in parameters:
            convert(name, parameters[name], hint)
    arguments = {name: arguments_for(function, parameters) for name, function in stages.items()}
    if "record" in arguments["promote"]:
        refuse_unfit_measure(arguments["promote"]["record"], arguments["promote"].get("measure", "accuracy"))
    for section in SETTINGS:
        setting(parameters, section, next(iter(SETTINGS[section])))


# What no stage reads: when to act. Whole numbers, each with its default.
SETTINGS = {"listen": {"min_feedback": 200, "drift": 1}, "forget": {"retrain_within_days": 7}}


def setting(parameters: Mapping[str, Any], section: str, name: str) -> int:
    """The whole number `section.name` of params.yaml, or its default. Raises ParameterError where it is none."""
    given = parameters.get(section) or {}
    check_keys(section, given, list(SETTINGS[section]))
    return int(convert(f"{section}.{name}", given.get(name, SETTINGS[section][name]), int))


# Not their order, which dvc.yaml alone knows: whose keyword arguments stand in params.yaml.
STAGES = ("anonymise", "compare", "evaluate", "ingest", "promote", "scan", "split", "train", "validate")


def _stage(name: str) -> Callable[..., object]:
    return typing.cast("Callable[..., object]", getattr(importlib.import_module(f"pipelines.{name}"), name))
