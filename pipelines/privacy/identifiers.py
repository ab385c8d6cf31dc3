"""Where the identifiers of a text are, by pattern and check alone: no names, no model, no state."""

import re
from collections.abc import Iterable, Iterator

from pipelines.privacy import addresses, china, context, network, numbers
from pipelines.privacy.shadow import blank, cast
from pipelines.privacy.spans import Span, resolve

# Taking one thing out can uncover another: of two that overlap, the loser's rest. Two rounds are usual, one more
# finds nothing; the cap only keeps a text that was made to need many from costing more than linear time.
_ROUNDS = 12
_DIGIT = re.compile("[0-9]")


def find_identifiers(text: str) -> list[Span]:
    """Return the identifiers of a text, in order and disjoint, as offsets into it.

    A line in which something was found is read again with that blanked, until nothing more is found: so cleaning
    a cleaned text changes nothing.
    """
    shadow = cast(text)
    visible, lines = shadow.text, [(0, len(shadow.text))]
    found: list[Span] = []
    for _ in range(_ROUNDS):
        new = resolve(_scan_lines(visible, lines))
        if not new:
            break
        found += new
        visible = blank(visible, new)
        lines = _lines_of(visible, new)
    return [shadow.original(span) for span in sorted(found, key=lambda span: span.start)]


def _scan(text: str) -> Iterator[Span]:
    """Yield all candidates of a shadow's text; what cannot be there is not looked for."""
    yield from network.find(text)
    yield from china.find_accounts(text)
    if _DIGIT.search(text):
        yield from numbers.find(text)
        yield from china.find(text)
        yield from context.find(text)
        yield from addresses.find(text)


def _scan_lines(text: str, lines: Iterable[tuple[int, int]]) -> Iterator[Span]:
    for start, end in lines:
        for span in _scan(text[start:end]):
            yield Span(span.start + start, span.end + start, span.type, span.score)


def _lines_of(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Return the lines (start, end) that hold the spans (in order), each with the line above: it may be a label."""
    lines: list[tuple[int, int]] = []
    for span in spans:
        if lines and span.start < lines[-1][1]:
            continue
        start = text.rfind("\n", 0, max(0, text.rfind("\n", 0, span.start))) + 1
        end = text.find("\n", span.end)
        end = end if end >= 0 else len(text)
        if lines and start <= lines[-1][1]:
            lines[-1] = (lines[-1][0], end)
        else:
            lines.append((start, end))
    return lines
