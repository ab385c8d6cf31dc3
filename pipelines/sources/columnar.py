"""Parquet: typed columns turned into text batch by batch, each value into the one text that it has."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import SourceError
from pipelines.sources.columns import LONGEST_CELL, Row, no_rows, refuse_missing, refuse_repeated, refuse_unclean
from pipelines.sources.opening import is_packed, opened, refuse_other_kind, shown

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

PARQUET = b"PAR1"
ROWS_AT_ONCE = 16_384


def parquet_rows(path: Path, columns: Sequence[str], required: Collection[str]) -> Iterator[Row]:
    """Yield the rows of a Parquet file, restricted to `columns`, batch by batch."""
    import pyarrow
    from pyarrow import parquet

    name = shown(path)
    _refuse_not_parquet(path)
    try:
        with parquet.ParquetFile(path) as file:
            present = _present(name, file.schema_arrow, columns, required)
            if not file.metadata.num_rows:
                raise no_rows(name)
            yield from _batches(name, file, columns, present)
    except (pyarrow.ArrowException, OSError) as error:
        # Arrow tells damage as an OSError without a number; one with a number is the disk's.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(name) from None


def _present(name: str, schema: "pyarrow.Schema", columns: Sequence[str], required: Collection[str]) -> list[str]:
    """List the columns that the file has, after a look at the names and the types of all."""
    refuse_repeated(name, schema.names, columns)
    refuse_missing(name, schema.names, columns, required)
    present = [column for column in columns if column in schema.names]
    for column in present:
        _refuse_not_scalar(name, column, schema.field(column).type)
    return present


def _batches(name: str, file: "parquet.ParquetFile", columns: Sequence[str], present: list[str]) -> Iterator[Row]:
    """Yield the rows of each batch in turn."""
    before = 0
    for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=present):
        absent: list[str | None] = [None] * batch.num_rows
        texts = [
            _texts(name, before, column, batch.column(column)) if column in present else absent for column in columns
        ]
        for cells in zip(*texts, strict=True):
            yield dict(zip(columns, cells, strict=True))
        before += batch.num_rows


def _texts(name: str, before: int, column: str, values: "pyarrow.Array") -> list[str | None]:
    """Turn one column of a batch into texts, and refuse those that cannot be stored."""
    import pyarrow

    try:
        texts: list[str | None] = values.cast(pyarrow.string()).to_pylist()
    except UnicodeDecodeError:
        raise _undecodable(name, before + 1, before + len(values), column) from None
    if pyarrow.types.is_floating(values.type):
        return [None if text is None else _float_text(text) for text in texts]
    # One look at all cells at once: a call for each would double the time.
    if "\x00" in "".join(filter(None, texts)) or max(map(len, filter(None, texts)), default=0) > LONGEST_CELL:
        for row, text in enumerate(texts, before + 1):
            refuse_unclean(f"column {column!r} in row {row} of {name}", text)
    return texts


def _float_text(text: str) -> str | None:
    """Give a float as Python writes it; NaN is how tables of floats write that there is no value."""
    return None if text == "nan" else repr(float(text))


def _refuse_not_parquet(path: Path) -> None:
    """Refuse a file that does not begin and end as Parquet does, naming what it is instead."""
    with opened(path) as stream:
        head = stream.read(1024)
    if is_packed(path):
        raise SourceError(
            f"ingest: {shown(path)} is Parquet packed with gzip.",
            "Expected Parquet as it is: it is compressed inside.",
            "unpack the file.",
        )
    if not head.startswith(PARQUET):
        refuse_other_kind(path, head, "a Parquet file")
        raise SourceError(
            f"ingest: {shown(path)} is {'empty' if not head else 'not a Parquet file'}.",
            "Expected a file that begins and ends with the mark of Parquet.",
            "declare `ingest.format`, or export the source again.",
        )


def _refuse_not_scalar(name: str, column: str, kind: "pyarrow.DataType") -> None:
    """Refuse a column of lists, structures or bytes, before any row is read."""
    from pyarrow import types

    plain = (
        types.is_string, types.is_large_string, types.is_string_view, types.is_boolean, types.is_integer,
        types.is_floating, types.is_decimal, types.is_temporal, types.is_null,
    )  # fmt: skip
    inner = kind.value_type if types.is_dictionary(kind) else kind
    if any(is_plain(inner) for is_plain in plain):
        return
    raise SourceError(
        f"ingest: column {column!r} of {name} holds neither text, numbers, times nor booleans.",
        "Expected one plain value in each cell.",
        "write bytes as text, and give each value of a list or a structure a column of its own.",
    )


def _undecodable(name: str, first: int, last: int, column: str) -> SourceError:
    """Say that a column of text holds bytes that are none."""
    return SourceError(
        f"ingest: column {column!r} in rows {first} to {last} of {name} has bytes that are not UTF-8.",
        "Expected the text columns of a Parquet file to be UTF-8.",
        "write the file again with a library that checks its text.",
    )


def _damaged(name: str) -> SourceError:
    """Say that Arrow could not read the file, without its message: that may quote the file."""
    return SourceError(
        f"ingest: {name} is cut off or damaged.",
        "Expected a complete Parquet file.",
        "download the file or export it again.",
    )
