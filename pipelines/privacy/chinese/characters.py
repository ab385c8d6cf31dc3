"""Characters as numbers: traditional folded to simplified, full-width to ASCII, every digit to one."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)
Codes = NDArray[np.uint32]
CODES = 0x10000  # characters beyond the basic plane share its last code


def fold(text: str, folding: NDArray[np.uint16]) -> Codes:
    """Return one folded code for each character of `text`; `folding` has one entry for each of the `CODES`."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return folding[np.minimum(codes, CODES - 1)].astype(np.uint32)


def at(values: NDArray[Value], offset: int) -> NDArray[Value]:
    """Return for each place the value that stands `offset` places to its right, 0 beyond the ends."""
    if offset == 0:
        return values
    moved = np.zeros_like(values)
    if offset > 0:
        moved[:-offset] = values[offset:]
    else:
        moved[-offset:] = values[:offset]
    return moved


def last_before(marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each place the nearest marked place that is not to its right, -1 where there is none."""
    return np.maximum.accumulate(np.where(marked, np.arange(len(marked)), -1))


def first_after(marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each place the nearest marked place that is not to its left, the length where there is none."""
    length = len(marked)
    return np.minimum.accumulate(np.where(marked, np.arange(length), length)[::-1])[::-1]
