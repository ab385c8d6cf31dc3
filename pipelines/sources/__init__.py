"""A source that arrives: which files it is made of, and its rows as text, read strictly and streaming.

Whoever reads must be ready to drop what was yielded: a fault on the last line is found on the last line.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.errors import SourceError
from pipelines.sources.columnar import PICTURES_AT_ONCE, arrow_rows, parquet_rows, picture_columns
from pipelines.sources.columns import Row
from pipelines.sources.delimited import delimited_frames, delimited_rows
from pipelines.sources.dialect import USUAL, Dialect
from pipelines.sources.documents import document_rows, find_documents
from pipelines.sources.fasttext import fasttext_rows
from pipelines.sources.frames import ROWS_AT_ONCE, as_frames, together
from pipelines.sources.idx import find_pairs, idx_rows
from pipelines.sources.images import KINDS, find_pictures, picture_rows
from pipelines.sources.jsonarray import array_rows
from pipelines.sources.jsonlines import json_rows
from pipelines.sources.kinds import PLAIN, SUFFIXES, UNPACKED, kind_by_name, kind_of_file
from pipelines.sources.manifest import refuse_other_content
from pipelines.sources.named_files import folder_of, splits_by_name
from pipelines.sources.opening import is_packed, shown
from pipelines.sources.passages import passage_rows
from pipelines.sources.workbooks import workbook_rows

__all__ = [
    "Row",
    "SourceFile",
    "as_frames",
    "find_files",
    "fingerprint",
    "names_of",
    "read_frames",
    "read_rows",
    "together",
]


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, and the split that the `files` mapping, or the file's own folder, gives it.

    Pictures and documents have a `label`, the class that their folder names; or pictures have their labels in a file
    `beside` them. What `files` names in a folder of the source lies `within` that.
    """

    path: Path
    split: str | None
    label: str | None = None
    beside: Path | None = None
    within: str = ""


def find_files(source: Path, files: Mapping[str, str] | None, format: str | None) -> list[SourceFile]:
    """List the files of a source: itself, the data files of a folder, or those that `files` names.

    A folder without data files may hold pictures: IDX pairs, or a folder for each class. Documents are declared.
    """
    there = _files_there(source)
    if format == "documents":
        return _find_documents(source)
    if format in ("idx", "images") or (format is None and not files):
        pictures = _find_pictures(source, there, files, format)
        if pictures or format is not None:
            return pictures or _no_pictures(source)
    if files:
        found = _named_files(source, files)
    elif source.is_file():
        found = [SourceFile(source, None)]
    else:
        found = [SourceFile(path, None) for path in there if _is_data_file(path)]
    if not found:
        raise SourceError(
            f"ingest: the folder {shown(source)} has no data files.",
            "Expected files that end in "
            + ", ".join(SUFFIXES)
            + ", also with .gz, .bz2, .xz or .zst; IDX files; or a folder of "
            f"pictures ({KINDS}) for each class.",
            "check the path of the source, or name its files in `ingest.files`.",
        )
    for file in found:
        kind_of_file(file.path, format)
    return found


def _find_pictures(
    source: Path, there: list[Path], files: Mapping[str, str] | None, format: str | None
) -> list[SourceFile]:
    """List pictures: IDX pairs, by their names or as `files` says, else the files in the folders of classes."""
    if source.is_file() or (format is None and any(_is_data_file(path) for path in there)):
        return []
    pairs = find_pairs(there) if format != "images" else []
    if pairs and files:
        named = {file.path: file.split for file in _named_files(source, files)}
        return [SourceFile(images, named[images], None, labels) for images, labels, _ in pairs if images in named]
    if pairs or format == "idx":
        return [SourceFile(images, split, None, labels) for images, labels, split in pairs]
    return [SourceFile(path, split, label) for path, split, label in find_pictures(source)]


def _find_documents(source: Path) -> list[SourceFile]:
    found = [] if source.is_file() else find_documents(source)
    if found:
        return [SourceFile(path, split, label) for path, split, label in found]
    raise SourceError(
        f"ingest: {shown(source)} holds no documents.",
        "Expected a folder with a folder of .txt files for each class, perhaps within `train` and `test`.",
        "check the path of the source, or `ingest.format`.",
    )


