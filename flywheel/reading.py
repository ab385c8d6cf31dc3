"""What the command line reads: files, and standard input, which never touches the disk on its way."""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path, PosixPath
from typing import Any

from pipelines.errors import SourceError
from pipelines.sources.decoding import line_lists
from pipelines.sources.kinds import SUFFIXES
from pipelines.sources.opening import opened


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
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    known = SUFFIXES.get(plain.suffix.lower())
    if known is not None and not isinstance(path, StandardInput):
        return known
    with opened(path) as stream:
        head = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"\[\s*\{", head):
        return "json"
    return "jsonl" if head.startswith(b"{") else otherwise


def lines(path: Path) -> list[str]:
    """The lines of a text file, decoded strictly, without their ends; blank ones at the end are dropped."""
    found = [line.rstrip("\r\n") for line in chain.from_iterable(line_lists(path, None))]
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
