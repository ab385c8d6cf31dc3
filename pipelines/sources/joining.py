"""Several columns of a source as one text: a title and what stands below it, a question and its answer."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from pipelines.errors import SourceError
from pipelines.record import Record
from pipelines.sources.columns import Row

# The columns that come to be, each with those of the source that it is made of, in their order.
Joined = tuple[tuple[str, tuple[str, ...]], ...]
BETWEEN = "\n"


def joined_as(join: Mapping[str, Sequence[str]] | None) -> Joined:
    """What `ingest.join` says. Raises SourceError for a text that is made of one column, or twice of the same."""
    for name, parts in (join or {}).items():
        if len(set(parts)) < max(2, len(parts)):
            raise SourceError(
                f"ingest: `ingest.join.{name}` in params.yaml names no two columns, or one of them twice.",
                "Expected the columns of the source that make one text, as `join: {text: [title, body]}`.",
                f"correct `ingest.join.{name}`, or remove it.",
            )
    return tuple((name, tuple(parts)) for name, parts in (join or {}).items())


def refuse_unknown(joined: Joined, record: Record) -> None:
    """Raise SourceError where `record` has no text that would hold what is joined."""
    for name, _ in joined:
        if name not in record.names or record[name].type != "text":
            raise SourceError(
                f"ingest: `ingest.join.{name}` in params.yaml makes a column that `record` has not, or not as text.",
                "Expected the name of a column of type text.",
                "write the name as it stands in `record.columns`.",
            )


def to_read(columns: Sequence[str], joined: Joined) -> list[str]:
    """The columns of the source that it takes to give `columns`."""
    made = dict(joined)
    return list(dict.fromkeys(part for column in columns for part in made.get(column, (column,))))


def needed(required: Collection[str], joined: Joined) -> set[str]:
    """The columns that a source must have, whatever its cells hold: all parts of what is required."""
    return set(to_read(sorted(required), joined))


def join_frame(frame: pl.DataFrame, columns: Sequence[str], joined: Joined) -> pl.DataFrame:
    """The `columns` of texts, each part on lines of its own; null where all parts are."""
    made = [_one_text(parts).alias(name) for name, parts in joined if name in columns]
    return frame.with_columns(made).select(columns)


def join_row(row: Row, joined: Joined) -> Row:
    """The same of a row that may have no part of a text but, perhaps, the whole."""
    texts = {name: BETWEEN.join(filter(None, (row.get(part) for part in parts))) for name, parts in joined}
    return row | {name: text for name, text in texts.items() if text}


def _one_text(parts: Sequence[str]) -> pl.Expr:
    filled = [pl.when(pl.col(part) != "").then(pl.col(part)) for part in parts]
    text = pl.concat_str(filled, separator=BETWEEN, ignore_nulls=True)
    return pl.when(text != "").then(text)
