"""A folder of pictures, one folder for each class, perhaps within one for each split."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.pictures import PictureError, picture_cell
from pipelines.sources.columns import Row, refuse_missing
from pipelines.sources.opening import shown

SUFFIXES = (".png", ".jpg", ".jpeg")
# The columns of a row that is made of a picture.
COLUMNS = ("image", "label", "file")
SPLITS = {"train": "train", "training": "train", "valid": "valid", "validation": "valid", "val": "valid",
          "dev": "valid", "test": "test", "testing": "test"}  # fmt: skip
# A picture's cell in base64 stays below the longest cell that is read.
LARGEST = 7_000_000


def find_pictures(source: Path) -> list[tuple[Path, str | None, str]]:
    """The pictures of `source` by name, each with the split and the class that their folders name.

    Where all folders at the top are called as splits are (train, test, …), the folders within them are the classes.
    """
    tops = _folders(source)
    if tops and all(folder.name.lower() in SPLITS for folder in tops):
        classes = [(each, SPLITS[top.name.lower()]) for top in tops for each in _folders(top)]
        return [(path, split, each.name) for each, split in classes for path in _pictures(each)]
    return [(path, None, each.name) for each in tops for path in _pictures(each)]


def picture_rows(path: Path, label: str, columns: Sequence[str], required: Collection[str]) -> Iterator[Row]:
    """Yield the one row of a picture: `image`, `label` (its folder's name) and `file` (its own)."""
    name = shown(path)
    refuse_missing(name, COLUMNS, columns, required)
    if path.stat().st_size > LARGEST:
        raise _refused(name, f"it has more than {LARGEST:,} bytes")
    try:
        found = {"image": picture_cell(path.read_bytes()), "label": label, "file": path.name}
    except PictureError as error:
        raise _refused(name, str(error)) from None
    yield {column: found.get(column) for column in columns}


def _folders(source: Path) -> list[Path]:
    # A link could lead out of the folder, or back into it.
    return sorted(
        path for path in source.iterdir() if path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
    )


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def _refused(name: str, why: str) -> SourceError:
    return SourceError(
        f"ingest: the picture {name} is not read: {why}.",
        f"Expected a whole PNG or JPEG file of at most {LARGEST:,} bytes.",
        "mend the file, make it smaller, or take it out of the folder.",
    )
