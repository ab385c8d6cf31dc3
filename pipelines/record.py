"""The one description of the data: each column's type, role, and what it can reveal about a person.

Expectations, anonymiser, features, the model's signature and the feedback form all follow from it.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from pipelines.column_values import check_values
from pipelines.contradictions import refuse_contradictions
from pipelines.errors import RecordError

# image: a picture as text, base64 of PNG, JPEG or WEBP bytes (`pipelines.pictures`).
Type = Literal["text", "category", "integer", "number", "boolean", "time", "image"]
Role = Literal["subject", "key", "time", "text", "feature", "label", "split", "consent"]
# identifier: names one person by itself. quasi: does so together with others. free_text: people write
# anything there. none: says nothing about who somebody is.
Privacy = Literal["identifier", "quasi", "free_text", "none"]

# What a model says of a row: one of some labels, one of labels in an order, a number, or how its text goes on.
Task = Literal["classification", "ordinal", "regression", "language"]

# What can be listed: other types have their values by nature.
LISTED: tuple[Type, ...] = ("text", "category", "integer", "number")
TYPES, ROLES, PRIVACY = get_args(Type), get_args(Role), get_args(Privacy)
# The name of a data set names its key store, its experiment and its models: files, on any system's disk.
NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9_-])?")
# What the values of a quasi-identifying category become that too few people share.
OTHER = "other"
EVERY = {
    True: ("yes", "Yes", "YES", "true", "True", "TRUE"),
    False: ("no", "No", "NO", "false", "False", "FALSE"),
}
NUMERAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]+)?")
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
# Seconds, or thousandths of them, since the beginning of 1970 in UTC.
EPOCHS = {"epoch": 1, "epoch_ms": 1000}
# How people write a thousand and a half: `numerals` reads both.
POINT, COMMA = "1,234.5", "1.234,5"
WRITTEN = (POINT, COMMA)


@dataclass(frozen=True)
class Column:
    """One column: what it holds, what it is for, and what it reveals.

    `missing` lists the spellings that mean "no value"; an empty cell always does. `categories` closes the
    set of values; `min` and `max` bound a number, or the length of a text in characters. Of rows that share a value of
    a `unique` column, the first one passes. `format` says how a time is written where it is not ISO 8601: codes of
    strftime, or one of EPOCHS; and how a number is, where people wrote it: POINT or COMMA.
    `ordered` says that the categories of a label stand in their order.
    """

    name: str
    type: Type
    role: Role | None = None
    privacy: Privacy = "none"
    required: bool = True
    missing: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    format: str | None = None
    unique: bool = False
    ordered: bool = False

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers."""
        return self.type in ("integer", "number")


