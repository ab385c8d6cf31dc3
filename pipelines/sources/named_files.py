"""The files that `ingest.files` names: by whole names, by * and ?, and within folders by their paths."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from pipelines.errors import SourceError
from pipelines.sources.opening import shown


def splits_by_name(source: Path, files: Mapping[str, str]) -> dict[str, str]:
    """The split of each file at or below `source` that a key of `files` names, in the order of the keys.

    A file is named by its path from `source` on. Raises SourceError where a key names none, or two keys name one file.
    """
    names = list(_names(source, deep=any(map(lies_deep, files))))
    splits: dict[str, str] = {}
    for key, split in files.items():
        found = matching(names, key)
        if not found:
            raise SourceError(
                f"ingest: no file in {shown(source)} matches {key!r}.",
                "Expected each key of `ingest.files` to name a file there, or several by * and ?.",
                "correct the key, or remove it from `ingest.files`.",
            )
        for name in found:
            if name in splits:
                raise _claimed_twice(name, key)
            splits[name] = split
    return splits


def lies_deep(key: str) -> bool:
    """Whether a key names what lies in a folder within the source."""
    return "/" in key


def matching(names: Collection[str], key: str) -> Sequence[str]:
    """Those of `names` that `key` means: the one that is called so, or else all that fit, folder by folder.

    A file may have brackets in its name, and `*` never leads into another folder.
    """
    if key in names:
        return [key]
    pattern = key.split("/")
    return [name for name in names if _fits(name.split("/"), pattern)]


def folder_of(name: str) -> str:
    """The folder in which a file lies, by its name; "" at the top."""
    folder = str(PurePosixPath(name).parent)
    return "" if folder == "." else folder


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))


def _names(source: Path, *, deep: bool) -> Iterator[str]:
    if source.is_file():
        yield source.name
        return
    for place, within, files in os.walk(source):  # links to folders are not followed: they could lead back
        within[:] = sorted(name for name in within if deep and not name.startswith("."))
        for name in sorted(files):
            yield Path(place, name).relative_to(source).as_posix()


def _claimed_twice(name: str, key: str) -> SourceError:
    """Say that one file would be read twice, perhaps once to train and once to test."""
    return SourceError(
        f"ingest: {name} matches {key!r} and another key before it.",
        "Expected each file to match one key of `ingest.files`.",
        "make the keys of `ingest.files` narrower.",
    )
