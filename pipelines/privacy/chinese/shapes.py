"""What the characters themselves say: surname and given name, transliteration, brackets, Latin runs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.chinese.characters import Codes, at, first_after, last_before

SURNAME, FIRST, SECOND, ONLY, FOREIGN = range(5)  # columns of the table of roles: half bits of log-odds, -16 to 16
_TRANSLITERATES = 3  # log-odds from which a character may belong to a transliterated name
_REACH = 24  # characters that a bracket is believed to stay open


@dataclass(frozen=True, slots=True)
class Shapes:
    """One small number for each character."""

    surname: Codes
    two: Codes  # how well a surname and one character fit from here
    three: Codes  # how well a surname and two characters fit from here
    foreign: Codes
    run: Codes  # the run of transliterating characters that this one is in: place, length, mean; 0 outside


def shapes(codes: Codes, roles: NDArray[np.int8]) -> Shapes:
    """Read the roles that each character has in names; `roles` has a row for each code."""
    table = roles[codes].astype(np.int32)
    surname, foreign = table[:, SURNAME], table[:, FOREIGN]
    two = surname + at(table[:, ONLY], 1)
    three = surname + at(table[:, FIRST], 1) + at(table[:, SECOND], 2)
    return Shapes(
        _bucket(surname + 16),
        _bucket(two + 16),
        _bucket(three + 20),
        np.clip((foreign + 8) >> 1, 0, 15).astype(np.uint32),
        _runs(foreign),
    )


def _bucket(score: NDArray[np.int32]) -> Codes:
    bucket: Codes = np.clip(score >> 2, 0, 15).astype(np.uint32)
    return bucket


def _runs(foreign: NDArray[np.int32]) -> Codes:
    inside = foreign >= _TRANSLITERATES
    begin, end = last_before(~inside) + 1, first_after(~inside)
    places = np.arange(len(foreign))
    left, right = np.clip(places - begin, 0, 3), np.clip(end - places - 1, 0, 3)
    sums = np.concatenate([[0], np.cumsum(np.where(inside, foreign, 0))])
    length = np.maximum(end - begin, 1)
    mean = np.clip((sums[end] - sums[np.minimum(begin, end)]) // length, 0, 15)
    return np.where(inside, ((left * 4 + right) * 8 + np.clip(length, 0, 7)) * 16 + mean + 1, 0).astype(np.uint32)


def brackets(codes: Codes) -> Codes:
    """Return 1 inside 《》, 2 inside (), 3 inside both, else 0."""
    title, round_ = _open(codes, "《", "》"), _open(codes, "(", ")")
    return (title + 2 * round_.astype(np.int64)).astype(np.uint32)


def _open(codes: Codes, opening: str, closing: str) -> NDArray[np.bool_]:
    opened, closed = last_before(codes == ord(opening)), last_before(codes == ord(closing))
    return (opened > closed) & (np.arange(len(codes)) - opened < _REACH)


@dataclass(frozen=True, slots=True)
class Latin:
    """The run of Latin letters that each character is in: what it looks like, and where it begins and ends."""

    shape: Codes  # 0 outside
    before: NDArray[np.int64]
    after: NDArray[np.int64]


def latin(codes: Codes) -> Latin:
    """Read the runs of Latin letters: their case, their length, and the place in them."""
    upper = (codes >= ord("A")) & (codes <= ord("Z"))
    letters = upper | ((codes >= ord("a")) & (codes <= ord("z")))
    before, after = last_before(~letters), first_after(~letters)
    sums = np.concatenate([[0], np.cumsum(upper)])
    capitals, length = sums[after] - sums[np.minimum(before + 1, after)], after - before - 1
    capital = upper[np.minimum(before + 1, len(codes) - 1)]
    # Lower, UPPER, Name, NameName, other.
    case = np.select([capitals == 0, capitals == length, capital & (capitals == 1), capital], [1, 2, 3, 4], 5)
    places = np.arange(len(codes))
    place = (places == before + 1) + 2 * (places == after - 1)
    shape = np.where(letters, (case * 4 + place) * 16 + np.minimum(length, 15), 0)
    return Latin(shape.astype(np.uint32), np.maximum(before, 0), np.minimum(after, len(codes) - 1))
