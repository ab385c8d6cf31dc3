"""Lines about columns that are numbered through and alike, as one line: nobody reads a thousand of them."""

import re
from collections.abc import Sequence

NUMBERED = re.compile(r"(.*?)(\d+)")
# Three lines are read faster than one that stands for them.
LEAST = 4

Line = tuple[str, ...]  # a column's name, and what is said of it


def folded(lines: Sequence[Line]) -> list[Line]:
    """`lines` with each run of LEAST or more columns, as "V1", "V2", … of which the same is said, made one."""
    found: list[Line] = []
    start = 0
    while start < len(lines):
        end = start + 1
        while end < len(lines) and _follows(lines[end - 1], lines[end]):
            end += 1
        run = lines[start:end]
        found += run if len(run) < LEAST else [(f"{run[0][0]} … {run[-1][0]}", *run[0][1:])]
        start = end
    return found


def _follows(before: Line, line: Line) -> bool:
    one, other = NUMBERED.fullmatch(before[0]), NUMBERED.fullmatch(line[0])
    if one is None or other is None or before[1:] != line[1:]:
        return False
    return one[1] == other[1] and int(one[2]) + 1 == int(other[2])