def _named_files(source: Path, files: Mapping[str, str]) -> list[SourceFile]:
    folder = source.parent if source.is_file() else source
    named = splits_by_name(source, files).items()
    return [SourceFile(folder / name, split, within=folder_of(name)) for name, split in named]


def _no_pictures(source: Path) -> list[SourceFile]:
    raise SourceError(
        f"ingest: {shown(source)} holds no pictures.",
        "Expected a folder with IDX files (images and labels), or with a folder of pictures for each class.",
        "check the path of the source, or `ingest.format`.",
    )


def read_rows(
    file: SourceFile,
    columns: Sequence[str],
    required: Collection[str],
    format: str | None,
    encoding: str | None,
    dialect: Dialect = USUAL,
) -> Iterator[Row]:
    """Yield the rows of a file in the order of `columns`, each cell as the text that stands there."""
    if file.beside is not None:
        return idx_rows(file.path, file.beside, columns, required)
    if file.label is not None and format == "documents":
        return document_rows(file.path, file.label, columns, required, encoding)
    if file.label is not None:
        return picture_rows(file.path, file.label, columns, required)
    kind = kind_of_file(file.path, format)
    if kind == "parquet":
        return parquet_rows(file.path, columns, required)
    if kind == "arrow":
        return arrow_rows(file.path, columns, required)
    if kind == "excel":
        return workbook_rows(file.path, columns, required, dialect)
    if kind == "jsonl":
        return json_rows(file.path, columns, required, encoding)
    if kind == "json":
        return array_rows(file.path, columns, required, encoding)
    if kind == "fasttext":
        return fasttext_rows(file.path, columns, required, encoding)
    if kind in PLAIN:
        return passage_rows(file.path, columns, required, encoding, lines=kind == "lines")
    return delimited_rows(file.path, "\t" if kind == "tsv" else ",", columns, required, encoding, dialect)


def read_frames(
    file: SourceFile,
    columns: Sequence[str],
    required: Collection[str],
    format: str | None,
    encoding: str | None,
    dialect: Dialect = USUAL,
) -> Iterator[pl.DataFrame]:
    """Yield the same rows as frames of texts, of ROWS_AT_ONCE rows but for the last."""
    in_folders = file.beside is not None or file.label is not None
    kind = None if in_folders else kind_of_file(file.path, format)
    if kind in ("csv", "tsv"):
        return delimited_frames(file.path, "\t" if kind == "tsv" else ",", columns, required, encoding, dialect)
    at_once = PICTURES_AT_ONCE if kind in ("parquet", "arrow") and picture_columns(file.path) else ROWS_AT_ONCE
    return as_frames(read_rows(file, columns, required, format, encoding, dialect), columns, at_once)


def fingerprint(files: list[SourceFile]) -> str:
    """Give one SHA-256 over the names and the bytes of the files, in their order.

    Raises SourceError where a digest that lies beside a file is that of another content.
    """
    total = hashlib.sha256()
    for file in files:
        for path in (file.path, *([file.beside] if file.beside else [])):
            with path.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").digest()
            refuse_other_content(path, content.hex())
            name = path.name if file.label is None else f"{file.split or ''}/{file.label}/{path.name}"
            # Digests have one length, so no name and no file can pass for a part of its neighbour.
            total.update(hashlib.sha256(os.fsencode(name)).digest() + content)
    return total.hexdigest()


def names_of(files: Sequence[SourceFile]) -> list[str]:
    """The names of the files by which provenance tells of them: with the folders in which `files` found them."""
    paths = [(file.within, path) for file in files for path in (file.path, file.beside) if path is not None]
    return [f"{within}/{path.name}" if within else path.name for within, path in paths]


def _files_there(source: Path) -> list[Path]:
    """List the files from which a source may choose, sorted by name."""
    if source.is_file():
        return [source]
    if source.is_dir():
        return sorted(path for path in source.iterdir() if path.is_file())
    raise SourceError(
        f"ingest: the source {shown(source)} does not exist.",
        "Expected a file, or a folder with files.",
        "check the path of the source.",
    )


def _is_data_file(path: Path) -> bool:
    """Tell by its name whether a file in a folder is data; hidden ones are notes of programs, ~$ ones Excel's locks."""
    kind = kind_by_name(path.name)
    return kind is not None and not path.name.startswith((".", "~$")) and not (kind in UNPACKED and is_packed(path))
