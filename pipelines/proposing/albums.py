"""A column whose cells name picture files: which it is, and the folder below which they lie."""

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import polars as pl

from pipelines.errors import SourceError
from pipelines.proposing.folders import Found
from pipelines.proposing.reading import frames
from pipelines.sources.images import is_picture_name
from pipelines.sources.named_files import folder_of
from pipelines.sources.named_pictures import Album, named_from
from pipelines.sources.opening import shown

LOOKED_AT = 1_000  # rows
# A few files are missing from many data sets; a column of numbers that files are named by as well is no list of files.
NAMED = 0.9
# A table may lie in a folder with much else: so much of what is around it is listed.
MOST_FILES, DEEPEST = 300_000, 4


def with_album(found: Found) -> tuple[Found, tuple[str, ...]]:
    """What was found, with the folder of the pictures that a column names; and that column, if there is one.

    Raises SourceError where the rows name pictures and say nothing of them.
    """
    if not found.files or "query" in found.settings:
        return found, ()
    file = found.files[0]
    rows = next(frames(found, [file]), pl.DataFrame()).head(LOOKED_AT)
    if rows.is_empty():
        return found, ()
    # Tables in folders of their own, one for each split, have their pictures beside them, and the source around them.
    folder = file.resolve().parent if found.source in (file, file.parent) else found.source.resolve()
    if not _holds_pictures(folder):
        return _without_files(found, rows)
    album = Album.of(folder)
    named = named_from(folder_of(found.name_of(file)), rows, found.names)
    shares = {name: _share(named[name], album) for name in found.names}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] < NAMED:
        return _without_files(found, rows)
    if len(found.names) == 1:
        raise SourceError(
            f"inspect: {shown(found.source)} names pictures and says nothing of them.",
            "Expected a column that says what each of them is.",
            "write the label of each picture beside its name.",
        )
    place = _common(found, best, album)
    return replace(found, settings={**found.settings, "pictures": str(place)}), (best,)


def _holds_pictures(folder: Path) -> bool:
    """Whether pictures lie near a table, in a folder that is not too large to be listed."""
    seen, depth = 0, len(folder.parts)
    any_there = False
    for place, within, files in os.walk(folder):
        within[:] = [name for name in within if not name.startswith(".")]
        seen += len(files)
        if seen > MOST_FILES or (within and len(Path(place).parts) - depth >= DEEPEST):
            return False
        any_there = any_there or any(map(is_picture_name, islice(files, 100)))
    return any_there


def _share(cells: pl.Series, album: Album) -> float:
    """The share of cells that name one picture each, and each another one."""
    given = cells.drop_nulls()
    if not len(given):
        return 0.0
    found = {paths[0] for cell in given.unique() if len(paths := album.find(cell)) == 1}
    return len(found) / len(given)


def _common(found: Found, column: str, album: Album) -> Path:
    """The folder that holds all pictures which the column names, in any of the files."""
    places = {
        paths[0].parent
        for file in found.files
        for frame in frames(found, [file])
        for cell in named_from(folder_of(found.name_of(file)), frame, [column])[column].drop_nulls()
        if len(paths := album.find(cell)) == 1
    }
    return Path(os.path.commonpath(places))


def _without_files(found: Found, rows: pl.DataFrame) -> tuple[Found, tuple[str, ...]]:
    """The same, with a doubt about each column that names pictures which are not there."""
    doubts = tuple(
        f"{name}: its cells name pictures that do not lie beside the table; `ingest.pictures` says where they lie, "
        f"and `type: image` for {name} that they are to be read"
        for name in found.names
        if _is_named(rows[name].drop_nulls().to_list())
    )
    return replace(found, doubts=(*found.doubts, *doubts)), ()


def _is_named(cells: Sequence[str]) -> bool:
    named = sum(map(is_picture_name, cells))
    return bool(cells) and named >= NAMED * len(cells)
