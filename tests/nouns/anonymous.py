"""Tables of people for the tests of their company: drawn at random, and seen through two ways of counting."""

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import strategies as some

from pipelines.anonymity.rules import TableRules
from pipelines.record import Column, Record

RECORD = Record(
    "people",
    (
        Column("user", "text", "subject", "identifier"),
        Column("age", "integer", "feature", "quasi"),
        Column("born", "time", None, "quasi"),
        Column("city", "category", "feature", "quasi"),
        Column("trade", "category", "feature", "quasi"),
        Column("member", "boolean", "feature", "quasi"),
        Column("income", "number", "feature"),
        Column("label", "category", "label"),
    ),
)
QUASI = ("age", "born", "city", "trade", "member")
TREE = {
    "Rome": ("Italy", "Europe", "*"),
    "Milan": ("Italy", "Europe", "*"),
    "Paris": ("France", "Europe", "*"),
    "Tokyo": ("Japan", "Asia", "*"),
}
SCHEMA = {
    "row": pl.String,
    "subject": pl.String,
    "origin": pl.String,
    "age": pl.Int64,
    "born": pl.Date,
    "city": pl.String,
    "trade": pl.String,
    "member": pl.Boolean,
    "income": pl.Float64,
    "label": pl.String,
}
_person = some.tuples(
    some.sampled_from([f"s{number}" for number in range(12)]),
    some.none() | some.integers(18, 90),
    some.none() | some.dates(dt.date(1950, 1, 1), dt.date(1950, 2, 1)),
    some.none() | some.sampled_from([*TREE, "Atlantis"]),
    some.none() | some.sampled_from("abcdef"),
    some.none() | some.booleans(),
    some.none() | some.sampled_from([1.0, 2.0, 5.0]),
    some.none() | some.sampled_from(["no", "yes", "maybe"]),
)


def frame(people: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Typed rows of RECORD, as the anonymiser has them: subject, age, born, city, trade, member, income, label."""
    rows = [(f"r{number}", person[0], "source", *person[1:]) for number, person in enumerate(people)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


tables = some.lists(_person, min_size=1, max_size=50).map(frame)
rules = some.builds(
    TableRules,
    k=some.integers(2, 6),
    distinct_l=some.integers(1, 3),
    entropy_l=some.sampled_from([1.0, 1.3, 1.9]),
    t=some.sampled_from([0.2, 0.5, 1.0]),
    sensitive=some.sampled_from(["label", "income"]),
    quasi=some.just(QUASI),
    hierarchies=some.sampled_from([{}, {"city": TREE}]),
)


def by_hand(rows: pl.DataFrame, cells: pl.DataFrame, sensitive: str) -> dict[str, list[dict[str, Any]]]:
    """The people of each class, a class being all rows whose published cells read alike."""
    found: dict[str, list[dict[str, Any]]] = {}
    for person, published in zip(rows.iter_rows(named=True), cells.select(QUASI).iter_rows(), strict=True):
        found.setdefault(repr(published), []).append({"subject": person["subject"], "value": person[sensitive]})
    return found
