"""Numbers in params.yaml: those that mean nothing are refused by the name of their key, before anything is done."""

import inspect
import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from workspaces import lines

from pipelines.bounds import NAMED, check_bounds
from pipelines.errors import ParameterError
from pipelines.models.options import Cnn
from pipelines.parameters import SETTINGS, STAGES, _stage, convert


def numbers(where: str, value: Any) -> Iterator[tuple[str, float]]:
    """Every number at or below a key, as it is where params.yaml says nothing."""
    if is_dataclass(value):
        for field in fields(value):
            yield from numbers(f"{where}.{field.name}", getattr(value, field.name))
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from numbers(f"{where}[{place}]", item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield where, value


def defaults() -> dict[str, float]:
    found = {"seed": 7.0}
    for stage in STAGES:
        for parameter in inspect.signature(_stage(stage)).parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY and parameter.name != "seed":
                found |= dict(numbers(f"{stage}.{parameter.name}", parameter.default))
    for section, settings in SETTINGS.items():
        found |= dict(numbers(section, 0)) | {f"{section}.{key}": value for key, value in settings.items()}
    return found


DEFAULTS = defaults()


def refusal(where: str, number: float) -> list[str]:
    with pytest.raises(ParameterError, match=r"params\.yaml") as caught:
        check_bounds(where, number)
    return lines(caught.value)


def test_what_holds_where_nothing_is_said_is_within_bounds() -> None:
    assert len(DEFAULTS) > 100
    for where, number in DEFAULTS.items():
        check_bounds(where, number)


def test_every_bound_is_that_of_a_key() -> None:
    keys = {where.rsplit(".", 1)[-1].partition("[")[0] for where in DEFAULTS}
    assert set(NAMED) - keys <= {"clip", "size"}  # of what is left out where nothing is said


@pytest.mark.parametrize("number", [-1, -0.001, math.nan, math.inf, 1e30])
def test_no_key_means_anything_below_nought_nor_beyond_measure(number: float) -> None:
    for where in DEFAULTS:
        assert f"`{where}`" in refusal(where, number)[0]


@given(some.sampled_from(sorted(DEFAULTS)), some.floats(max_value=-1e-300) | some.integers(max_value=-1))
def test_whatever_is_below_nought_is_refused_in_three_lines(where: str, number: float) -> None:
    assert len(refusal(where, number)) == 3


@pytest.mark.parametrize(
    ("where", "inside", "outside"),
    [
        ("train.epochs", [1, 500], [0]),
        ("train.lstm.dropout", [0, 0.99], [1]),
        ("train.linear.c", [1e-9, 100], [0]),
        ("train.boosting.columns", [0.01, 1], [0, 1.01]),
        ("validate.max_quarantined", [0, 1], [1.5]),
        ("train.mlp.layers[1]", [1], [0]),
        ("train.seed", [0, 2**32 - 1], [2**32]),
    ],
)
def test_bounds_are_those_within_which_a_key_means_something(
    where: str, inside: list[float], outside: list[float]
) -> None:
    for number in inside:
        check_bounds(where, number)
    for number in outside:
        assert f"`{where}` is {number:g}." in refusal(where, number)[0]


def test_a_whole_number_of_any_length_is_refused_as_one() -> None:
    with pytest.raises(ParameterError, match=r"`train\.units`"):
        convert("train.units", 10**400, int)
    with pytest.raises(ParameterError, match=r"`train\.learning_rate`"):
        convert("train.learning_rate", 10**400, float)


def test_a_section_is_refused_for_a_number_deep_within_it() -> None:
    with pytest.raises(ParameterError, match=r"`train\.cnn\.pictures\.rotate`(.|\n)*at most 180"):
        convert("train.cnn", {"pictures": {"rotate": 200}}, Cnn)
