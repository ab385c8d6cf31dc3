"""Which rows share a class: strict multidimensional Mondrian (LeFevre et al., ICDE 2006), all classes cut at once.

Each class is cut where it costs least: of all places in all columns whose both sides keep what is asked, the one that
takes most from the penalty of the column it cuts. Rows with equal quasi-identifiers always share a class, so the
order of the rows changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.anonymity.coding import Coded
from pipelines.anonymity.requirements import Flags, Floats, Integers, Requirements, Sensitive, Tally
from pipelines.anonymity.segments import Segments

# So many times classes are cut where it costs least, then in halves: a chain of outliers would take a round for each.
ROUNDS = 64


@dataclass(frozen=True)
class Rows:
    """Different rows, how many there are of each, and which of them each given row is.

    `subjects` only where one has several rows.
    """

    codes: Integers
    weights: Integers
    place: Integers
    subjects: Integers | None
    sensitive: Sensitive | None
    shares: Floats

    @classmethod
    def of(cls, quasi: Sequence[Coded], subjects: Integers | None, sensitive: Sensitive | None) -> "Rows":
        """The different rows among `quasi`, ordered by their codes."""
        codes = [column.codes for column in quasi]
        kept = [*codes, *([] if subjects is None else [subjects]), *([] if sensitive is None else [sensitive.codes])]
        _, first, place, weights = np.unique(_joined(kept), return_index=True, return_inverse=True, return_counts=True)
        if sensitive is None:
            shares = np.zeros(0)
        else:
            shares = np.bincount(sensitive.codes, minlength=sensitive.size) / len(place)
            sensitive = Sensitive(sensitive.codes[first], sensitive.size, sensitive.ordered)
        own = None if subjects is None else subjects[first]
        return cls(np.stack([column[first] for column in codes]), weights, place, own, sensitive, shares)


def _joined(columns: Sequence[Integers]) -> Integers:
    """One number for each row, equal where all `columns` are, and larger where they are larger from the left."""
    key = columns[0]
    for column in columns[1:]:
        size = int(column.max()) + 1
        if int(key.max()) >= (2**63 - 1) // size - 1:
            key = np.unique(key, return_inverse=True)[1]
        key = key * size + column
    return key


def partition(
    quasi: Sequence[Coded], asked: Requirements, subjects: Integers | None = None, sensitive: Sensitive | None = None
) -> Integers | None:
    """The class 0, 1, … of each row, or None where the rows as a whole do not keep what is asked.

    `subjects` (rows,) numbers the people; without it each row is a person of its own. Every class keeps what is
    asked, and no place is left where one could be cut in two that do.
    """
    number = None if subjects is None else np.unique(subjects, return_inverse=True)[1]
    repeated = number is not None and len(number) > 0 and int(number.max()) + 1 < len(number)
    looked_at = sensitive if asked.look_at_values else None
    if len(quasi[0].codes) == 0:
        return None
    rows = Rows.of(quasi, number if repeated else None, looked_at)
    orders = np.stack([np.argsort(codes, kind="stable") for codes in rows.codes])
    open_ = Segments(orders, np.zeros(1, dtype=np.int64))
    if not _keeps_as_a_whole(rows, asked):
        return None
    classes = np.zeros(len(rows.weights), dtype=np.int64)
    found = rounds = 0
    while len(open_.starts):
        dimension, place = _cuts(open_, rows, quasi, asked, halves=rounds >= ROUNDS)
        finished = dimension < 0
        done = finished[open_.owner]
        classes[open_.orders[0][done]] = found + (np.cumsum(finished) - 1)[open_.owner[done]]
        found, rounds = found + int(finished.sum()), rounds + 1
        right = _right(open_, dimension, place, len(classes))
        open_ = open_.without(finished).cut(right)
    return classes[rows.place]


def _right(open_: Segments, dimension: Integers, place: Integers, rows: int) -> Flags:
    """Which rows stand behind the cut of their segment, in the order of the column that it cuts."""
    right = np.zeros(rows, dtype=np.bool_)
    owner, places = open_.owner, np.arange(open_.orders.shape[1])
    behind = places > place[owner]
    for column, order in enumerate(open_.orders):
        right[order[behind & (dimension == column)[owner]]] = True
    return right


def _cuts(
    open_: Segments, rows: Rows, quasi: Sequence[Coded], asked: Requirements, *, halves: bool
) -> tuple[Integers, Integers]:
    """For each segment the column and the place of its best cut; column -1 where none can be made."""
    count = len(open_.starts)
    best, dimension, place = np.full(count, -np.inf), np.full(count, -1), np.zeros(count, dtype=np.int64)
    for number, column in enumerate(quasi):
        sides = Sides.of(open_, rows, number)
        places = _allowed(open_, rows, sides, number, asked)
        if len(places):
            gains = sides.smaller(places) if halves else sides.gains(places, column)
            cut, gain, nearest = _best(sides.owner[places], gains, places)
            better = gain > best[cut]
            chosen = cut[better]
            best[chosen], dimension[chosen], place[chosen] = gain[better], number, nearest[better]
    return dimension, place


def _best(owner: Integers, gains: Floats, places: Integers) -> tuple[Integers, Floats, Integers]:
    """The segments among `owner`, in order, with the largest gain of each and the first place that has it."""
    first = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    highest = np.maximum.reduceat(gains, first)
    reached = gains == np.repeat(highest, np.diff(np.append(first, len(owner))))
    return owner[first], highest, np.minimum.reduceat(np.where(reached, places, places[-1]), first)


@dataclass(frozen=True)
class Sides:
    """One column of the segments: what stands up to each place (`left`), and from it to the end of its segment."""

    codes: Integers
    owner: Integers
    left: Integers
    totals: Integers
    values: Integers
    starts: Integers
    ends: Integers

    @classmethod
    def of(cls, open_: Segments, rows: Rows, column: int) -> "Sides":
        """The rows of each segment in the order of `column`; `values` counts the different ones up to each place."""
        order = open_.orders[column]
        codes, ends, owner = rows.codes[column][order], open_.ends, open_.owner
        left = open_.running(rows.weights[order])
        values = open_.running(np.append(True, codes[1:] != codes[:-1]).astype(np.int64))
        values -= values[open_.starts][owner] - 1  # a segment may begin with the code that ended the one before
        return cls(codes, owner, left, left[ends], values, open_.starts, ends)

    def changes(self) -> Flags:
        """Behind which places another value begins: between equal ones nobody is cut off."""
        found = np.append(self.codes[1:] != self.codes[:-1], False)
        found[self.ends] = False
        return found

    def smaller(self, places: Integers) -> Floats:
        """The rows on the emptier side of a cut behind each of `places`."""
        left = self.left[places]
        return np.asarray(np.minimum(left, self.totals[self.owner[places]] - left), dtype=np.float64)

    def gains(self, places: Integers, column: Coded) -> Floats:
        """How much penalty, summed over rows, each cut behind one of `places` takes away in its own column."""
        at, left, before = self.owner[places], self.left[places], self.values[places]
        first, last, distinct = self.codes[self.starts], self.codes[self.ends], self.values[self.ends]
        whole = (column.penalty(first, last, distinct) * self.totals)[at]
        ahead = column.penalty(first[at], self.codes[places], before) * left
        behind = column.penalty(self.codes[places + 1], last[at], distinct[at] - before) * (self.totals[at] - left)
        return np.asarray(whole - ahead - behind, dtype=np.float64)


def _allowed(open_: Segments, rows: Rows, sides: Sides, column: int, asked: Requirements) -> Integers:
    """The places behind which a segment can be cut so that both sides keep what is asked."""
    if rows.subjects is None:
        company = np.minimum(sides.left, sides.totals[sides.owner] - sides.left)
    else:
        company = _subjects_on_the_emptier_side(open_, rows.subjects[open_.orders[column]])
    places = np.flatnonzero(sides.changes() & (company >= asked.k))
    if rows.sensitive is None:
        return places
    return places[_various(open_, rows, rows.sensitive, column, places, asked)]


def _subjects_on_the_emptier_side(open_: Segments, subjects: Integers) -> Integers:
    """How many people stand up to each place of its segment, or behind it, whichever is fewer."""
    owner, ends = open_.owner, open_.ends
    keys = owner * (int(subjects.max()) + 1) + subjects
    by_key = np.argsort(keys, kind="stable")
    new = np.append(True, keys[by_key][1:] != keys[by_key][:-1])
    arrives, leaves = np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.int64)
    arrives[by_key[new]] = 1
    leaves[by_key[np.append(new[1:], True)]] = 1
    ahead = open_.running(arrives)
    return np.asarray(np.minimum(ahead, ahead[ends][owner] - open_.running(leaves)), dtype=np.int64)


def _various(
    open_: Segments, rows: Rows, sensitive: Sensitive, column: int, places: Integers, asked: Requirements
) -> Flags:
    """Whether both sides of a cut behind each of `places` keep sensitive values as various as is asked."""
    order, at = open_.orders[column], open_.owner[places]
    weights, codes = rows.weights[order], sensitive.codes[order]
    left = open_.running(weights)
    ahead, behind = Tally.of(left[places]), Tally.of(left[open_.ends][at] - left[places])
    for value, share in enumerate(rows.shares.tolist()):
        counts = open_.running(np.where(codes == value, weights, 0))
        ahead.add(counts[places], share, sensitive.ordered)
        behind.add(counts[open_.ends][at] - counts[places], share, sensitive.ordered)
    return ahead.meets(asked, sensitive) & behind.meets(asked, sensitive)


def _keeps_as_a_whole(rows: Rows, asked: Requirements) -> bool:
    company = rows.weights.sum() if rows.subjects is None else len(np.unique(rows.subjects))
    if company < asked.k or rows.sensitive is None:
        return bool(company >= asked.k)
    tally = Tally.of(rows.weights.sum(keepdims=True))
    for value, share in enumerate(rows.shares.tolist()):
        counts = np.where(rows.sensitive.codes == value, rows.weights, 0).sum(keepdims=True)
        tally.add(counts, share, rows.sensitive.ordered)
    return bool(tally.meets(asked, rows.sensitive)[0])
