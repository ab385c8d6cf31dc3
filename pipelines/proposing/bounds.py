"""Between which numbers a column's values lie, in round figures; and whether they are steps of a scale."""

import math
from collections.abc import Mapping
from typing import Any

from pipelines.contradictions import FEWEST_ORDERED
from pipelines.proposing.cells import Cells
from pipelines.proposing.naming import says, words
from pipelines.proposing.vocabulary import GRADES, SCALES
from pipelines.record import Privacy, Role

# A value that fewer rows share may point at one of them.
SHARED_BY = 10


def has_order(cells: Cells, entry: Mapping[str, Any]) -> bool:
    """Whether a label's categories are numbers, and its name says that they are grades of something."""
    listed = entry.get("categories", ())
    return len(listed) >= FEWEST_ORDERED and cells.type == "integer" and says(cells.name, GRADES)


def bounds(cells: Cells, kind: str, role: Role | None, privacy: Privacy) -> dict[str, Any]:
    """Round bounds, wider than the data: an odd one would be somebody's."""
    if role == "text":
        return {"max": max(200, ladder(2 * cells.longest))}
    if kind not in ("integer", "number") or privacy == "identifier" or cells.low is None or cells.high is None:
        return {}
    for word in words(cells.name):
        if word in SCALES and SCALES[word][0] <= cells.low and cells.high <= SCALES[word][1]:
            return dict(zip(("min", "max"), SCALES[word], strict=True))
    if kind == "number" and cells.low >= 0 and 0.5 < cells.high <= 1:
        return {"min": 0, "max": 1}  # a share
    if is_scale(cells):
        return {"min": int(cells.low), "max": int(cells.high)}
    low = 0 if cells.low >= 0 else -ladder(-2 * cells.low)
    return {"min": low, "max": ladder(2 * cells.high) if cells.high > 0 else 0}


def is_scale(cells: Cells) -> bool:
    """Whether the numbers are a short scale, as 1 to 5, each step of which many rows share."""
    if cells.type != "integer" or cells.values is None or not 2 <= cells.kinds <= 20 or cells.low is None:
        return False
    return cells.low >= 0 and min(cells.values.values()) >= SHARED_BY and (cells.high or 0) <= 20


def ladder(value: float) -> int | float:
    """The next of 1, 2, 5, 10, 20 … that is no smaller.

    >>> ladder(173), ladder(0.03), ladder(1000)
    (200, 0.05, 1000)
    """
    if value <= 0:
        return 1
    power = math.floor(math.log10(value))
    step = next(step for step in (1, 2, 5, 10, 20) if value <= step * 10**power * (1 + 1e-9))
    return step * 10**power if power >= 0 else round(step * 10.0**power, -power)
