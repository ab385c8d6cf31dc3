"""Typed placeholders, "<EMAIL>", in the place of what was found."""

import re
from collections.abc import Iterable

from pipelines.privacy.spans import Span, resolve

# Any upper-case tag counts, not just the types we know: a learned tagger adds its own.
PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]{1,30}>")


def replace(text: str, spans: Iterable[Span]) -> str:
    """Put "<TYPE>" in the place of every span; where two overlap, `resolve` picks one."""
    pieces: list[str] = []
    done = 0
    for span in resolve(spans):
        pieces += (text[done : span.start], f"<{span.type}>")
        done = span.end
    pieces.append(text[done:])
    return "".join(pieces)
