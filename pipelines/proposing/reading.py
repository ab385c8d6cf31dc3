"""The rows of the files that were found, as `ingest` will read them; and files that hold the rows of others again."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.arriving import Sample, find_source
from pipelines.proposing import folders
from pipelines.proposing.folders import Found
from pipelines.record import Column, Record
from pipelines.sources.dialect import Dialect
from pipelines.sources.joining import joined_as

MOST_SAME = 0.8


def frames(found: Found, files: Sequence[Path] | None = None) -> Any:
    """The rows of the files found, as frames of texts with all their columns, read as `ingest` will read them."""
    record = Record("inspected", tuple(Column(name, "text", required=False) for name in found.names))
    settings = found.settings
    header = settings.get("header")
    dialect = Dialect(
        settings.get("delimiter"),
        tuple(header) if header else None,
        settings.get("quotes", True),
        settings.get("final_newline", True),
        joined_as(settings.get("join")),
        tuple(settings.get("sheets", ())),
    )
    mapping = {found.name_of(path): "train" for path in files} if files else settings.get("files")
    if mapping is None and found.source.is_dir() and settings.get("format") != "documents":
        mapping = {found.name_of(path): "train" for path in found.files}
    arriving = find_source(
        Path("/"),
        str(found.source.resolve()),
        Sample(),
        mapping,
        settings.get("format"),
        settings.get("encoding"),
        dialect,
    )
    return arriving.frames(record)


def not_twice(found: Found) -> tuple[Found, tuple[str, ...]]:
    """The largest of several files that hold the same rows, as subsets of one another do; all of them otherwise."""
    if len(set(found.splits)) > 1 or len(found.files) < 2 or len(found.files) > 20:
        return found, ()
    rows = {path: _hashes(found, path) for path in found.files}
    largest = max(found.files, key=lambda path: len(rows[path]))
    others = [path for path in found.files if path != largest]
    if any(len(rows[path] & rows[largest]) < MOST_SAME * max(len(rows[path]), 1) for path in others):
        return found, ()
    settings = {key: value for key, value in found.settings.items() if key != "files"}
    names = ", ".join(map(found.name_of, others))
    doubt = f"{found.name_of(largest)} was chosen: {names} hold rows of it once more"
    return folders.only(replace(found, settings=settings, splits=()), largest), (doubt,)


def _hashes(found: Found, path: Path) -> set[int]:
    hashes: set[int] = set()
    for frame in frames(found, [path]):
        hashes.update(frame.hash_rows(seed=7).to_list())
        if len(hashes) > 100_000:
            break
    return hashes
