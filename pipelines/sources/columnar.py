"""Parquet and Arrow: typed columns turned into text batch by batch, each value into the one text that it has."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import SourceError
from pipelines.pictures import PictureError
from pipelines.pictures.lossless import file_cell
from pipelines.sources.columns import LONGEST_CELL, Row, no_rows, refuse_missing, refuse_repeated, refuse_unclean
from pipelines.sources.images import KINDS
from pipelines.sources.opening import PACKED, is_packed, opened, refuse_other_kind, shown

if TYPE_CHECKING:
    import pyarrow

PARQUET = b"PAR1"
ARROW, STREAM, ENDED = b"ARROW1\x00", b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\x00\x00\x00\x00"
ROWS_AT_ONCE = 16_384
# Pictures are a thousand times as large as what stands in other cells.
PICTURES_AT_ONCE = 256


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
            at_once = PICTURES_AT_ONCE if _pictures(file.schema_arrow, present) else ROWS_AT_ONCE
            batches = file.iter_batches(batch_size=at_once, columns=present)
            yield from _batches(name, batches, columns, present)
    except (pyarrow.ArrowException, OSError) as error:
        # Arrow tells damage as an OSError without a number; one with a number is the disk's.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(name) from None


def arrow_rows(path: Path, columns: Sequence[str], required: Collection[str]) -> Iterator[Row]:
    """Yield the rows of an Arrow file (.arrow, .feather), or of a stream of Arrow batches, restricted to `columns`."""
    import pyarrow

    name = shown(path)
    try:
        with pyarrow.memory_map(str(path)) as file:
            schema, batches = _opened_arrow(path, file)
            present = _present(name, schema, columns, required)
            rows = _batches(name, batches, columns, present)
            first = next(rows, None)
            if first is None:
                raise no_rows(name)
            yield first
            yield from rows
    except (pyarrow.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(name, "Arrow") from None


def _opened_arrow(path: Path, file: Any) -> tuple["pyarrow.Schema", Iterator["pyarrow.RecordBatch"]]:
    """The schema and the batches of an Arrow file; its older form, a stream, has no mark but is read all the same."""
    import pyarrow

    head = file.read(1024)
    file.seek(0)
    if head.startswith(ARROW):
        reader = pyarrow.ipc.open_file(file)
        return reader.schema, _sound(reader.get_batch(place) for place in range(reader.num_record_batches))
    if not head.startswith(STREAM):
        refuse_other_kind(path, head, "an Arrow file")
        raise SourceError(
            f"ingest: {shown(path)} is {'empty' if not head else 'not an Arrow file'}.",
            "Expected a file that begins with the mark of Arrow, or a stream of Arrow batches.",
            "declare `ingest.format`, or export the source again.",
        )
    # The mark of the end is optional in a stream; without it nobody could tell a whole one from its first half.
    file.seek(max(file.size() - len(ENDED), 0))
    if file.read() != ENDED:
        raise _damaged(shown(path), "Arrow")
    file.seek(0)
    stream = pyarrow.ipc.open_stream(file)
    return stream.schema, _sound(iter(stream))


def _sound(batches: Iterable["pyarrow.RecordBatch"]) -> Iterator["pyarrow.RecordBatch"]:
    """`batches` in pieces, their lengths and offsets checked: Arrow believes them, and would read past the end."""
    for batch in batches:
        batch.validate(full=True)
        at_once = PICTURES_AT_ONCE if _pictures(batch.schema, batch.schema.names) else ROWS_AT_ONCE
        yield from (batch.slice(start, at_once) for start in range(0, batch.num_rows, at_once))


def _present(name: str, schema: "pyarrow.Schema", columns: Sequence[str], required: Collection[str]) -> list[str]:
    """List the columns that the file has, after a look at the names and the types of all."""
    refuse_repeated(name, schema.names, columns)
    refuse_missing(name, schema.names, columns, required)
    present = [column for column in columns if column in schema.names]
    for column in present:
        _refuse_not_scalar(name, column, schema.field(column).type)
    return present


def _batches(
    name: str, batches: Iterable["pyarrow.RecordBatch"], columns: Sequence[str], present: list[str]
) -> Iterator[Row]:
    """Yield the rows of each batch in turn."""
    before = 0
    for batch in batches:
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

    if _is_picture(values.type):
        return _picture_cells(name, before, column, values)
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


def picture_columns(path: Path) -> tuple[str, ...]:
    """The columns of a Parquet or Arrow file that hold pictures, as data sets are published; none of another file."""
    import pyarrow
    from pyarrow import parquet

    for schema_of in (parquet.read_schema, _arrow_schema):
        try:
            schema = schema_of(path)
        except (pyarrow.ArrowException, OSError, SourceError):
            continue  # it is a file of another kind, or damaged: whoever reads its rows says so
        return _pictures(schema, schema.names)
    return ()


def _arrow_schema(path: Path) -> "pyarrow.Schema":
    import pyarrow

    with pyarrow.memory_map(str(path)) as file:
        return _opened_arrow(path, file)[0]


def _pictures(schema: "pyarrow.Schema", columns: Collection[str]) -> tuple[str, ...]:
    return tuple(column for column in columns if _is_picture(schema.field(column).type))


def _is_picture(kind: "pyarrow.DataType") -> bool:
    """Whether a type holds the bytes of files: alone, or as `bytes` beside a `path`, as Hugging Face writes them."""
    from pyarrow import types

    inner = kind.field("bytes").type if types.is_struct(kind) and kind.get_field_index("bytes") >= 0 else kind
    return bool(types.is_binary(inner) or types.is_large_binary(inner) or types.is_binary_view(inner))


def _picture_cells(name: str, before: int, column: str, values: "pyarrow.Array") -> list[str | None]:
    """The cells of a column of pictures, with nothing but their pixels."""
    from pyarrow import types

    if types.is_struct(values.type):  # `flatten`, for a field alone forgets which of the structures are null
        values = values.flatten()[values.type.get_field_index("bytes")]
    contents = values.to_pylist()
    cells: list[str | None] = []
    for row, content in enumerate(contents, before + 1):
        try:
            cells.append(None if content is None else file_cell(content))
        except PictureError as error:
            raise SourceError(
                f"ingest: column {column!r} in row {row} of {name} is not read: {error}.",
                f"Expected the bytes of a whole {KINDS} file in each cell.",
                "mend the picture, or leave the column out of `record`.",
            ) from None
    return cells


def _float_text(text: str) -> str | None:
    """Give a float as Python writes it; NaN is how tables of floats write that there is no value."""
    return None if text == "nan" else repr(float(text))


def _refuse_not_parquet(path: Path) -> None:
    """Refuse a file that does not begin and end as Parquet does, naming what it is instead."""
    with opened(path) as stream:
        head = stream.read(1024)
    if is_packed(path):
        raise SourceError(
            f"ingest: {shown(path)} is Parquet packed with {PACKED[path.suffix.lower()][1]}.",
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


def is_plain(kind: "pyarrow.DataType") -> bool:
    """Whether a column of this type holds one value in each cell that is read: a text, a number, a time, a picture."""
    from pyarrow import types

    plain = (
        types.is_string, types.is_large_string, types.is_string_view, types.is_boolean, types.is_integer,
        types.is_floating, types.is_decimal, types.is_temporal, types.is_null,
    )  # fmt: skip
    inner = kind.value_type if types.is_dictionary(kind) else kind
    return _is_picture(kind) or any(is_so(inner) for is_so in plain)


def _refuse_not_scalar(name: str, column: str, kind: "pyarrow.DataType") -> None:
    """Refuse a column of lists, structures or bytes, before any row is read."""
    if is_plain(kind):
        return
    raise SourceError(
        f"ingest: column {column!r} of {name} holds neither text, numbers, times, booleans nor pictures.",
        "Expected one plain value in each cell.",
        "give each value of a list or a structure a column of its own.",
    )


def _undecodable(name: str, first: int, last: int, column: str) -> SourceError:
    """Say that a column of text holds bytes that are none."""
    return SourceError(
        f"ingest: column {column!r} in rows {first} to {last} of {name} has bytes that are not UTF-8.",
        "Expected the text columns of a Parquet file to be UTF-8.",
        "write the file again with a library that checks its text.",
    )


def _damaged(name: str, kind: str = "Parquet") -> SourceError:
    """Say that Arrow could not read the file, without its message: that may quote the file."""
    return SourceError(
        f"ingest: {name} is cut off or damaged.",
        f"Expected a complete {kind} file.",
        "download the file or export it again.",
    )
