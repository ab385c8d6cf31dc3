"""Which column is the label, the text, the subject, the time, the split, the consent; and which are features."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipelines.proposing.cells import Cells
from pipelines.proposing.echoes import MOST_CATEGORIES, tells
from pipelines.proposing.labels import are_lists, is_quantity, label_score, may_be_label
from pipelines.proposing.last_resort import only_candidate
from pipelines.proposing.naming import is_weight, names_a_person, says, score, words
from pipelines.proposing.vocabulary import (
    ABOVE,
    BIRTH,
    CONSENT,
    LABEL,
    MAIL,
    NAMES,
    NOT_LABEL,
    PAPERS,
    PARTS,
    REACH,
    ROW,
    SPLIT,
    TEXT,
    THINGS,
    TIME,
    TRAIT,
)
from pipelines.record import Privacy, Role
from pipelines.values import TRUE

LEAST_SCORE = 2.5
# How much the name of a number says "label" before it is one.
NAMED = 10
CLOSE = 2.0
NAMED_PERSON = 8.0  # a name that says "user", "customer", "patient"
UNNAMED = re.compile(r"column_\d+")
LABELLED = 0.98


@dataclass
class Roles:
    """The roles by column, and the doubts: of the whole (`doubts`) and of single columns (`of`).

    `joined` are the columns that are one text together with that of the role, itself among them.
    """

    roles: dict[str, Role] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    of: dict[str, list[str]] = field(default_factory=dict)
    joined: tuple[str, ...] = ()

    def holder(self, role: Role) -> str | None:
        """The column that has a role."""
        return next((name for name, each in self.roles.items() if each == role), None)

    def doubt(self, name: str, why: str) -> None:
        """Note what is unsure about a column."""
        self.of.setdefault(name, []).append(why)

    def free(self, name: str) -> bool:
        """Whether a column has no role yet."""
        return name not in self.roles


def roles_of(
    columns: Sequence[Cells], privacy: Mapping[str, Privacy], rows: pl.DataFrame, told: Mapping[str, Role]
) -> Roles:
    """The role of each column, those that somebody `told` first."""
    roles = Roles(dict(told))
    _split(columns, roles)
    _consent(columns, roles)
    _text([cells for cells in columns if privacy[cells.name] != "identifier"], roles)
    _label(columns, privacy, roles)
    _subject(columns, privacy, roles)
    _time(columns, roles)
    if roles.holder("text") is None and roles.holder("label") is not None:
        _features(columns, privacy, rows, roles)
    _echoes(columns, rows, roles)
    return roles


def _split(columns: Sequence[Cells], roles: Roles) -> None:
    if roles.holder("split"):
        return
    for cells in columns:
        values = {value.casefold() for value in cells.values or ()}
        if roles.free(cells.name) and says(cells.name, SPLIT) and {"train", "test"} <= values <= PARTS:
            roles.roles[cells.name] = "split"
            return


def _consent(columns: Sequence[Cells], roles: Roles) -> None:
    if roles.holder("consent"):
        return
    for cells in columns:
        granting = granted(cells)
        if roles.free(cells.name) and says(cells.name, CONSENT) and granting and cells.kinds <= 4:
            roles.roles[cells.name] = "consent"
            roles.doubt(
                cells.name, f"taken for consent, granted by {' or '.join(granting)}: rows without it never arrive"
            )
            return


def granted(cells: Cells) -> list[str]:
    """The values of a column that say yes."""
    return sorted(
        value for value in cells.values or () if value.lower() in (*TRUE, "granted", "agree", "agreed", "是", "同意")
    )


def _text(columns: Sequence[Cells], roles: Roles) -> None:
    """The column that people write in: by its name, and by the length of what stands there."""
    if roles.holder("text") or "feature" in roles.roles.values():
        return
    scores = {
        cells.name: score(cells.name, TEXT) + min(cells.words, 20) / 2
        for cells in columns
        if roles.free(cells.name)
        and cells.is_free_text
        and cells.filled >= 0.5
        and not says(cells.name, REACH - {"email", "mail"})
    }
    if not scores:
        return
    best = max(scores, key=lambda name: scores[name])
    roles.roles[best] = "text"
    parts = [other for other in scores if other != best and _belong(best, other)]
    for other in scores:
        if other != best and other not in parts:
            roles.doubt(other, f"another text: a model reads one, and {best} was chosen")
    if parts:
        # What stands in some rows alone, as the text that an instruction is about, is a part where others are.
        thin = [cells.name for cells in columns if cells.name not in scores and _is_thin(cells, roles)]
        roles.joined = tuple(cells.name for cells in columns if cells.name in (best, *parts, *thin))
    tabular = [cells.name for cells in columns if cells.type in ("integer", "number", "boolean", "category")]
    if len(tabular) >= 8 and scores[best] < 12:
        roles.doubt(best, "beside many columns of a table: take its role away, and the model reads the table")


def _is_thin(cells: Cells, roles: Roles) -> bool:
    """Whether a column holds texts in fewer than half of the rows, and is named like a text."""
    return roles.free(cells.name) and cells.is_free_text and 0 < cells.filled < 0.5 and score(cells.name, TEXT) > 0


def _belong(text: str, other: str) -> bool:
    """Whether two texts are parts of one: a title and what stands below it; or nobody knows what they are called."""
    if UNNAMED.fullmatch(text) and UNNAMED.fullmatch(other):
        return True
    known = score(text, TEXT) > 0 and score(other, TEXT) > 0
    return known and (says(other, ABOVE) or says(text, ABOVE))


def _label(columns: Sequence[Cells], privacy: Mapping[str, Privacy], roles: Roles) -> None:
    """The column to predict: by its name, its place and its values."""
    if roles.holder("label"):
        return
    text = roles.holder("text") is not None
    candidates = [each for each in columns if roles.free(each.name) and may_be_label(each, privacy, beside_text=text)]
    scores = {cells.name: label_score(cells, columns, privacy) for cells in candidates}
    ranked = sorted(scores, key=lambda name: -scores[name])
    numbers = _numbers(columns, privacy, roles)
    if not ranked or scores[ranked[0]] < LEAST_SCORE:
        if numbers:
            roles.roles[numbers[0]] = "label"
            roles.doubt(numbers[0], "a number, to be estimated; if it names classes, list them under `categories`")
        else:
            _last_resort(candidates, columns, privacy, roles)
        return
    best = ranked[0]
    roles.roles[best] = "label"
    if score(best, LABEL) == 0:
        roles.doubt(best, "taken for the label by its place and its values, not by its name")
    holds = next(cells for cells in columns if cells.name == best)
    if are_lists(holds):
        roles.doubt(best, "its values look like lists of several: each list counts as a class of its own")
    filled = holds.filled
    if filled < LABELLED:
        roles.doubt(best, f"{1 - filled:.0%} of the rows have none: they will be held back".replace("%", " %", 1))
    close = [name for name in ranked[1:3] if scores[name] > scores[best] - CLOSE] + numbers[:1]
    if close:
        roles.doubt(best, f"{' or '.join(close)} could be the label as well")


def _last_resort(
    candidates: Sequence[Cells], columns: Sequence[Cells], privacy: Mapping[str, Privacy], roles: Roles
) -> None:
    theirs = {cells.name: privacy[cells.name] for cells in columns if roles.free(cells.name)}
    classes = [cells for cells in candidates if theirs[cells.name] == "none" and cells.type in ("category", "boolean")]
    numbers = [cells for cells in columns if is_quantity(cells) and theirs.get(cells.name) == "none"]
    last = columns[-1].name if len(columns) > 2 else ""
    found = only_candidate(classes, numbers, last, beside_text=roles.holder("text") is not None)
    if found is not None:
        roles.roles[found[0]] = "label"
        roles.doubt(*found)


def _numbers(columns: Sequence[Cells], privacy: Mapping[str, Privacy], roles: Roles) -> list[str]:
    """The columns that are named like a label, and hold numbers with more values than classes have."""
    text = roles.holder("text") is not None
    return [
        cells.name
        for cells in columns
        if is_quantity(cells, beside_text=text)
        and roles.free(cells.name)
        and privacy[cells.name] == "none"
        and score(cells.name, LABEL) >= NAMED
        and not set(words(cells.name)) & NOT_LABEL
    ]


def _subject(columns: Sequence[Cells], privacy: Mapping[str, Privacy], roles: Roles) -> None:
    """Whose the row is: what it takes to find all of a person's rows when they ask to be forgotten."""
    if roles.holder("subject"):
        return
    people = any(says(cells.name, TRAIT) or privacy[cells.name] == "quasi" for cells in columns)
    scores: dict[str, float] = {}
    for cells in columns:
        if not roles.free(cells.name) or cells.kinds < 10 or cells.type in ("time", "number"):
            continue
        found = _subject_score(cells, privacy, people=people)
        # Guests have no number, and yet whoever has one may ask to be forgotten: the name must say that it is people's.
        if found > 0 and (cells.filled >= 0.9 or (found >= NAMED_PERSON and cells.filled >= 0.1)):
            scores[cells.name] = found
    if not scores:
        return
    best = max(scores, key=lambda name: scores[name])
    roles.roles[best] = "subject"
    filled = next(cells.filled for cells in columns if cells.name == best)
    if filled < 0.9:
        roles.doubt(
            best, f"{1 - filled:.0%} of the rows name nobody: each of those stands for itself".replace("%", " %")
        )
    if scores[best] < 5:
        roles.doubt(best, "taken for the person's key, because the other columns are about people")
    if others := [name for name in scores if name != best and scores[name] > scores[best] - CLOSE]:
        roles.doubt(best, f"{' or '.join(others)} could be whose the row is as well")


