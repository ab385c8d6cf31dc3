"""A folder of pictures, one folder for each class, perhaps within one for each split."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.pictures import PictureError
from pipelines.pictures.faults import LARGEST
from pipelines.pictures.lossless import file_cell
from pipelines.sources.class_folders import find_by_class
from pipelines.sources.columns import Row, refuse_missing
from pipelines.sources.opening import shown

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
KINDS = "PNG, JPEG, WEBP, BMP, GIF or TIFF"
# The columns of a row that is made of a picture.
COLUMNS = ("image", "label", "file")
FEW = 10  # files that are told by name


class UnreadPictureError(SourceError):
    """A file that is no picture which we read; `why` is said in words."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"ingest: the picture {name} is not read: {why}.",
            f"Expected a whole {KINDS} file of at most {LARGEST:,} bytes.",
            "mend the file, make it smaller, or take it out of the folder.",
        )
        self.name, self.why = name, why


def is_picture_name(name: str) -> bool:
    """Whether a file of that name is a picture which we read."""
    return name.strip().lower().endswith(SUFFIXES)


def find_pictures(source: Path) -> list[tuple[Path, str | None, str]]:
    """The pictures of `source` by name, each with the split and the class that their folders name."""
    return find_by_class(source, lambda path: is_picture_name(path.name))


def picture_rows(path: Path, label: str, columns: Sequence[str], required: Collection[str]) -> Iterator[Row]:
    """Yield the one row of a picture: `image`, `label` (its folder's name) and `file` (its own)."""
    name = shown(path)
    refuse_missing(name, COLUMNS, columns, required)
    if path.stat().st_size > LARGEST:
        raise UnreadPictureError(name, f"it has more than {LARGEST:,} bytes")
    try:
        found = {"image": file_cell(path.read_bytes()), "label": label, "file": path.name}
    except PictureError as error:
        raise UnreadPictureError(name, str(error)) from None
    yield {column: found.get(column) for column in columns}


def refused(unread: Sequence[UnreadPictureError]) -> SourceError:
    """Say of all pictures at once which are not read: who mends one file does not run again to hear of the next."""
    if len(unread) == 1:
        return unread[0]
    few = ", ".join(f"{each.name} ({each.why})" for each in unread[:FEW])
    more = f" and {len(unread) - FEW:,} more" * (len(unread) > FEW)
    return SourceError(
        f"ingest: {len(unread):,} pictures are not read: {few}{more}.",
        f"Expected whole {KINDS} files of at most {LARGEST:,} bytes.",
        "mend the files, make them smaller, or take them out of the folder.",
    )
