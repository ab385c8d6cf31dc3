"""IDX files: grey images in one file and their labels in another, as MNIST is published."""

import re
import struct
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import SourceError
from pipelines.pictures import MOST_PIXELS, stored_png
from pipelines.sources.columns import Row, no_rows, refuse_missing
from pipelines.sources.images import COLUMNS
from pipelines.sources.opening import PACKED, opened, shown

# train-images-idx3-ubyte.gz, or train-images.idx3-ubyte as some unpack it.
NAMED = re.compile(r"(?P<part>.+)-images(?P<dot>[-.])idx3-ubyte(?P<packed>\.gz|\.bz2|\.xz|\.zst)?")
PARTS = {"train": "train", "t10k": "test", "test": "test", "valid": "valid", "emnist": None}
# Pictures shrink to a tenth; blank ones made to fill a disk to a thousandth.
MOST_UNPACKED, ALWAYS_UNPACKED = 250, 100_000_000  # times, bytes
IMAGES, LABELS = 0x00000803, 0x00000801


def find_pairs(there: Sequence[Path]) -> list[tuple[Path, Path, str | None]]:
    """The files of images among `there`, each with its file of labels and the split that its name tells."""
    names = {path.name: path for path in there}
    found = []
    for path in there:
        if match := NAMED.fullmatch(path.name):
            twin = f"{match['part']}-labels{match['dot']}idx1-ubyte"
            labels = next((names[twin + end] for end in ("", *PACKED) if twin + end in names), None)
            if labels is None:
                raise _refused(path, "its labels are not beside it", f"{twin}, as it is or packed")
            found.append((path, labels, PARTS.get(match["part"].lower())))
    return found


def idx_rows(images: Path, labels: Path, columns: Sequence[str], required: Collection[str]) -> Iterator[Row]:
    """Yield a row for each image: `image` (a PNG), `label` (its number) and `file` (the name with the place)."""
    name = shown(images)
    refuse_missing(name, COLUMNS, columns, required)
    with opened(images) as pixels, opened(labels) as answers:
        count, height, width = _head(images, pixels, IMAGES, 3)
        (answered,) = _head(labels, answers, LABELS, 1)
        if count != answered:
            raise _refused(images, f"it has {count:,} images", f"as many as labels: {answered:,}")
        if not count:
            raise no_rows(name)
        if not 0 < height * width <= MOST_PIXELS:
            raise _refused(images, "its images have no size that is read", f"at most {MOST_PIXELS:,} pixels each")
        if count * height * width > max(MOST_UNPACKED * images.stat().st_size, ALWAYS_UNPACKED):
            raise _refused(images, f"it would unpack to more than {MOST_UNPACKED} times its size", "pictures")
        for place in range(count):
            found = {
                "image": _cell(_exactly(images, pixels, height * width), width, height),
                "label": str(_exactly(labels, answers, 1)[0]),
                "file": f"{name}#{place}",
            }
            yield {column: found.get(column) for column in columns}
        for path, stream in ((images, pixels), (labels, answers)):
            if stream.read(1):
                raise _refused(path, "it goes on behind its last item", f"{count:,} items, as its head says")


def _cell(rows: bytes, width: int, height: int) -> str:
    import base64

    return base64.b64encode(stored_png(rows, width, height)).decode("ascii")


def _head(path: Path, stream: BinaryIO, magic: int, sizes: int) -> tuple[int, ...]:
    head = _exactly(path, stream, 4)
    if head != struct.pack(">I", magic):
        raise _refused(path, "it does not begin as such a file does", "IDX with unsigned bytes")
    return struct.unpack(f">{sizes}I", _exactly(path, stream, 4 * sizes))


def _exactly(path: Path, stream: BinaryIO, size: int) -> bytes:
    """The next `size` bytes: a stream that unpacks may give fewer at once."""
    found = b""
    while len(found) < size:
        more = stream.read(size - len(found))
        if not more:
            raise _refused(path, "it is cut off", "as many items as its head says")
        found += more
    return found


def _refused(path: Path, what: str, expected: str) -> SourceError:
    return SourceError(
        f"ingest: {shown(path)} is not read as an IDX file: {what}.",
        f"Expected {expected}.",
        "download the files again: images and labels belong together.",
    )
