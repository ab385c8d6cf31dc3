"""What stands in a file: its bytes, block by block and unpacked, and the cells of tables and databases."""

import base64
import contextlib
import gzip
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import polars as pl

BLOCK = 32 << 20
# A text that lies across two blocks stands whole in one of them.
OVERLAP = 4096
WAL = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
# A PNG or a JPEG file from its first byte to its last, and nothing beside it.
PICTURE = r"^(?:iVBORw0KGgo|/9j/|UklGR[0-9A-Za-z+/]{7}RUJQ)[0-9A-Za-z+/]{60,}={0,2}$"
GZIP, ZIP, SQLITE = b"\x1f\x8b", b"PK\x03\x04", b"SQLite format 3"


class Readable(Protocol):
    """Something that gives its bytes piece by piece."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, `size` of them at most."""


def blocks(file: Readable) -> Iterator[bytes]:
    """The bytes of `file` in overlapping blocks."""
    tail = b""
    while fresh := file.read(BLOCK):
        yield tail + fresh
        tail = fresh[-OVERLAP:]


def pages(path: Path, head: bytes) -> list[bytes]:
    """The pages of a SQLite database, or of its write-ahead log; none of another file.

    Between two runs few of them change, however large the database.
    """
    if head.startswith(SQLITE):
        size, start, gap = int.from_bytes(head[16:18], "big"), 0, 0
        size = 65536 if size == 1 else size
    elif head[:4] in WAL:
        size, start, gap = int.from_bytes(head[8:12], "big"), 32, 24
    else:
        return []
    content = path.read_bytes()
    return [content[place + gap : place + gap + size] for place in range(start, len(content), max(size, 512) + gap)]


def unpacked(path: Path, head: bytes) -> Iterator[bytes]:
    """What was packed into `path`, whose first bytes are `head`: the members of an archive, one after another."""
    if head.startswith(GZIP):
        with gzip.open(path) as file, contextlib.suppress(EOFError, zlib.error, gzip.BadGzipFile):
            yield from blocks(file)
    elif head.startswith(ZIP):
        with contextlib.suppress(zipfile.BadZipFile, zlib.error, RuntimeError), zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    yield from blocks(file)


def cells(path: Path, head: bytes) -> Iterator[pl.Series]:
    """The different texts of a database, or of a JSON document."""
    if head.startswith(SQLITE):
        yield _sqlite(path)
    elif path.suffix == ".json":
        yield _json(path)


def pictures(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The texts that are none, and the bytes of those that are pictures in base64, one character per byte.

    What a picture's bytes look like is chance: among 150 MB of base64 stand six account numbers that prove themselves.
    """
    is_picture = texts.str.contains(PICTURE)
    if not is_picture.any():
        return texts, texts.clear()
    shown = [base64.b64decode(f"{cell}{'=' * (-len(cell) % 4)}").decode("latin-1") for cell in texts.filter(is_picture)]
    return texts.filter(~is_picture), pl.Series(texts.name, shown, dtype=pl.String)


def _sqlite(path: Path) -> pl.Series:
    """All cells of all tables, joined across the pages over which the file spreads them."""
    found: set[str] = set()
    with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(_opened(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            with contextlib.suppress(sqlite3.DatabaseError):  # a virtual table whose module is not here
                found |= _texts(database, table)
    return pl.Series(list(found), dtype=pl.String)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return database


def _texts(database: sqlite3.Connection, table: str) -> set[str]:
    name = table.replace('"', '""')
    rows = database.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - a table's own name, quoted
    found = {cell for row in rows for cell in row if isinstance(cell, str | bytes)}
    return {cell if isinstance(cell, str) else cell.decode("latin-1") for cell in found}


def _json(path: Path) -> pl.Series:
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):  # not what its name says: its bytes are searched as they are
        value = None
    return pl.Series(list(set(_strings(value))), dtype=pl.String)


def _strings(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as entries:
                waiting += [*entries.keys(), *entries.values()]
            case list() as items:
                waiting += items
