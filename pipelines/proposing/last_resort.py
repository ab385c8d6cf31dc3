"""The label of a source none of whose columns is named like one, nor stands where labels stand."""

from collections.abc import Sequence

from pipelines.proposing.cells import Cells
from pipelines.proposing.naming import words
from pipelines.proposing.vocabulary import NOT_LABEL, WORTH

PLACES = frozenset({"lat", "lng", "lon", "long", "latitude", "longitude", "zip", "x", "y", "z", "经度", "纬度"})
KEYS = 0.98  # so many different values among whole numbers are keys


def only_candidate(
    classes: Sequence[Cells], numbers: Sequence[Cells], last: str, *, beside_text: bool
) -> tuple[str, str] | None:
    """The one column that is left to predict, and why it was taken; None where there are several, or none.

    Of a text: what it alone is sorted by, as the team that a ticket goes to. Of a table: what alone is worth something,
    or else the numbers of the `last` column, where tables to learn from have what is to be estimated.
    """
    if beside_text:
        left = [cells for cells in classes if not set(words(cells.name)) & NOT_LABEL]
        why = "taken for the label, for nothing else beside the text has few values"
    else:
        left = [cells for cells in numbers if set(words(cells.name)) & WORTH]
        why = "a number, to be estimated: taken for the label because it says what something is worth"
        if not left:
            left = [cells for cells in numbers if cells.name == last and _may_be_estimated(cells)]
            why = "a number, to be estimated: taken for the label by its place alone; `--label NAME` names another one"
    return (left[0].name, why) if len(left) == 1 else None


def _may_be_estimated(cells: Cells) -> bool:
    is_key = cells.type == "integer" and cells.distinct > KEYS
    return not is_key and not set(words(cells.name)) & (NOT_LABEL | PLACES)
