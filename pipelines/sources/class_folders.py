"""A folder for each class, perhaps within one for each split: which files lie there, and what their folders name."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

SPLITS = {"train": "train", "training": "train", "valid": "valid", "validation": "valid", "val": "valid",
          "dev": "valid", "test": "test", "testing": "test"}  # fmt: skip
WORD = re.compile(r"[^\W\d_]+")
Fits = Callable[[Path], bool]


def find_by_class(source: Path, fits: Fits) -> list[tuple[Path, str | None, str]]:
    """The files below `source` that fit, by name, each with the split and the class that their folders name.

    Where all folders at the top are called as splits are (train, test, …), the folders within them are the classes. A
    folder that is alone, and holds nothing but folders, is looked through: archives are unpacked so.
    """
    tops = _folders(_through(source, fits))
    splits = splits_of([folder.name for folder in tops])
    if splits is None:
        return [(path, None, each.name) for each in tops for path in _fitting(each, fits)]
    classes = [(each, splits[top.name]) for top in tops for each in _folders(_through(top, fits))]
    return [(path, split, each.name) for each, split in classes for path in _fitting(each, fits)]


def splits_of(names: Sequence[str]) -> dict[str, str] | None:
    """The split of each folder, by their `names`; None where they are not called as splits are.

    "seg_train" names one as well as "train" does, but not alone: "test" may be a part of what classes are called.
    """
    whole = [SPLITS.get(name.lower()) for name in names]
    if names and None not in whole:
        return {name: split for name, split in zip(names, whole, strict=True) if split}
    said = {name: {SPLITS[word] for word in WORD.findall(name.lower()) if word in SPLITS} for name in names}
    told = {split for found in said.values() for split in found}
    if "train" in told and len(told) > 1 and all(len(found) == 1 for found in said.values()):
        return {name: next(iter(found)) for name, found in said.items()}
    return None


def _through(folder: Path, fits: Fits) -> Path:
    within = _folders(folder)
    while len(within) == 1 and _is_wrapping(within[0], fits):
        folder, within = within[0], _folders(within[0])
    return folder


def _is_wrapping(folder: Path, fits: Fits) -> bool:
    return folder.name.lower() not in SPLITS and not _fitting(folder, fits) and bool(_folders(folder))


def _folders(source: Path) -> list[Path]:
    # A link could lead out of the folder, or back into it.
    return sorted(
        path for path in source.iterdir() if path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
    )


def _fitting(folder: Path, fits: Fits) -> list[Path]:
    return sorted(path for path in folder.iterdir() if fits(path) and not path.name.startswith(".") and path.is_file())
