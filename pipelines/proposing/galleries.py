"""Pictures that nobody has described, in IDX files, in folders or in Parquet: their labels, not what they show."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from pipelines.errors import SourceError
from pipelines.proposing.folders import Found
from pipelines.sources import SourceFile, find_files, read_frames
from pipelines.sources.columnar import picture_columns
from pipelines.sources.opening import shown

IMAGE, LABEL = "image", "label"


def gallery(source: Path) -> list[SourceFile]:
    """The pictures of a folder; none where it holds something else."""
    if source.is_file():
        return []
    try:
        files = find_files(source, None, None)
    except SourceError:
        return []
    return files if all(file.label is not None or file.beside is not None for file in files) else []


def hung(source: Path, files: Sequence[SourceFile]) -> Found:
    """The pictures as a source whose rows have two columns, with the splits that names tell."""
    named = {file.split for file in files}
    splits = tuple(split for split in ("train", "valid", "test") if split in named)
    paths = tuple(path for file in files for path in (file.path, file.beside) if path is not None)
    return Found(source, (IMAGE, LABEL), paths, {}, splits if "test" in splits else ())


def labels(files: Sequence[SourceFile]) -> Iterator[pl.DataFrame]:
    """The label of each picture; a picture whose folder tells it is not opened."""
    if named := [file.label for file in files if file.label is not None]:
        yield pl.DataFrame({LABEL: named})
    for file in files:
        if file.beside is not None:
            yield from read_frames(file, [LABEL], [LABEL], None, None)


def framed(found: Found) -> tuple[str, ...]:
    """The columns of files that hold pictures beside other cells, as Parquet files of data sets do.

    Raises SourceError where there are no other cells.
    """
    pictures = tuple(name for name in picture_columns(found.files[0]) if name in found.names)
    if pictures and len(pictures) == len(found.names):
        raise SourceError(
            f"inspect: {shown(found.source)} holds pictures and nothing else.",
            "Expected a column that says what each of them is.",
            "write the label of each picture beside it, or sort the files into a folder for each class.",
        )
    return pictures
