"""How much of a label a column has, by its name, its place and its values; and whether it names classes or amounts."""

from collections.abc import Mapping, Sequence

from pipelines.proposing.cells import Cells
from pipelines.proposing.naming import score, words
from pipelines.proposing.vocabulary import LABEL, NOT_LABEL
from pipelines.record import Privacy

MOST_CLASSES = 50
# What people ask a bank is sorted into 77 intents, and into 150 elsewhere; each with examples enough to learn it from.
MOST_OF_TEXTS = 500
LEAST_EACH = 5
# What parts several labels of one row, and how many such rows' values tell that it does.
MARKS, LEAST_LISTS = "|,;/+、，；", 3


def may_be_label(cells: Cells, privacy: Mapping[str, Privacy], *, beside_text: bool) -> bool:
    """Whether a column holds few enough values, none of them somebody's name or a text."""
    few = cells.kinds <= MOST_CLASSES or (beside_text and _are_intents(cells))
    fit = cells.kinds >= 2 and cells.values is not None and few
    return fit and cells.type != "time" and privacy[cells.name] != "identifier" and not cells.is_free_text


def label_score(cells: Cells, columns: Sequence[Cells], privacy: Mapping[str, Privacy]) -> float:
    """How sure it is that a column is the label: below 2.5 it is not."""
    place = [each.name for each in columns].index(cells.name)
    found = float(score(cells.name, LABEL))
    if set(words(cells.name)) & NOT_LABEL:
        found -= 6
    if place == len(columns) - 1:
        found += 3
    elif place == 0:
        found += 2.5
    if privacy[cells.name] == "quasi":
        found -= 5
    if cells.kinds <= 10:
        found += 1
    elif cells.kinds > MOST_CLASSES:
        found -= 3
    if cells.type in ("integer", "number") and cells.kinds > 12:
        found -= 4
    # A label that most rows lack is an afterthought of somebody's.
    return found - 12 * (1 - cells.filled)


def is_quantity(cells: Cells, *, beside_text: bool = False) -> bool:
    """Whether a column holds numbers that are no names of classes."""
    many = cells.kinds > MOST_CLASSES or cells.values is None
    return cells.type in ("integer", "number") and many and not (beside_text and _are_intents(cells))


def _are_intents(cells: Cells) -> bool:
    """Whether many values could still be the classes of texts: words or their numbers, each on rows enough."""
    if cells.values is None or not cells.kinds <= MOST_OF_TEXTS:
        return False
    enough = sum(cells.values.values()) >= LEAST_EACH * cells.kinds
    return enough and (cells.type not in ("integer", "number") or _are_numbered(cells))


def are_lists(cells: Cells) -> bool:
    """Whether values are made of others: of three or more, all parts between the same marks are values too."""
    there = set(cells.values or ())
    return any(
        sum(mark in value and {part.strip() for part in value.split(mark)} <= there for value in there) >= LEAST_LISTS
        for mark in MARKS
    )


def _are_numbered(cells: Cells) -> bool:
    """Whether numbers count something through without a gap, from 0 or 1 on, as numbers of classes do."""
    if cells.values is None or cells.type != "integer":
        return False
    found = {int(float(value)) for value in cells.values}
    return found in (set(range(len(found))), set(range(1, len(found) + 1)))
