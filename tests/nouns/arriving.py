"""What the tests of arriving sources share: reading a file whole, and taking a refusal apart."""

from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from pipelines.errors import SourceError
from pipelines.sources import Row, SourceFile, read_rows

# Stands in cells of the broken files; no message may repeat it.
SECRET = "Mallory-0815"


def read(
    path: Path,
    columns: Sequence[str],
    required: Collection[str] = (),
    format: str | None = None,
    encoding: str | None = None,
) -> list[Row]:
    """Read all rows of one file."""
    return list(read_rows(SourceFile(path, None), columns, required, format, encoding))


def refusal(
    path: Path,
    columns: Sequence[str] = ("id", "text"),
    required: Collection[str] = (),
    format: str | None = None,
    encoding: str | None = None,
) -> str:
    """Give the first line of the refusal of a file, after a look at its shape."""
    with pytest.raises(SourceError) as caught:
        read(path, columns, required, format, encoding)
    return told(caught.value, path)


def told(error: SourceError, path: Path) -> str:
    """Give the first line of an error that has three and says nothing it must not."""
    lines = str(error).split("\n")
    assert len(lines) == 3, lines
    assert lines[0].startswith("ingest: ")
    assert lines[2].startswith("Fix: ")
    assert SECRET not in str(error)
    assert str(path.parent) not in str(error)
    assert error.__suppress_context__ or error.__context__ is None
    return lines[0].removeprefix("ingest: ")


def written(path: Path, content: str | bytes) -> Path:
    """Write a file exactly, and give its path back."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
