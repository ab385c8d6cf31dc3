"""Typed placeholders, "<EMAIL>" or "<PERSON_2>", and masks, in the place of what was found."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from pipelines.privacy.spans import Span, resolve

# Any upper-case tag counts, not just the types we know: a learned tagger adds its own.
PLACEHOLDER = re.compile(r"<(?P<type>[A-Z][A-Z_]{1,30}?)(?:_(?P<number>[0-9]{1,9}))?>")

# One mask for all: its length and its type would each tell something.
MASK = "████"


def replace(text: str, spans: Iterable[Span]) -> str:
    """Put "<TYPE>" in the place of every span; where two overlap, `resolve` picks one."""
    kept = resolve(spans)
    return put(text, kept, [f"<{span.type}>" for span in kept])


def put(text: str, spans: Sequence[Span], instead: Sequence[str]) -> str:
    """Put each piece of `instead` in the place of its span; the spans are in order and disjoint."""
    pieces: list[str] = []
    done = 0
    for span, piece in zip(spans, instead, strict=True):
        pieces += (text[done : span.start], piece)
        done = span.end
    pieces.append(text[done:])
    return "".join(pieces)


def numbered(text: str, spans: Sequence[Span], identities: Sequence[int], types: Collection[str]) -> list[str]:
    """The placeholder of each span; those of `types` are numbered where the text has several of a type.

    `identities` count from 0 within a type. Placeholders that stand in the text already are somebody else, so that
    numbers go on behind theirs.
    """
    distinct = Counter(dict.fromkeys(types, 0))
    for span, identity in zip(spans, identities, strict=True):
        distinct[span.type] = max(distinct[span.type], identity + 1)
    before = _standing(text) if any(span.type in types for span in spans) else {}
    return [
        f"<{span.type}_{identity + 1 + before.get(span.type, 0)}>"
        if span.type in types and (distinct[span.type] > 1 or span.type in before)
        else f"<{span.type}>"
        for span, identity in zip(spans, identities, strict=True)
    ]


def _standing(text: str) -> dict[str, int]:
    """The types whose placeholders stand in the text, each with its highest number."""
    highest: dict[str, int] = {}
    for match in PLACEHOLDER.finditer(text):
        highest[match["type"]] = max(highest.get(match["type"], 0), int(match["number"] or 0))
    return highest
