"""The bytes of a source, unpacked where they are packed; what is not what its name says is told by its first bytes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import SourceError
from pipelines.sources.unpacking import GZIP, PACKED, XZ, ZSTD, DamagedError, is_packed, packer_of, unpacked

__all__ = ["PACKED", "is_packed", "kind_of", "opened", "refuse_bomb", "refuse_other_kind", "remedy", "shown"]

# First bytes that no text begins with, and what they are the beginning of.
MAGIC = (
    (GZIP, "a gzip file"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls), or one with a password"),
    (b"%PDF-", "a PDF document"),
    # The byte behind the mark belongs to it: PAR1 alone may be the name of a column.
    (b"PAR1\x15", "a Parquet file"),
    (b"ARROW1\x00", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (XZ, "an xz file"),
    (ZSTD, "a zstd file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF89a", "a GIF picture"),
    (b"GIF87a", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x7fELF", "a program"),
    *((b"BZh%d1AY" % level, "a bzip2 file") for level in range(1, 10)),
    # Protocols 2 to 5 of pickle: the one format that must not even be tried.
    *((bytes((0x80, protocol)), "a Python pickle") for protocol in range(2, 6)),
)
# What helps with what is often brought as a table, by words of what it is.
REMEDIES = {
    "old Excel": "open it, and save it as .xlsx without a password.",
    "archive or an Excel": "name a workbook .xlsx; unpack an archive.",
    "cut off or damaged": "download the file or save it again.",
    "archive": "unpack it, and name the file or folder that was in it.",
    "SQLite": "name it as a database, `sqlite:///FILE`, and the query that gives its rows.",
    "xz": "give it the ending .xz, behind that of what was packed.",
    "bzip2": "give it the ending .bz2, behind that of what was packed.",
    "LIBSVM": "write a CSV with a name for each column, as pandas does.",
    "ARFF": "write a CSV: its names are those of @attribute, its rows stand below @data.",
    "one JSON object": "write a row on each line: `jq -c '.KEY[]' FILE > rows.jsonl`, or pandas' `orient=\"records\"`.",
    "no object stands on a line": "write one on each line: `jq -c . FILE > rows.jsonl`.",
    "picture": "sort pictures into a folder for each class, or name each in a CSV beside what it shows.",
    "pickle": "opening it runs its code: write tables as Parquet, pictures as PNG in a folder for each class.",
    "conversations": "write each as a text: `jq -c '{text: [.messages[].content] | join(\"\\n\")}' FILE > rows.jsonl`.",
    "tells spreadsheets": "remove the first line, which no other program reads.",
    "above its header": "remove them: the first line is to name the columns.",
    "PDF": "write its texts as rows: a CSV, or a .txt file each in a folder for each class.",
}
# Tables shrink to a tenth, logs to a fiftieth; only what was made to fill a disk unpacks to so much more.
MOST_UNPACKED = 250
ALWAYS_UNPACKED = 100_000_000  # bytes
HTML = re.compile(rb"\s*<(!doctype\s+html|html|head|body|script|meta|title|!--)[\s>]?", re.IGNORECASE)
XML = re.compile(rb"\s*<\?xml", re.IGNORECASE)


def shown(path: Path) -> str:
    """Name a file in a message: without its folders, and on one line whatever its name holds."""
    name = path.name or path.resolve().name
    return "".join(letter if letter.isprintable() else "?" for letter in name)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open the unpacked bytes of a file, and tell the failures of unpacking while they are read."""
    try:
        with path.open("rb") as raw:
            if is_packed(path):
                _refuse_unpacked(path, raw)
                yield unpacked(path, raw)
            else:
                yield raw
    except DamagedError as error:
        raise SourceError(
            f"ingest: {shown(path)} {error}.",
            f"Expected a complete {packer_of(path)} file.",
            "download or pack the file again.",
        ) from None
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise SourceError(
            f"ingest: {shown(path)} cannot be opened.",
            "Expected a file that exists and that we may read.",
            "check its path and its permissions.",
        ) from None


def kind_of(head: bytes) -> str | None:
    """Say what the first bytes of a file are the beginning of, if that is no table written as text."""
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return kind
    # Without zero bytes and byte-order marks, markup looks the same in UTF-8 and UTF-16.
    plain = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    if HTML.match(plain):
        return "an HTML page"
    return "an XML document" if XML.match(plain) else None


def remedy(what: str) -> str | None:
    """What to do with what `kind_of` calls so; None where nothing is known."""
    return next((remedy for word, remedy in REMEDIES.items() if word in what), None)


def refuse_other_kind(path: Path, head: bytes, expected: str) -> None:
    """Refuse a file whose first bytes say that it is something else than its name does."""
    kind = kind_of(head)
    if kind is None:
        return
    raise SourceError(
        f"ingest: {shown(path)} is {kind}.",
        f"Expected {expected}.",
        remedy(kind) or "give the file its right name, or download or export it again as what it should be.",
    )


def refuse_bomb(path: Path, unpacked: int) -> None:
    """Refuse a packed file of which `unpacked` bytes have come out already, far more than of any table."""
    if unpacked <= ALWAYS_UNPACKED or not is_packed(path) or unpacked <= MOST_UNPACKED * path.stat().st_size:
        return
    raise SourceError(
        f"ingest: {shown(path)} unpacks to more than {MOST_UNPACKED} times its size.",
        f"Expected a table, which gzip makes at most {MOST_UNPACKED} times smaller.",
        "look at what the file holds; if it is whole and yours, unpack it yourself.",
    )


def _refuse_unpacked(path: Path, raw: BinaryIO) -> None:
    """Refuse a file that is named as a packed one and is none, and go back to its beginning."""
    suffix = path.suffix.lower()
    mark, kind = PACKED[suffix]
    head = raw.read(len(mark))
    raw.seek(0)
    # An empty file says nothing; a zstd file may begin with a frame that is skipped.
    if head and head != mark and not (kind == "zstd" and head[1:] == b"\x2a\x4d\x18"):
        raise SourceError(
            f"ingest: {shown(path)} is not {'an' if kind == 'xz' else 'a'} {kind} file.",
            f"Expected a file named {suffix} to be packed with {kind}.",
            f"remove {suffix} from its name if it is not packed, or download it again.",
        )
