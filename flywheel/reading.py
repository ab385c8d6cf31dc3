"""What the command line reads: files, and standard input, which never touches the disk on its way."""

import io
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path, PosixPath
from typing import Any

from pipelines.errors import SourceError
from pipelines.pictures import PictureError
from pipelines.record import Record
from pipelines.sources import Row, SourceFile, read_rows
from pipelines.sources.decoding import line_lists, texts
from pipelines.sources.dialect import Dialect
from pipelines.sources.joining import join_row, joined_as, to_read
from pipelines.sources.kinds import SUFFIXES, kind_by_name
from pipelines.sources.named_pictures import Album, beside, cell_of
from pipelines.sources.opening import is_packed, opened
from pipelines.sources.separators import parted, single
from pipelines.sources.workbooks import sheets_there

# The section `ingest` of params.yaml.
Settings = Mapping[str, Any]


class StandardInput(PosixPath):
    """Standard input as if it were a file: in memory, because what people wrote is not for the disk."""

    content: bytes = b""

    def open(self, *_: Any, **__: Any) -> Any:
        """A stream of what was read."""
        return io.BytesIO(self.content)


def named(file: str) -> Path:
    """The file called `file`; standard input, read to its end, where that is "-"."""
    if file != "-":
        return Path(file)
    path = StandardInput("standard input")
    path.content = sys.stdin.buffer.read()
    return path


def format_of(path: Path, otherwise: str) -> str:
    """The format that a file's name tells; else what it begins like: an object, or an array of them; or `otherwise`."""
    plain = path.with_suffix("") if is_packed(path) else path
    known = SUFFIXES.get(plain.suffix.lower())
    if known is not None and not isinstance(path, StandardInput):
        return known
    with opened(path) as stream:
        head = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"\[\s*\{", head):
        return "json"
    return "jsonl" if head.startswith(b"{") else otherwise


def rows_of(
    path: Path, columns: Sequence[str], required: Collection[str], kind: str | None, ingest: Settings, usual: Dialect
) -> list[Row]:
    """The rows of a file that is written as is usual, or else as `ingest` says that the data set's own files are."""
    encoding = encoding_of(path, ingest)
    joined = joined_as(ingest.get("join"))
    own = replace(usual, delimiter=ingest.get("delimiter"), quotes=ingest.get("quotes", True))
    asked = list(dict.fromkeys([*columns, *to_read(columns, joined)]))
    dialect = own if _is_parted(path, encoding, own, asked) else usual
    if ingest.get("sheets") and (kind or kind_by_name(path.name)) == "excel":
        dialect = replace(dialect, sheets=sheets_there(path, ingest["sheets"]))
    needs = set(required) - {name for name, _ in joined}
    return [join_row(row, joined) for row in read_rows(SourceFile(path, None), asked, needs, kind, encoding, dialect)]


def with_pictures(rows: Sequence[Row], record: Record, path: Path, ingest: Settings) -> list[Row]:
    """The rows of a file with the pictures that they name: beside the file, or below the folder of `ingest`.

    Raises SourceError for a row whose picture is not read.
    """
    columns = [column.name for column in record.columns if column.type == "image"]
    own = ingest.get("pictures")
    album = Album.of(Path(own).expanduser()) if columns and own and Path(own).expanduser().is_dir() else None
    shown_in: list[Row] = []
    for number, row in enumerate(rows, 1):
        try:
            cells = {
                name: cell_of(row[name], lambda cell: beside(path, cell) or (album.find(cell) if album else ()))
                for name in columns
                if name in row
            }
        except PictureError as error:
            raise SourceError(
                f"ingest: the picture of row {number} is not read: {error}.",
                "Expected the path of a picture file from the folder of this file on, or the picture in base64.",
                "correct the row, or bring the file.",
            ) from None
        shown_in.append(row | cells)
    return shown_in


def encoding_of(path: Path, ingest: Settings) -> str | None:
    """None where the file is UTF-8, or says its encoding itself; else the one of `ingest`, if there is one."""
    own: str | None = ingest.get("encoding")
    if own is None:
        return None
    try:
        next(iter(texts(path, None)), "")
    except SourceError:
        return own
    return None


def _is_parted(path: Path, encoding: str | None, own: Dialect, columns: Collection[str]) -> bool:
    """Whether names of columns stand in the first line as the data set's own files part them, and in no usual way."""
    if own.delimiter is None:
        return False
    with suppress(SourceError):
        first = next(iter(texts(path, encoding)), "").partition("\n")[0]
        usual = {cell.strip(' "\r') for mark in ",\t" for cell in first.split(mark)}
        line = next(parted(iter([first]), own.delimiter, quotes=own.quotes))
        return usual.isdisjoint(columns) and any(
            cell.strip(' "\r') in columns for cell in line.split(single(own.delimiter))
        )
    return False


def lines(path: Path, ingest: Settings) -> list[str]:
    """The lines of a text file, decoded strictly, without their ends; blank ones at the end are dropped."""
    found = [line.rstrip("\r\n") for line in chain.from_iterable(line_lists(path, encoding_of(path, ingest)))]
    while found and not found[-1].strip():
        found.pop()
    return found


@contextmanager
def speaking_as(command: str) -> Iterator[None]:
    """Let what is wrong with a source be told by `command`, where it was not `ingest` that read it."""
    try:
        yield
    except SourceError as error:
        what, expected, fix = str(error).split("\n", 2)
        raise SourceError(what.replace("ingest:", f"{command}:", 1), expected, fix.removeprefix("Fix: ")) from None
