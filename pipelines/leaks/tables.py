"""What a Parquet file holds: the cells of its columns, and the bytes that are not read as cells."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipelines.leaks.contents import BLOCK

PARQUET = b"PAR1"


def read_table(path: Path, head: bytes) -> pl.DataFrame | None:
    """The table in `path`, whose first bytes are `head`; none where it is no Parquet file, or one that was cut off."""
    if not head.startswith(PARQUET):
        return None
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError):
        return None


def columns(table: pl.DataFrame) -> Iterator[pl.Series]:
    """The different texts of each column that can hold some, lists and structures unfolded."""
    for column in table:
        while isinstance(column.dtype, pl.List | pl.Array):
            column = column.explode()
        if isinstance(column.dtype, pl.Struct):
            column = column.struct.json_encode()
        if column.dtype == pl.Binary:
            column = pl.Series(column.name, [_latin(value) for value in column.unique()], dtype=pl.String)
        if column.dtype in (pl.String, pl.Categorical, pl.Enum) or column.dtype.is_integer():
            yield column.unique().cast(pl.String).drop_nulls()


def bytes_beside(path: Path) -> bytes:
    """The bytes of a readable Parquet file without its columns: its footer, its indexes, whatever was added to it.

    What the columns hold is read as cells; searching their bytes as well took two thirds of the time.
    """
    content = path.read_bytes()
    kept, end = [], 0
    for start, size in sorted(_chunks(path)):
        kept.append(content[end:start])
        end = max(end, start + size)
    return b"\n".join([*kept, content[end:]])


def joined(texts: pl.Series) -> Iterator[bytes]:
    """The bytes of all `texts`, one to a line, in pieces of some size."""
    piece = (texts.str.len_bytes().cum_sum() // BLOCK).rename("piece")
    for (_,), part in texts.to_frame("text").with_columns(piece).group_by("piece", maintain_order=True):
        text = "\n".join(part["text"])
        try:
            yield text.encode("latin-1")  # what was bytes, as those bytes
        except UnicodeEncodeError:
            yield text.encode()


def _chunks(path: Path) -> Iterator[tuple[int, int]]:
    """Where each column chunk begins, and how many bytes it has."""
    import pyarrow
    from pyarrow import parquet

    try:
        footer = parquet.read_metadata(path)
    except (pyarrow.ArrowException, OSError):  # another reader could: then all bytes are searched
        return
    for group in range(footer.num_row_groups):
        for number in range(footer.num_columns):
            chunk = footer.row_group(group).column(number)
            first = min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
            yield first, chunk.total_compressed_size


def _latin(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
