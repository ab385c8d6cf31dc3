"""A found piece of text, and who wins where two overlap."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
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
    return [winner for cluster in _clusters(spans) for winner in _winners(cluster)]


def _clusters(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Yield the groups of spans that hang together; they are small, so that resolving them stays linear."""
    cluster: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda span: span.start):
        if cluster and span.start >= end:
            yield cluster
            cluster = []
        if span.start < span.end:
            end = max(end, span.end) if cluster else span.end
            cluster.append(span)
    yield cluster


def _winners(cluster: list[Span]) -> list[Span]:
    if len(cluster) < 2:
        return cluster
    kept: list[tuple[int, int]] = []
    winners: list[Span] = []
    for span in sorted(cluster, key=_priority):
        if _is_free(span, kept):
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
