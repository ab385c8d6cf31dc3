"""The label of a source none of whose columns is named like one, nor stands where labels stand."""

from collections.abc import Sequence

from pipelines.proposing.cells import Cells
from pipelines.proposing.naming import words
from pipelines.proposing.vocabulary import NOT_LABEL, WORTH


def only_candidate(classes: Sequence[Cells], numbers: Sequence[Cells], *, beside_text: bool) -> tuple[str, str] | None:
    """The one column that is left to predict, and why it was taken; None where there are several, or none.

    Of a text: what it alone is sorted by, as the team that a ticket goes to. Of a table: what alone is worth something.
    """
    if beside_text:
        left = [cells for cells in classes if not set(words(cells.name)) & NOT_LABEL]
        why = "taken for the label, for nothing else beside the text has few values"
    else:
        left = [cells for cells in numbers if set(words(cells.name)) & WORTH]
        why = "a number, to be estimated: taken for the label because it says what something is worth"
    return (left[0].name, why) if len(left) == 1 else None
