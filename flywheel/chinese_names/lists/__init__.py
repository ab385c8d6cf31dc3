"""Sentences and words written for the generated part of the learning text."""

from functools import cache
from pathlib import Path


@cache
def lines(name: str) -> list[str]:
    """Return the lines of a list."""
    return Path(__file__).with_name(f"{name}.txt").read_text("utf-8").splitlines()


@cache
def words(name: str) -> list[str]:
    """Return the words of a list that are separated by spaces."""
    return " ".join(lines(name)).split()
