"""A source that arrives: which files it is made of, and its rows as text, read strictly and streaming.

Whoever reads must be ready to drop what was yielded: a fault on the last line is found on the last line.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.sources.columnar import parquet_rows
from pipelines.sources.columns import Row
from pipelines.sources.delimited import delimited_rows
from pipelines.sources.dialect import USUAL, Dialect
from pipelines.sources.jsonlines import json_rows
from pipelines.sources.manifest import refuse_other_content
from pipelines.sources.opening import is_packed, shown

__all__ = ["Row", "SourceFile", "find_files", "fingerprint", "read_rows"]

SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
FORMATS = ("csv", "tsv", "jsonl", "parquet")


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, and the split that the `files` mapping gives it."""

    path: Path
    split: str | None


def find_files(source: Path, files: Mapping[str, str] | None, format: str | None) -> list[SourceFile]:
    """List the files of a source: itself, the data files of a folder, or those that `files` names."""
    there = _files_there(source)
    if files:
        found = _named_files(there, files, shown(source))
    elif source.is_file():
        found = [SourceFile(source, None)]
    else:
        found = [SourceFile(path, None) for path in there if _is_data_file(path)]
    if not found:
        raise SourceError(
            f"ingest: the folder {shown(source)} has no data files.",
            "Expected files that end in " + ", ".join(SUFFIXES) + ", or those with .gz.",
            "check the path of the source, or name its files in `ingest.files`.",
        )
    for file in found:
        _format_of(file.path, format)
    return found


def read_rows(
    file: SourceFile,
    columns: Sequence[str],
    required: Collection[str],
    format: str | None,
    encoding: str | None,
    dialect: Dialect = USUAL,
) -> Iterator[Row]:
    """Yield the rows of a file in the order of `columns`, each cell as the text that stands there."""
    kind = _format_of(file.path, format)
    if kind == "parquet":
        return parquet_rows(file.path, columns, required)
    if kind == "jsonl":
        return json_rows(file.path, columns, required, encoding)
    return delimited_rows(file.path, "\t" if kind == "tsv" else ",", columns, required, encoding, dialect)


def fingerprint(files: list[SourceFile]) -> str:
    """Give one SHA-256 over the names and the bytes of the files, in their order.

    Raises SourceError where a digest that lies beside a file is that of another content.
    """
    total = hashlib.sha256()
    for file in files:
        with file.path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").digest()
        refuse_other_content(file.path, content.hex())
        # Digests have one length, so no name and no file can pass for a part of its neighbour.
        total.update(hashlib.sha256(os.fsencode(file.path.name)).digest() + content)
    return total.hexdigest()


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
    """Tell by its name whether a file in a folder is data; hidden ones are other programs' notes."""
    kind = _kind_by_suffix(path)
    return kind is not None and not path.name.startswith(".") and not (kind == "parquet" and is_packed(path))


def _named_files(there: list[Path], files: Mapping[str, str], source: str) -> list[SourceFile]:
    """Find the files that each key of `files` names, in the order of the keys."""
    splits: dict[Path, str] = {}
    for key, split in files.items():
        # The exact name first: a file may have brackets in its name.
        matches = [path for path in there if path.name == key] or [
            path for path in there if fnmatchcase(path.name, key)
        ]
        if not matches:
            raise SourceError(
                f"ingest: no file in {source} matches {key!r}.",
                "Expected each key of `ingest.files` to name a file there, or several by * and ?.",
                "correct the key, or remove it from `ingest.files`.",
            )
        for path in matches:
            if path in splits:
                raise _claimed_twice(path, key)
            splits[path] = split
    return [SourceFile(path, split) for path, split in splits.items()]


def _claimed_twice(path: Path, key: str) -> SourceError:
    """Say that one file would be read twice, perhaps once to train and once to test."""
    return SourceError(
        f"ingest: {shown(path)} matches {key!r} and another key before it.",
        "Expected each file to match one key of `ingest.files`.",
        "make the keys of `ingest.files` narrower.",
    )


def _kind_by_suffix(path: Path) -> str | None:
    """Give the format that a file's name tells, looking through .gz."""
    plain = path.with_suffix("") if is_packed(path) else path
    return SUFFIXES.get(plain.suffix.lower())


def _format_of(path: Path, declared: str | None) -> str:
    """Give the format of a file: the declared one, else what its name tells."""
    kind = declared or _kind_by_suffix(path)
    if kind in FORMATS:
        return kind
    what = f"the format of {shown(path)} is not known" if declared is None else f"{declared!r} is not a format"
    raise SourceError(
        f"ingest: {what}.",
        "Expected `ingest.format` to be csv, tsv, jsonl or parquet, or a file name that tells it.",
        "declare `ingest.format`.",
    )
