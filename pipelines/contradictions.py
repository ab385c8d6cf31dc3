"""What the columns of a record cannot ask for together."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.errors import ParameterError, RecordError

if TYPE_CHECKING:
    from pipelines.record import Record

# Roles that one column has, or none.
ONE_EACH = ("subject", "key", "time", "text", "label", "split", "consent")
# What is read behind the anonymiser: a column that it takes out cannot have one of these roles.
READ = ("text", "feature", "label", "split", "time")
# What the project itself calls columns beside those of a record, in the tables that it passes on.
TAKEN = frozenset({"row", "subject", "origin", "key", "place", "bucket", "part", "person"})
# Of two values each is the other's opposite, whichever comes first.
FEWEST_ORDERED = 3


def refuse_contradictions(record: "Record") -> None:
    """Raise RecordError where the columns of `record` ask for what cannot be together."""
    for role in ONE_EACH:
        named = [column.name for column in record.columns if column.role == role]
        if len(named) > 1:
            raise RecordError(
                f"params.yaml: {len(named)} columns have the role '{role}': {', '.join(named)}.",
                f"Expected at most one column with the role '{role}'.",
                f"keep `role: {role}` at one of them.",
            )
    for column in record.columns:
        # The column that says of which part a row is may be called so: it is read, and its part takes its place.
        if column.name in TAKEN and not (column.name == "part" and column.role == "split"):
            raise RecordError(
                f"params.yaml: a column of `record` is called '{column.name}', as one of our own beside it.",
                f"Expected another name than {', '.join(sorted(TAKEN))}.",
                f"rename it in the source, for example to `{column.name}_`, or in the query that brings it.",
            )
        if column.role in READ and column.privacy == "identifier":
            raise RecordError(
                f"params.yaml: `record.columns.{column.name}` is an identifier, and has the role '{column.role}'.",
                "Expected no use for it behind the anonymiser, which takes identifiers out.",
                "write `privacy: quasi` where it only helps to tell people apart, or take the role away.",
            )
    _check_task(record)
    consent = record.with_role("consent")
    if consent is not None and not consent.granted:
        raise RecordError(
            f"params.yaml: `record.columns.{consent.name}` does not say which values grant consent.",
            "Expected for example `granted: [yes]`.",
            "list the values that mean consent under `granted`.",
        )


def refuse_lost_splits(files: Mapping[str, str] | None, record: "Record") -> None:
    """Raise ParameterError where `files` are told to be different splits, and `record` has no place to keep that."""
    if files and len(set(files.values())) > 1 and record.with_role("split") is None:
        raise ParameterError(
            "params.yaml: `ingest.files` names splits, and no column has the role `split`.",
            "Expected a column that keeps which part a row is of: without it test rows would be learnt from.",
            "add `split: {type: category, role: split}` to `record.columns`, or give all files the same split.",
        )


def _check_task(record: "Record") -> None:
    label = record.with_role("label")
    if not record.inputs or (label is None and record.features):
        raise RecordError(
            "params.yaml: `record` does not say what to predict from what.",
            "Expected one column with `role: label`, and one with `role: text` or some with `role: feature`; "
            "or a text alone, for a model that writes.",
            "give the columns of your data their roles.",
        )
    if label is not None and label.type in ("time", "image"):
        raise RecordError(
            f"params.yaml: the label `{label.name}` is of type {label.type}, which no model answers.",
            "Expected a category or a boolean to choose, or a number or an integer to estimate.",
            f"give `record.columns.{label.name}` one of these types, or another column `role: label`.",
        )
    for column in record.columns:
        if column.ordered and (column is not label or len(column.categories) < FEWEST_ORDERED):
            raise RecordError(
                f"params.yaml: `record.columns.{column.name}.ordered` has no order to speak of.",
                f"Expected it at the label, whose `categories` list {FEWEST_ORDERED} values or more, lowest first.",
                f"list the values of `{column.name}` in their order under `categories`, or remove `ordered`.",
            )
