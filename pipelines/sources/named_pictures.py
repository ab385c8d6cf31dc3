"""Pictures that rows name: a table says of each file in a folder what it shows."""

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.errors import SourceError
from pipelines.pictures import PictureError, is_picture
from pipelines.pictures.faults import LARGEST
from pipelines.pictures.lossless import file_cell
from pipelines.sources.images import FEW, KINDS, SUFFIXES, is_picture_name
from pipelines.sources.opening import shown

# A cell beyond this is no name: the longest path that systems know. It may be a picture itself.
LONGEST_NAME = 4096
PICTURES_AT_ONCE = 256
# Before this stands the folder of the table that names a picture, as rsync parts a place from what is brought there.
FROM = "/./"
ENDING = rf"(?i)({'|'.join(map(re.escape, SUFFIXES))})\s*$"
# What names a picture: the last parts of its path, with its suffix or without.
Key = tuple[str, ...]


@dataclass(frozen=True)
class Album:
    """The pictures below `folder`, and which of them a cell names.

    A name is a file's, with its suffix or without, and may have folders before it: those below `folder`, `folder`
    itself, or those of another machine before them all. A folder in a name that is not the file's own makes it another
    name: "test/1.png" is never the picture train/1.png. A table in a folder of its own means what lies there: of
    "test/./1.png" the folder counts unless no picture at all lies in it.
    """

    folder: Path
    paths: tuple[Path, ...]
    named: dict[Key, tuple[Path, ...]]  # by the ends of their paths: those of two pictures are names of none
    whole: dict[Key, tuple[Path, ...]]  # by their whole paths, and those with the folder's own name before them
    places: frozenset[Key]  # all runs of folders on the ways to them

    @classmethod
    def of(cls, folder: Path) -> "Album":
        """The album of all picture files below `folder`. Raises SourceError where there is none."""
        paths = tuple(_pictures_below(folder))
        if not paths:
            raise SourceError(
                f"ingest: the folder {shown(folder)} of `ingest.pictures` holds no pictures, or does not exist.",
                f"Expected {KINDS} files there, or in folders within it.",
                "correct `ingest.pictures` in params.yaml, or remove it.",
            )
        keys = [(path, key) for path in paths for key in _keys(folder, path)]
        whole = [(path, key) for path, key in keys if len(key) > max(1, len(path.relative_to(folder).parts) - 1)]
        return cls(folder, paths, _by_key(keys), _by_key(whole), frozenset(_places(folder, paths)))

    def find(self, cell: str) -> tuple[Path, ...]:
        """The pictures that `cell` may mean: one where it names one, none or several where nobody could tell."""
        within, _, name = cell.rpartition(FROM)
        if not within:
            return self._find(cell)
        return self._find(f"{within}/{name}") or (() if _parts(within) in self.places else self._find(name))

    def _find(self, cell: str) -> tuple[Path, ...]:
        parts = _parts(cell)
        if found := self.named.get(parts, ()):
            return found
        behind = (self.whole.get(parts[start:], ()) for start in range(1, len(parts) - 1))
        return next((found for found in behind if found), ())

    def fingerprint(self) -> str:
        """One SHA-256 over the paths within the folder and the bytes of all pictures."""
        total = hashlib.sha256()
        for path in self.paths:
            with path.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").digest()
            name = os.fsencode(path.relative_to(self.folder).as_posix())
            total.update(hashlib.sha256(name).digest() + content)
        return total.hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all pictures."""
        return sum(path.stat().st_size for path in self.paths)

    def shown_in(self, frames: Iterable[pl.DataFrame], columns: Collection[str]) -> Iterator[pl.DataFrame]:
        """`frames` with pictures in place of the names in `columns`. Raises SourceError for all that are not read."""
        before = 0
        for frame in frames:
            there = [name for name in columns if name in frame.columns]
            unread: list[tuple[int, str]] = []
            for part in frame.iter_slices(PICTURES_AT_ONCE):
                cells = [pl.Series(name, self._cells(part[name], before, unread), dtype=pl.String) for name in there]
                before += part.height
                if not unread:
                    yield part.with_columns(cells)
            if unread:
                raise _refused(unread)

    def _cells(self, names: pl.Series, before: int, unread: list[tuple[int, str]]) -> list[str | None]:
        found: list[str | None] = []
        for row, name in enumerate(names, before + 1):
            try:
                found.append(cell_of(name, self.find))
            except PictureError as error:
                unread.append((row, str(error)))
                found.append(None)
        return found


def named_from(within: str, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """`frame` with names of pictures in `columns` as a table in the folder `within` means them."""
    here = [name for name in columns if name in frame.columns] if within else []
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(ENDING))
        .then(pl.lit(within + FROM) + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in here
    )


def cell_of(name: str | None, find: Callable[[str], Sequence[Path]]) -> str | None:
    """The cell of the picture that a row names; a cell that holds one, or nothing, stays. Raises PictureError."""
    if name is None or not name.strip() or len(name) > LONGEST_NAME:
        return name
    paths = find(name)
    if not paths and is_picture(name):
        return name
    if len(paths) != 1:
        raise PictureError("its name is that of several pictures" if paths else "no picture has its name")
    if paths[0].stat().st_size > LARGEST:
        raise PictureError(f"it has more than {LARGEST:,} bytes")
    return file_cell(paths[0].read_bytes())


def beside(file: Path, name: str) -> tuple[Path, ...]:
    """The picture of that path from the folder of `file` on; none where it lies elsewhere."""
    folder = Path(str(file.parent)).resolve()  # standard input is a path of its own kind
    path = (folder / name.strip().replace("\\", "/")).resolve()
    is_one = path.is_relative_to(folder) and is_picture_name(path.name) and path.is_file()
    return (path,) if is_one else ()


def _pictures_below(folder: Path) -> Iterator[Path]:
    """Pictures by their paths. Folders that are links are not followed: they could lead back."""
    for place, within, files in os.walk(folder):
        within[:] = sorted(name for name in within if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if is_picture_name(name) and not name.startswith(".") and path.is_file():
                yield path


def _keys(folder: Path, path: Path) -> Iterator[Key]:
    """All ends of a picture's path, from that of its folder's album on, with its suffix and without."""
    parts = (folder.resolve().name, *path.relative_to(folder).parts)
    for start in range(len(parts)):
        yield parts[start:]
        yield (*parts[start:-1], path.stem)


def _places(folder: Path, paths: Iterable[Path]) -> Iterator[Key]:
    """All runs of folders on the ways to pictures, that of the album included."""
    for place in {path.parent for path in paths}:
        parts = (folder.resolve().name, *place.relative_to(folder).parts)
        yield from (parts[start:end] for start in range(len(parts)) for end in range(start + 1, len(parts) + 1))


def _by_key(keys: Iterable[tuple[Path, Key]]) -> dict[Key, tuple[Path, ...]]:
    """The picture of each key; two of those that share one, for more would tell no more."""
    found: dict[Key, tuple[Path, ...]] = {}
    for path, key in keys:
        found[key] = (*found.get(key, ()), path)[:2]
    return found


def _parts(cell: str) -> Key:
    return tuple(part for part in cell.strip().replace("\\", "/").split("/") if part not in ("", "."))


def _refused(unread: Sequence[tuple[int, str]]) -> SourceError:
    """Say by the numbers of their rows which pictures are not read: a name may be somebody's."""
    few = "; ".join(f"row {row:,}: {why}" for row, why in unread[:FEW])
    more = f"; and {len(unread) - FEW:,} more" * (len(unread) > FEW)
    what = "a picture that a row names is not read" if len(unread) == 1 else f"{len(unread):,} pictures are not read"
    return SourceError(
        f"ingest: {what} ({few}{more}).",
        f"Expected each row to name one whole {KINDS} file of at most {LARGEST:,} bytes below `ingest.pictures`.",
        "bring the files that are missing, mend those that are broken, or take their rows out.",
    )
