"""The features of each character: hashes of what stands there and beside it, the same in learning and in use."""

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.chinese.characters import Codes, at
from pipelines.privacy.chinese.shapes import Shapes, brackets, latin, shapes
from pipelines.privacy.chinese.words import Contexts, Words, read

BITS = 19  # of a feature's hash
_GOLDEN, _MIX, _SALT = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


class Columns:
    """The columns of features that were added: each one the hash of its number and of the values given."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.hashed: list[NDArray[np.int32]] = []

    def add(self, *values: Codes) -> None:
        """Add one feature: the values together."""
        salt = np.uint32((len(self.hashed) + 1) * int(_SALT) & 0xFFFFFFFF)
        mixed = np.full(self.length, salt)
        for value in values:
            mixed = (mixed ^ value) * _GOLDEN
            mixed ^= mixed >> np.uint32(14)
        self.hashed.append(((mixed * _MIX) >> np.uint32(32 - BITS)).astype(np.int32))


def features(
    codes: Codes, words: NDArray[np.uint16], contexts: NDArray[np.uint16], roles: NDArray[np.int8]
) -> NDArray[np.int32]:
    """Return the features of each character: shape (features, characters), values below 2**BITS."""
    found, around = read(codes, words, contexts)
    look = shapes(codes, roles)
    columns = Columns(len(codes))
    _characters(columns, codes)
    _dictionary(columns, found)
    _candidates(columns, look, found)
    _transliterations(columns, look, found)
    _contexts(columns, around, look, found)
    bracket = brackets(codes)
    for value in (look.two * np.uint32(16) + look.three, found.begins, look.run >> np.uint32(4)):
        columns.add(bracket, value)
    columns.add(bracket)
    _latin(columns, codes, bracket, around, found)
    return np.stack(columns.hashed)


def _characters(columns: Columns, codes: Codes) -> None:
    near = {offset: at(codes, offset) for offset in range(-2, 3)}
    for offset in range(-2, 3):
        columns.add(near[offset])
    for offset in range(-2, 2):
        columns.add(near[offset], near[offset + 1])
    columns.add(near[-1], near[0], near[1])


def _dictionary(columns: Columns, found: Words) -> None:
    for offset in range(4):
        columns.add(at(found.begins, offset))
        columns.add(at(found.ends, -offset))
    for offset in range(1, 4):
        columns.add(at(found.begins_which, offset))
        columns.add(at(found.ends_which, -offset))
    for pair in (
        (found.holds,),
        (found.crosses,),
        (at(found.crosses, 1), found.begins),
        (found.begins, found.ends, found.holds),
        (found.crosses, at(found.ends, -1)),
        (at(found.crosses, 1), at(found.begins, 1)),
        (at(found.ends, -1), found.begins),
        (found.ends, at(found.begins, 1)),
    ):
        columns.add(*pair)


def _candidates(columns: Columns, look: Shapes, found: Words) -> None:
    """Add the names of two and three characters that might begin here, or have begun one or two to the left."""
    fit = look.two * np.uint32(16) + look.three
    left, far = at(fit, -1), at(fit, -2)
    for values in (
        (fit,),
        (left,),
        (far,),
        (fit, left),
        (left, far),
        (at(fit, 1),),
        (fit, found.begins, found.crosses),
        (left, found.ends, at(found.crosses, 1)),
        (far, found.ends, at(found.crosses, 1)),
        (look.three, at(found.crosses, 3), at(found.begins, 3) >> np.uint32(6)),
        (look.two, at(found.crosses, 2), at(found.begins, 2)),
        (fit, at(found.ends, -1)),
        (left, at(found.begins, 1)),
        (far, at(found.begins, 1)),
        (look.surname, at(found.ends, -1)),
    ):
        columns.add(*values)


def _transliterations(columns: Columns, look: Shapes, found: Words) -> None:
    columns.add(look.run)
    columns.add(look.foreign, at(look.foreign, -1), at(look.foreign, 1))
    columns.add(look.run, at(found.ends, -1) & np.uint32(63))
    columns.add(look.run, found.crosses)
    columns.add(look.run, at(found.crosses, 1))


def _contexts(columns: Columns, around: Contexts, look: Shapes, found: Words) -> None:
    """Add whether the word before introduces names, and the word behind a candidate follows them."""
    fit = look.two * np.uint32(16) + look.three
    before = at(around.introduces, -1)
    behind = {offset: at(around.follows, offset) for offset in (1, 2, 3)}
    run = look.run >> np.uint32(4)
    for values in (
        (before,),
        (before, fit),
        (before, run),
        (before, found.begins),
        (before, behind[2]),
        (before, behind[3]),
        (behind[1],),
        (behind[2],),
        (behind[3],),
        (behind[2], look.two),
        (behind[3], look.three),
        (behind[1], at(fit, -1)),
        (behind[1], at(fit, -2)),
        (behind[1], run),
        (behind[1], found.ends),
    ):
        columns.add(*values)


def _latin(columns: Columns, codes: Codes, bracket: Codes, around: Contexts, found: Words) -> None:
    """Add what a run of Latin letters looks like, and what stands on both sides of it."""
    run = latin(codes)
    inside = run.shape > 0
    columns.add(run.shape)
    for beside in (
        codes[run.before],
        codes[run.after],
        around.introduces[run.before],
        around.follows[run.after],
        found.begins,
        bracket,
    ):
        columns.add(run.shape, np.where(inside, beside, np.uint32(0)))
