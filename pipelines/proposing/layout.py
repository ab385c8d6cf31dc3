"""How a file that nobody has described is written: format, encoding, separator, header, last line end."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.proposing.encodings import HEAD_BYTES, decoded, encoding_in
from pipelines.proposing.foreign import LIBSVM, foreign, headed, is_fasttext, is_numbered
from pipelines.proposing.header import has_header, lines_above
from pipelines.proposing.naming import is_known
from pipelines.proposing.separators import LONG, LOOKED_AT, parted_as
from pipelines.proposing.sheets import NO_HEADER, described
from pipelines.sources import fasttext
from pipelines.sources.columnar import ARROW, STREAM, is_plain
from pipelines.sources.jsonarray import first_objects
from pipelines.sources.jsonlines import is_nested
from pipelines.sources.kinds import PLAIN, SUFFIXES
from pipelines.sources.opening import is_packed, kind_of, opened, shown
from pipelines.sources.passages import COLUMN
from pipelines.sources.zipped import ZIP, is_workbook

if TYPE_CHECKING:
    import pyarrow

# The share of lines that are blank where blank lines part paragraphs: one in fifty is a paragraph of two pages.
BLANK = 0.02
NESTED = "holds lists or objects (annotated spans?), which no column can: it is left out"
ONLY_NESTED = "its rows hold lists and objects alone, as annotated documents and conversations do"
ONE_OBJECT = "it is one JSON object, within which its rows stand"
OVER_LINES = "it is JSON, and no object stands on a line of its own"
IDX = tuple(b"\x00\x00" + bytes((kind, axes)) for kind in (8, 9, 11, 12, 13, 14) for axes in (1, 2, 3, 4))


@dataclass(frozen=True)
class Layout:
    """How one file is written, as the keys of `ingest` that say so; or why it cannot be read (`unreadable`)."""

    path: Path
    names: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    unreadable: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is text that has no columns."""
        return self.settings.get("format") in PLAIN

    @property
    def kind(self) -> tuple[object, ...]:
        """What files that belong together have in common; the last line end may differ."""
        written = (self.settings.get(key) for key in ("format", "encoding", "delimiter", "quotes"))
        return (self.names, *written, *self.settings.get("sheets", ()))


def layout_of(path: Path) -> Layout:
    """How the file at `path` is written. Never raises for what it holds: that is told in `unreadable`."""
    with opened(path) as stream:
        head = stream.read(HEAD_BYTES)
    whole = len(head) < HEAD_BYTES
    if not head.strip():
        return Layout(path, unreadable="it is empty")
    if head.startswith(IDX):
        return Layout(path, unreadable="it is an IDX file, of pictures or of their labels")
    if head.startswith(b"PAR1"):
        return _parquet(path)
    if head.startswith((ARROW, STREAM)):
        return _arrow(path, is_stream=head.startswith(STREAM))
    if head.startswith(ZIP) and is_workbook(path):
        return _workbook(path)
    kind = kind_of(head)
    if kind is not None:
        return Layout(path, unreadable=f"it is {kind}")
    encoding, doubts = encoding_in(head, whole)
    if encoding is None:
        return Layout(path, unreadable="its bytes are no text")
    text = decoded(head, encoding, whole)
    if what := headed(text):
        return Layout(path, unreadable=what)
    settings = {} if encoding in ("utf-8", "mark") else {"encoding": encoding}
    found = _json(path, text) or _lined(path, text) or _delimited(path, text, whole)
    return replace(found, settings=found.settings | settings, doubts=(*doubts, *found.doubts))


def suffix_format(path: Path) -> str | None:
    """The format that a file's name tells, looking through what packs it."""
    return SUFFIXES.get((path.with_suffix("") if is_packed(path) else path).suffix.lower())


def _parquet(path: Path) -> Layout:
    import pyarrow
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(path)
    except (pyarrow.ArrowException, OSError):
        return Layout(path, unreadable="it is a Parquet file that is cut off or damaged")
    return _of_schema(path, schema, "parquet")


def _arrow(path: Path, *, is_stream: bool) -> Layout:
    import pyarrow

    read = pyarrow.ipc.open_stream if is_stream else pyarrow.ipc.open_file
    try:
        with pyarrow.memory_map(str(path)) as file:
            schema = read(file).schema
    except (pyarrow.ArrowException, OSError):
        return Layout(path, unreadable="it is an Arrow file that is cut off or damaged")
    return _of_schema(path, schema, "arrow")


def _workbook(path: Path) -> Layout:
    found = described(path)
    if isinstance(found, str):
        return Layout(path, unreadable=found)
    names, settings, doubts = found
    return Layout(path, names, settings if suffix_format(path) == "excel" else {"format": "excel"} | settings, doubts)


def _of_schema(path: Path, schema: "pyarrow.Schema", kind: str) -> Layout:
    """A file of typed columns, with those that hold one plain value in each cell."""
    plain = tuple(name for name in schema.names if is_plain(schema.field(name).type))
    if not plain:
        return Layout(path, unreadable=ONLY_NESTED)
    doubts = tuple(f"{name}: {NESTED}" for name in schema.names if name not in plain)
    return Layout(path, plain, {} if suffix_format(path) == kind else {"format": kind}, doubts)


