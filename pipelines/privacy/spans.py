"""A found piece of text, and who wins where two overlap."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a text are a `type`, believed with `score` (0 to 1)."""

    start: int
    end: int
    type: str
    score: float


def resolve(spans: Iterable[Span]) -> list[Span]:
    """Keep the spans that do not overlap a longer one (of equally long ones: the more certain), in order."""
    kept: list[tuple[int, int]] = []
    winners: list[Span] = []
    for span in sorted(spans, key=_priority):
        if span.start < span.end and _is_free(span, kept):
            insort(kept, (span.start, span.end))
            winners.append(span)
    return sorted(winners, key=lambda span: span.start)


def _priority(span: Span) -> tuple[int, float, int, str]:
    """Longest first, then most certain; place and type only make the order total."""
    return (span.start - span.end, -span.score, span.start, span.type)


def _is_free(span: Span, kept: list[tuple[int, int]]) -> bool:
    """Tell whether no span in `kept` (sorted, disjoint) overlaps this one."""
    after = bisect_left(kept, (span.end, 0))
    return after == 0 or kept[after - 1][1] <= span.start