@dataclass(frozen=True)
class Record:
    """The columns of one data set, in order, and the rules across them: (name, condition), as `rules` reads them."""

    name: str
    columns: tuple[Column, ...]
    rules: tuple[tuple[str, str], ...] = ()

    def with_role(self, role: Role) -> Column | None:
        """The column that has `role`, or None."""
        return next((column for column in self.columns if column.role == role), None)

    @property
    def label(self) -> Column:
        """The column that the model predicts."""
        return next(column for column in self.columns if column.role == "label")

    @property
    def text(self) -> Column | None:
        """The column whose text the model reads, or None for a table."""
        return self.with_role("text")

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns of a table that the model reads."""
        return tuple(column for column in self.columns if column.role == "feature")

    @property
    def inputs(self) -> tuple[Column, ...]:
        """All that the model reads: the text, if there is one, and the columns of a table, if there are any."""
        return ((self.text,) if self.text else ()) + self.features

    @property
    def has_classes(self) -> bool:
        """Whether the answer is one of some labels."""
        return self.task in ("classification", "ordinal")

    @property
    def task(self) -> Task:
        """What the model says of a row; it follows from the label, and a text without one is to be written on."""
        label = self.with_role("label")
        if label is None:
            return "language"
        if label.ordered:
            return "ordinal"
        # A number whose values are listed is a name for each of them, as the ten digits of a picture are.
        return "regression" if label.is_numeric and not label.categories else "classification"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """The column called `name`."""
        return next(column for column in self.columns if column.name == name)


def parse_record(section: object) -> Record:
    """The record that the section `record` of params.yaml describes.

    Raises RecordError where the section contradicts itself.
    """
    if not isinstance(section, Mapping) or not isinstance(section.get("columns"), Mapping):
        raise RecordError(
            "params.yaml: `record` does not list its columns.",
            "Expected `record: {name: …, columns: {NAME: {type: …, role: …, privacy: …}, …}}`.",
            "copy the section from the preset nearest to your data (`flywheel new --help` lists them).",
        )
    _refuse_unknown("record", section, ("name", "columns", "rules"))
    columns = tuple(_parse_column(str(name), entry) for name, entry in section["columns"].items())
    rules = _parse_rules(section.get("rules", {}), columns)
    record = Record(_name(section.get("name", "data")), columns, rules)
    refuse_contradictions(record)
    return record


def _name(given: object) -> str:
    """The name of the data set. Raises RecordError where it could not be a file's, or looks like another's."""
    name = str(given)
    if NAME.fullmatch(name) and not DEVICES.fullmatch(name):
        return name
    raise RecordError(
        "params.yaml: `record.name` is no name for a data set.",
        "Expected up to 64 of a-z, 0-9, dot, hyphen and underscore, a letter or a digit first, and no dot last.",
        "choose for example `name: product_reviews`; keys, experiments and models are called by it.",
    )


def _parse_rules(section: object, columns: tuple[Column, ...]) -> tuple[tuple[str, str], ...]:
    if not isinstance(section, Mapping) or not all(isinstance(rule, str) for rule in section.values()):
        raise RecordError(
            "params.yaml: `record.rules` does not name rules.",
            "Expected names with conditions, as `end after start: start <= end`.",
            "give each rule a name and a condition in one line.",
        )
    if section:
        from pipelines.rules import condition  # the service reads records too, and has no use for tables

        for rule in section.values():
            condition(rule, {column.name: column.type for column in columns})
    return tuple((str(name), rule) for name, rule in section.items())


def _parse_column(name: str, entry: object) -> Column:
    where = f"record.columns.{name}"
    if not isinstance(entry, Mapping):
        raise RecordError(
            f"params.yaml: `{where}` is not a mapping.",
            "Expected for example `{type: text, role: text, privacy: free_text}`.",
            f"give `{where}` at least a `type`: {', '.join(TYPES)}.",
        )
    _refuse_unknown(where, entry, [field.name for field in fields(Column) if field.name != "name"])
    _refuse_value(where, "type", entry.get("type"), TYPES)
    if entry.get("role") is not None:
        _refuse_value(where, "role", entry["role"], ROLES)
    _refuse_value(where, "privacy", entry.get("privacy", "none"), PRIVACY)
    _refuse_format(where, entry)
    check_values(where, entry)
    lists = {key: tuple(map(str, entry[key])) for key in ("missing", "categories") if key in entry}
    if entry.get("granted"):
        # A bare `yes`, `Yes` or `true` of YAML is one and the same to us: each of them may stand in the data.
        said = (EVERY[value] if isinstance(value, bool) else (str(value),) for value in entry["granted"])
        lists["granted"] = tuple(spelling for spellings in said for spelling in spellings)
    if "categories" in lists:
        lists["categories"] = tuple(_listed(where, value, entry["type"]) for value in lists["categories"])
    return Column(name=name, **{**entry, **lists})


def _listed(where: str, value: str, kind: Type) -> str:
    """A value of `categories` as the data are written out behind `validate`: 5 and 5.0 are one integer."""
    number = float(value) if NUMERAL.fullmatch(value) else None
    if kind in ("integer", "number") and number is not None and (kind == "number" or number.is_integer()):
        return repr(number) if kind == "number" else str(int(number))
    if kind in ("text", "category"):
        return value
    raise RecordError(
        f"params.yaml: `{where}.categories` lists what no {kind} can be.",
        f"Expected numbers in a column of numbers, and no list for other types than {', '.join(LISTED)}.",
        f"correct `{where}.categories` or its `type`; `category` takes any spelling.",
    )


def _refuse_format(where: str, entry: Mapping[str, object]) -> None:
    form = entry.get("format")
    if form is None or (entry["type"] == "time" and (form in EPOCHS or "%" in str(form))):
        return
    if entry["type"] in ("integer", "number") and form in WRITTEN:
        return
    raise RecordError(
        f"params.yaml: `{where}.format` says how no time and no number is written.",
        f'Expected, of a time, codes as in "%m/%d/%Y %H:%M", or {" or ".join(EPOCHS)}; of a number, '
        f'"{WRITTEN[0]}" or "{WRITTEN[1]}".',
        f"correct `{where}.format`, or remove it: ISO 8601 and plain numbers need none.",
    )


def _refuse_unknown(where: str, entry: Mapping[str, object], known: list[str] | tuple[str, ...]) -> None:
    for key in entry:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            raise RecordError(
                f"params.yaml: `{where}` has an unknown key '{key}'.",
                f"Expected one of: {', '.join(known)}.",
                f"write '{near[0]}' instead." if near else f"remove '{key}'.",
            )


def _refuse_value(where: str, key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value in allowed:
        return
    near = difflib.get_close_matches(str(value), allowed, n=1)
    raise RecordError(
        f"params.yaml: `{where}.{key}` is '{value}'.",
        f"Expected one of: {', '.join(allowed)}.",
        f"write '{near[0]}' instead." if near else f"choose one of them for `{where}.{key}`.",
    )
