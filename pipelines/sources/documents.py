"""Texts in a file each, within a folder for each class, as collections of documents are published."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path

from pipelines.sources.class_folders import find_by_class
from pipelines.sources.columns import LONGEST_CELL, Row, refuse_missing
from pipelines.sources.decoding import line_lists
from pipelines.sources.opening import shown
from pipelines.sources.passages import not_endless, too_long

# The columns of a row that is made of a file.
COLUMNS = ("text", "label", "file")
# What lies beside documents, and is none.
ASIDE = ("README", "LICENSE", "LICENCE", "SOURCE")


def find_documents(source: Path) -> list[tuple[Path, str | None, str]]:
    """The texts of `source` by name, each with the split and the class that their folders name."""
    return find_by_class(source, is_document)


def is_document(path: Path) -> bool:
    """Whether a name is one of a text: it ends in .txt, or in nothing that says what it is, as numbers of posts do."""
    ending = path.suffix.lower().removeprefix(".")
    return (ending in ("", "txt", "text") or ending.isdigit()) and path.stem.upper() not in ASIDE


def document_rows(
    path: Path, label: str, columns: Sequence[str], required: Collection[str], encoding: str | None
) -> Iterator[Row]:
    """Yield the one row of a file: `text` (all of it), `label` (its folder's name) and `file` (its own).

    The text keeps its line ends, as LF, and no blanks around it; one of blanks alone is None.
    """
    name = shown(path)
    refuse_missing(name, COLUMNS, columns, required)
    text = "\n".join(not_endless(chain.from_iterable(line_lists(path, encoding)))).strip()
    if len(text) > LONGEST_CELL:
        raise too_long(name, 1)
    found = {"text": text or None, "label": label, "file": path.name}
    yield {column: found.get(column) for column in columns}
