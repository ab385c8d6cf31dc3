"""Where the people of a text are: what patterns find, then what the tagger finds around it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipelines.privacy.amounts import find_amounts
from pipelines.privacy.chinese_names import find_in_all
from pipelines.privacy.identifiers import find_identifiers
from pipelines.privacy.spans import Span
from pipelines.privacy.tagger import TYPES, USUAL, find_entities_in

# What points at a person. An amount or a length of time seldom does, and taking it out costs what a model learns from.
IDENTIFYING = frozenset(TYPES) - {"QUANTITY", "MISC"}
# For texts that are published: whatever could narrow down who is spoken of.
EVERYTHING = frozenset(TYPES)
# For texts that are only learned from: names of people, places and organisations.
NAMES = frozenset(["PERSON", "LOCATION", "ORGANISATION"])

_EDGE = " \t\r\n,.;:()\"'/-"


def find_people(text: str, types: frozenset[str] = IDENTIFYING, least: float = USUAL) -> list[Span]:
    """The identifiers of a text and its entities of `types`, in order and disjoint, as offsets into it.

    A word must be likelier than `least` to be anything: USUAL, or PUBLISHING where nobody may be missed.
    """
    return find_people_in([text], types, least)[0]


def find_people_in(texts: Sequence[str], types: frozenset[str] = IDENTIFYING, least: float = USUAL) -> list[list[Span]]:
    """The same for each of many texts, faster than one by one."""
    found = []
    for text, entities in zip(texts, find_entities_in(texts, least), strict=True):
        sure = find_identifiers(text)
        if "QUANTITY" in types:
            sure = merged(text, sure, find_amounts(text))
        found.append(merged(text, sure, [span for span in entities if span.type in types]))
    return found


def find_names_in(texts: Sequence[str]) -> list[list[Span]]:
    """The names of people, places and organisations in each of many texts, in English and Chinese, nothing else."""
    both = zip(texts, find_in_all(texts), find_entities_in(texts), strict=True)
    return [merged(text, chinese, [span for span in english if span.type in NAMES]) for text, chinese, english in both]


def merged(text: str, sure: Sequence[Span], others: Iterable[Span]) -> list[Span]:
    """All of `sure` (in order, disjoint), and of `others` (disjoint too) what lies outside: cut, never lost."""
    starts = [span.start for span in sure]
    spans = list(sure)
    for other in others:
        first = max(0, bisect_left(starts, other.start) - 1)
        last = bisect_left(starts, other.end)
        spans += _outside(text, other, sure[first:last])
    return sorted(spans, key=lambda span: span.start)


def _outside(text: str, span: Span, sure: Iterable[Span]) -> Iterator[Span]:
    """Yield what of a span is left outside others, without the punctuation where it was cut."""
    start = span.start
    cut = False
    for other in sure:
        if other.end <= start or other.start >= span.end:
            continue
        if other.start > start:
            yield from _trimmed(text, replace(span, start=start, end=other.start))
        start, cut = max(start, other.end), True
    if start < span.end:
        rest = replace(span, start=start)
        yield from _trimmed(text, rest) if cut else [rest]


def _trimmed(text: str, span: Span) -> Iterator[Span]:
    said = text[span.start : span.end]
    start = span.start + len(said) - len(said.lstrip(_EDGE))
    end = span.start + len(said.rstrip(_EDGE))
    if any(map(str.isalnum, text[start:end])):
        yield replace(span, start=start, end=end)