def _subject_score(cells: Cells, privacy: Mapping[str, Privacy], *, people: bool) -> float:
    said = set(words(cells.name))
    if names_a_person(cells.name):
        return 10 if said & {"id", "uid", "userid", "编号", "号"} else NAMED_PERSON
    if said & THINGS:
        return 0
    if privacy[cells.name] == "identifier":
        # Two people may have one name; an address for mail is rarely two people's, and a passport never.
        for sure, vocabulary in ((7, PAPERS), (6, MAIL)):
            if says(cells.name, vocabulary):
                return sure
    if says(cells.name, NAMES) and privacy[cells.name] == "identifier":
        return 5
    if said and said <= ROW and people and cells.distinct > 0.99 and privacy[cells.name] == "identifier":
        return 4
    return 0


def _time(columns: Sequence[Cells], roles: Roles) -> None:
    """When it happened; a date of birth is no such time."""
    times = [
        c for c in columns if roles.free(c.name) and c.type == "time" and not says(c.name, BIRTH) and c.filled > 0.5
    ]
    if roles.holder("time") or not times:
        return
    best = max(times, key=lambda cells: (score(cells.name, TIME), cells.filled))
    roles.roles[best.name] = "time"
    if len(times) > 1:
        roles.doubt(best.name, f"one of {len(times)} times: taken for when the row came to be")


def _features(columns: Sequence[Cells], privacy: Mapping[str, Privacy], rows: pl.DataFrame, roles: Roles) -> None:
    label = roles.holder("label") or ""
    for cells in columns:
        if not roles.free(cells.name) or cells.type in ("text", "time") or privacy[cells.name] == "identifier":
            continue
        if cells.is_constant:
            continue
        if cells.type == "category" and cells.kinds > MOST_CATEGORIES:
            roles.doubt(cells.name, "too many categories to learn from: it has no role")
        elif is_weight(cells.name):
            roles.doubt(cells.name, "a weight of rows, and no property of them: it has no role")
        elif not tells(cells, rows, label):
            roles.roles[cells.name] = "feature"


def _echoes(columns: Sequence[Cells], rows: pl.DataFrame, roles: Roles) -> None:
    """Say which columns without a role give the label away: nobody may make features of them."""
    label = roles.holder("label")
    for cells in columns:
        if label and roles.free(cells.name) and not cells.is_constant and tells(cells, rows, label):
            roles.doubt(cells.name, f"tells {label} by itself: known before it, or its echo? it has no role")
