"""Texts made up from templates, with the spans of what was filled in: reviews, tickets, forms, chat, CVs, posts."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from flywheel.train_tagger.fillers import fill
from pipelines.privacy.shadow import BLANK


@dataclass(frozen=True)
class Example:
    """A text, its spans (start, end, type), in order and disjoint, and the types that its annotators looked for.

    A span of type "?" may be anything.
    """

    text: str
    spans: tuple[tuple[int, int, str], ...]
    types: frozenset[str]


def made_up(count: int, types: frozenset[str], seed: int) -> Iterator[Example]:
    """Yield `count` texts of one to four sentences each; the same seed gives the same texts."""
    random = Random(seed)  # noqa: S311 -- texts to learn from, no secrets
    for _ in range(count):
        joint = random.choice([" ", " ", " ", "\n", "\n\n"])
        sentences = [_sentence(random) for _ in range(random.choice([1, 1, 1, 2, 3, 4]))]
        parts = [part for sentence in sentences for part in (*sentence, (joint, ""))][:-1]
        yield _example(_taken(_cased(parts, random), random), types)


@cache
def _templates() -> list[str]:
    lines = (Path(__file__).parent / "templates.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _sentence(random: Random) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for part in fill(random.choice(_templates()), random):
        # "Mr" and the name after it are one, and so are two names.
        if part[1] == "PERSON" and [kind for _, kind in parts[-2:]] == ["PERSON", ""] and parts[-1][0] == " ":
            parts[-2:] = [(f"{parts[-2][0]} {part[0]}", "PERSON")]
        elif part[0]:
            parts.append(part)
    if random.random() < 0.05:
        parts[-1] = (parts[-1][0].rstrip(".!?"), parts[-1][1])
    return parts


def _cased(parts: list[tuple[str, str]], random: Random) -> list[tuple[str, str]]:
    """Write some texts in small letters or in capitals, as people do."""
    chance = random.random()
    if chance < 0.12:
        return [(text.lower(), kind) for text, kind in parts]
    if chance < 0.18:
        return [(text.upper(), kind) for text, kind in parts]
    if chance < 0.22:
        return [(text.lower() if kind == "PERSON" else text, kind) for text, kind in parts]
    return parts


def _taken(parts: list[tuple[str, str]], random: Random) -> list[tuple[str, str]]:
    """Blank some of what was filled in: what patterns or an earlier turn took out is nobody's any more."""
    return [(BLANK * 6, "") if kind and random.random() < 0.04 else (text, kind) for text, kind in parts]


def _example(parts: list[tuple[str, str]], types: frozenset[str]) -> Example:
    text = ""
    spans: list[tuple[int, int, str]] = []
    for part, kind in parts:
        start = len(text)
        text += part
        if not kind or not part:
            continue
        spans.append((start, len(text), kind))
    return Example(text, tuple(spans), types)
