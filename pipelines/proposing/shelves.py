"""Documents that nobody has described, in a folder for each class: how they are read, and what is unsure of them."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pipelines.proposing.encodings import encoding_of
from pipelines.proposing.folders import Found
from pipelines.record import Role
from pipelines.sources.documents import find_documents
from pipelines.sources.kinds import kind_by_name

TEXT, LABEL = "text", "label"
ROLES: dict[str, Role] = {TEXT: "text", LABEL: "label"}
# So many files of each class tell the encoding; of tens of thousands nobody waits for all.
OPENED = 50

Shelf = Sequence[tuple[Path, str | None, str]]  # a file, its split, its class


def shelf(source: Path) -> Shelf:
    """The documents of a folder; none where tables lie there, or more plain text than in the folders, or one class."""
    if source.is_file():
        return ()
    loose = [path for path in source.iterdir() if path.is_file() and not path.name.startswith(".")]
    found = find_documents(source)
    size = sum(path.stat().st_size for path, _, _ in found)
    if any(kind_by_name(path.name) for path in loose) or size < sum(path.stat().st_size for path in loose):
        return ()
    return found if len({label for _, _, label in found}) > 1 else ()


def placed(source: Path, found: Shelf) -> Found:
    """The documents as a source whose rows have two columns, with the splits that names tell."""
    encoding, doubts = _encoding(found)
    named = {split for _, split, _ in found}
    splits = tuple(split for split in ("train", "valid", "test") if split in named)
    settings = {"format": "documents", **({"encoding": encoding} if encoding else {})}
    files = tuple(path for path, _, _ in found)
    return Found(source, (TEXT, LABEL), files, settings, splits if "test" in splits else (), doubts + _untested(found))


def _encoding(found: Shelf) -> tuple[str | None, tuple[str, ...]]:
    """The encoding of texts that are not UTF-8: the one that most of those have which were opened."""
    by_class: dict[str, list[Path]] = defaultdict(list)
    for path, _, label in found:
        by_class[label].append(path)
    told = [encoding_of(path) for paths in by_class.values() for path in paths[:: max(1, len(paths) // OPENED)]]
    others = [codec for codec in told if codec is not None]
    if not others:
        return None, ()
    codec = max(set(others), key=others.count)
    return codec, (f"the encoding is not UTF-8: {codec} reads as text, others may too; read some rows",)


def _untested(found: Shelf) -> tuple[str, ...]:
    """That a class stands in the training part alone, as texts do that nobody has labelled."""
    tested = {label for _, split, label in found if split == "test"}
    alone = sorted({label for _, _, label in found} - tested) if tested else []
    if not alone:
        return ()
    return (f"{', '.join(alone)}: in no test part; if these texts have no label, move their folder out",)
