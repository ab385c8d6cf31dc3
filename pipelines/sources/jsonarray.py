"""One JSON array of objects, as programs that export at once write it: read strictly, and piece by piece."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipelines.errors import SourceError
from pipelines.sources.columns import Row
from pipelines.sources.decoding import LONGEST_LINE, texts
from pipelines.sources.jsonlines import DECODER, Placed, found_rows
from pipelines.sources.opening import shown

BLANKS = " \t\r\n"


def array_rows(path: Path, columns: Sequence[str], required: Collection[str], encoding: str | None) -> Iterator[Row]:
    """Yield the objects of a JSON array, restricted to `columns`, as `json_rows` does those of lines."""
    name = shown(path)
    yield from found_rows(name, array_objects(name, texts(path, encoding, whole_lines=False)), columns, required)


def array_objects(name: str, pieces: Iterator[str]) -> Iterator[Placed]:
    """Yield each object of an array that comes in `pieces`, with its place and the text that it was read from.

    Raises SourceError for what is no whole array of objects: where it is wrong, at the latest at its end.
    """
    text = _Text(pieces)
    if text.take() != "[":
        raise _no_array(name)
    number, mark = 0, text.take() if text.next() == "]" else ","
    while mark == ",":
        number += 1
        yield _object(name, number, text)
        mark = text.take()
    if mark != "]":
        raise _wrong(name, number + 1)
    if text.next():
        raise _no_array(name)


class _Text:
    """A text that comes in pieces, of which those are dropped that lie behind `place`."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self.here, self.place = "", 0

    def next(self) -> str:
        """The next character that is no blank, at which `place` is then; "" at the end."""
        while True:
            while self.place < len(self.here) and self.here[self.place] in BLANKS:
                self.place += 1
            if self.place < len(self.here):
                return self.here[self.place]
            if not self.more():
                return ""

    def take(self) -> str:
        """The next character that is no blank, behind which `place` is then; "" at the end."""
        found = self.next()
        self.place += 1
        return found

    def more(self) -> bool:
        """Take another piece; whether there was one."""
        piece = next(filter(None, self._pieces), "")
        self.here, self.place = self.here[self.place :] + piece, 0
        return bool(piece)


def _object(name: str, number: int, text: _Text) -> Placed:
    """The object at which the text stands, taken from as many pieces as it needs."""
    begins = text.next() == "{"
    while begins:
        try:
            found, end = DECODER.raw_decode(text.here, text.place)
        except (ValueError, RecursionError):
            # JSON's own error is dropped, because it holds the text. Half an object is no error yet.
            if len(text.here) - text.place > LONGEST_LINE or not text.more():
                break
            continue
        raw = text.here[text.place : end]
        text.place = end
        return f"in object {number} of {name}", raw, found
    raise _wrong(name, number)


def first_objects(name: str, text: str) -> list[dict[str, Any]]:
    """The objects at the beginning of an array, of which `text` may be but a part; none where it is no array."""
    objects: list[dict[str, Any]] = []
    with suppress(SourceError):
        objects.extend(found for _, _, found in array_objects(name, iter([text])))
    return objects


def _no_array(name: str) -> SourceError:
    return SourceError(
        f"ingest: {name} is not one JSON array.",
        "Expected [ and objects with commas between them and ] and nothing behind it.",
        "declare `ingest.format: jsonl` if an object stands on each line; else write the list of rows alone.",
    )


def _wrong(name: str, number: int) -> SourceError:
    return SourceError(
        f"ingest: object {number} of {name} is not one whole JSON object.",
        "Expected objects with commas between them, each key once, and no NaN or Infinity.",
        "write the array again with a JSON library; if it is the last object, the file was cut off.",
    )