def _json(path: Path, text: str) -> Layout | None:
    """A file of objects, one on each line or all in an array; None where it does not begin as JSON does."""
    begins = text.lstrip()[:1]
    if begins == "[" and _is_json(text.strip()[:1] + text.strip()[1:2000]):
        return _of_objects(path, first_objects(shown(path), text), "json") or Layout(
            path, unreadable="it is a JSON array, and not one of objects"
        )
    if begins != "{":
        return None
    lines = [line for line in text.splitlines()[:LOOKED_AT] if line.strip()]
    try:
        objects = [json.loads(line) for line in (lines[:-1] or lines)]
    except ValueError:
        return Layout(path, unreadable=OVER_LINES if re.search(r"^\}\s*\{", text, re.MULTILINE) else ONE_OBJECT)
    if len(lines) == 1 and any(isinstance(value, list | dict) for value in objects[0].values()):
        return Layout(path, unreadable=ONE_OBJECT)
    return _of_objects(path, objects, "jsonl")


def _of_objects(path: Path, objects: list[dict[str, Any]], kind: str) -> Layout | None:
    """A file of `objects`, with those of their keys that hold plain values; None where there is none."""
    if not objects:
        return None
    names = list(dict.fromkeys(name for found in objects for name in found))
    nested = {name for found in objects for name, value in found.items() if is_nested(value)}
    plain = tuple(name for name in names if name not in nested)
    if not plain:
        return Layout(path, unreadable=ONLY_NESTED)
    doubts = tuple(f"{name}: {NESTED}" for name in names if name in nested)
    return Layout(path, plain, {} if suffix_format(path) == kind else {"format": kind}, doubts)


def _is_json(text: str) -> bool:
    return re.match(r'\[\s*(\{\s*"|\[|"|-?\d+\s*,|\])', text) is not None


def _lined(path: Path, text: str) -> Layout | None:
    """A text whose lines are written in a way that no separator tells; None for any other."""
    lines = [line for line in text.splitlines()[:LOOKED_AT] if line.strip()]
    if is_fasttext(lines):
        return Layout(path, fasttext.COLUMNS, {"format": "fasttext"})
    return Layout(path, unreadable=LIBSVM) if is_numbered(lines) else None


def _delimited(path: Path, text: str, whole: bool) -> Layout:
    """A CSV or TSV file by the separator that gives all records the same number of fields."""
    found = parted_as(text, whole=whole)
    rows = found.records
    if not rows or (len(rows[0]) == 1 and suffix_format(path) not in ("csv", "tsv")):
        return _plain(path, text)
    if above := lines_above(rows):
        return Layout(path, unreadable=f"{above} line{'s' * (above > 1)} without columns stand above its header")
    told = suffix_format(path) if suffix_format(path) in ("csv", "tsv") else "csv"
    settings: dict[str, Any] = {} if suffix_format(path) == told else {"format": told}
    if len(rows[0]) > 1 and found.delimiter != ("\t" if told == "tsv" else ","):
        settings["delimiter"] = found.delimiter
    if not found.quotes and found.delimiter not in LONG:
        settings["quotes"] = False
    names, doubts = tuple(cell.strip() for cell in rows[0]), tuple[str, ...]()
    filled = [name for name in names if name]
    if len(set(filled)) < len(filled) and sum(map(is_known, filled)) > len(filled) / 2:
        return Layout(path, unreadable="two of its columns have the same name")
    if not has_header(rows[0], rows[1:]):
        names = tuple(f"column_{place}" for place in range(1, len(rows[0]) + 1))
        settings["header"] = list(names)
        doubts = (NO_HEADER,)
    return Layout(path, tuple(name for name in names if name), settings, doubts)


def _plain(path: Path, text: str) -> Layout:
    """A text whose lines no separator parts into the same number of cells, and so has no columns."""
    lines = [line.strip() for line in text.strip().splitlines()[:LOOKED_AT]]
    filled = [line for line in lines if line]
    if what := foreign(filled):
        return Layout(path, unreadable=what)
    if suffix_format(path) is not None:
        return Layout(path, unreadable="it is text, and no separator parts its lines into the same number of cells")
    parted = len(lines) - len(filled) > BLANK * len(lines)
    way, other = ("paragraphs", "lines") if parted else ("lines", "paragraphs")
    doubt = f"{shown(path)} has no columns: its {way} are taken for texts; `ingest.format: {other}` is the other way"
    return Layout(path, (COLUMN,), {"format": way}, (doubt,))


def ends_unended(path: Path) -> bool:
    """Whether the last line of a text file has no line end, in any encoding."""
    with opened(path) as stream:
        last = b""
        if not is_packed(path):
            stream.seek(max(0, path.stat().st_size - 4))
        while data := stream.read(HEAD_BYTES):
            last = (last + data)[-4:]
    return last.replace(b"\x00", b"")[-1:] not in (b"\n", b"\r")


def told(layout: Layout) -> str:
    """Why a file cannot be read, in one line."""
    return f"{shown(layout.path)}: {layout.unreadable or 'it is text without columns'}"
