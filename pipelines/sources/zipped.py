"""Whether a file is an Excel workbook that is whole, and not too large to be laid out."""

import re
import zipfile
import zlib
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.sources.opening import ALWAYS_UNPACKED, MOST_UNPACKED, is_packed, opened, refuse_other_kind, shown

ZIP, BOOK = b"PK\x03\x04", "xl/workbook.xml"
# A sheet is laid out whole in memory, 32 bytes a cell: one stray cell in its last corner would need 500 GB.
MOST_CELLS = 50_000_000
EXTENT = re.compile(rb'<dimension[^>]*\sref="[A-Z]+\d+:([A-Z]+)(\d+)"')


def is_workbook(path: Path) -> bool:
    """Whether a file is an Excel workbook (.xlsx), by what it holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            return BOOK in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def refuse_unsound(path: Path) -> None:
    """Refuse what is no workbook, or has a part that is not as it was written. Raises SourceError."""
    _refuse_other(path)
    _refuse_altered(path)


def _refuse_other(path: Path) -> None:
    """Refuse what does not begin as an archive, or is packed once more."""
    with opened(path) as stream:
        head = stream.read(1024)
    name = shown(path)
    if is_packed(path):
        raise SourceError(
            f"ingest: {name} is a packed workbook.", "Expected .xlsx: it is compressed inside.", "unpack the file."
        )
    if head.startswith(ZIP):
        return
    refuse_other_kind(path, head, "an Excel workbook (.xlsx)")
    raise SourceError(
        f"ingest: {name} is {'empty' if not head else 'not an Excel workbook'}.",
        "Expected a file that Excel, WPS or LibreOffice saved as .xlsx.",
        "declare `ingest.format`, or save it again.",
    )


def _refuse_altered(path: Path) -> None:
    """Refuse an archive whose parts are not those that were written, unpack to too much, or lay out too large."""
    name = shown(path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            if unpacked > max(ALWAYS_UNPACKED, MOST_UNPACKED * path.stat().st_size):
                raise SourceError(
                    f"ingest: {name} unpacks to more than {MOST_UNPACKED} times its size.",
                    f"Expected a workbook, which is packed at most {MOST_UNPACKED} times smaller.",
                    "look at what the file holds; if it is whole and yours, save its rows as CSV in UTF-8.",
                )
            if BOOK not in archive.namelist():
                raise SourceError(
                    f"ingest: {name} is a ZIP archive, and no Excel workbook.",
                    "Expected a file that Excel, WPS or LibreOffice saved as .xlsx.",
                    "unpack it, and name the file or folder that was in it.",
                )
            for part in parts:
                if part.filename.startswith("xl/worksheets/"):
                    _refuse_vast(name, archive, part)
            if archive.testzip() is not None:
                raise damaged(name)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error):
        raise damaged(name) from None


def _refuse_vast(name: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a sheet that says it reaches further than the memory does."""
    with archive.open(part) as stream:
        extent = EXTENT.search(stream.read(8192))
    if extent is None:
        return
    width = 0
    for letter in extent[1]:
        width = 26 * width + letter - ord("A") + 1
    if width * int(extent[2]) > MOST_CELLS:
        raise SourceError(
            f"ingest: a sheet of {name} reaches to {extent[1].decode()}{extent[2].decode()}.",
            f"Expected at most {MOST_CELLS:,} cells, empty ones among them.",
            "delete the empty rows and columns behind the table (Ctrl+End shows the last cell), and save it again.",
        )


def damaged(name: str) -> SourceError:
    """Say that a workbook did not arrive whole."""
    return SourceError(
        f"ingest: {name} is cut off or damaged.",
        "Expected a complete Excel workbook (.xlsx), without a password.",
        "download the file or save it again.",
    )
