"""Figures in words: counts, shares with their intervals, moments; and lines that fit a terminal."""

import textwrap
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.quantities import measured


def count(number: int, noun: str) -> str:
    """`number` and its noun, in the plural where it is one.

    >>> count(1, "row"), count(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def interval(measure: Mapping[str, float] | None, *, share: bool = True) -> str:
    """A measure with its 95 % interval; shares in per cent.

    >>> interval({"value": 0.8731, "low": 0.8511, "high": 0.895})
    '87.3 % [85.1, 89.5]'
    """
    if measure is None:
        return "not defined"
    if not share:
        return f"{measure['value']:.3f} [{measure['low']:.3f}, {measure['high']:.3f}]"
    return f"{100 * measure['value']:.1f} % [{100 * measure['low']:.1f}, {100 * measure['high']:.1f}]"


# What is told of a model, by a measure that its task alone has.
SHOWN: dict[str, dict[str, str]] = {
    "perplexity": {"perplexity": "perplexity", "bits_per_character": "bits/char", "log_loss": "log loss"},
    "quadratic_kappa": {"accuracy": "accuracy", "macro_f1": "macro F1", "mae": "steps off", "quadratic_kappa": "kappa"},
    "rmse": {"r2": "R²", "rmse": "RMSE", "mae": "MAE", "mse": "MSE"},
    "accuracy": {"accuracy": "accuracy", "macro_f1": "macro F1", "roc_auc": "ROC AUC", "log_loss": "log loss"},
}
SHARES = frozenset({"accuracy", "macro_f1", "roc_auc"})


def told(measures: Mapping[str, Any]) -> dict[str, str]:
    """The names of the measures that are told of a model, those of its task.

    >>> told({"mse": 1, "rmse": 1})["r2"]
    'R²'
    """
    return next((names for task, names in SHOWN.items() if task in measures), SHOWN["accuracy"])


def figure(measures: Mapping[str, Any], key: str) -> str:
    """One measure with its 95 % interval, a share in per cent.

    >>> figure({"rmse": {"value": 51.5, "low": 43.79, "high": 59.431}}, "rmse")
    '51.5 [43.8, 59.4]'
    """
    found = measures.get(key)
    if found is None or key in SHARES or key == "log_loss":
        return interval(found, share=key in SHARES)
    return measured(found["value"], found["low"], found["high"])


def moment(at: str | None) -> str:
    """An ISO time in UTC, to the minute.

    >>> moment("2026-03-01T09:30:15.123456+00:00")
    '2026-03-01 09:30 UTC'
    """
    if at is None:
        return "-"
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def table(rows: list[list[Any]], head: list[str]) -> str:
    """`rows` as a Markdown table.

    >>> print(table([["a", 1]], ["name", "n"]))
    | name | n |
    |---|---|
    | a | 1 |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "|" + "|".join(f" {cell} " if cell != "---" else cell for cell in map(str, line)) + "|" for line in lines
    )


def hanging(first: str, text: str, indent: int, width: int) -> list[str]:
    """`text` behind `first`, its further lines indented."""
    lines = textwrap.wrap(text, max(20, width - indent - 1), break_long_words=False, break_on_hyphens=False) or [""]
    return [(first + lines[0]).rstrip(), *(" " * indent + line for line in lines[1:])]


def width_of(text: str) -> int:
    """The columns that a text takes on a terminal: a Han character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
