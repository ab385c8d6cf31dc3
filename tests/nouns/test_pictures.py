"""Pictures as text: pixels alone, the same bytes everywhere, and whole or refused."""

import base64
import gzip
import hashlib
import io
import os
import struct
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from workspaces import lines

from pipelines.arriving import Arriving, Sample, find_source
from pipelines.errors import SourceError
from pipelines.pictures import PictureError, is_picture, picture_cell, pixels_alone, size_of, stored_png
from pipelines.record import parse_record
from pipelines.values import readable

RECORD = parse_record(
    {
        "name": "digits",
        "columns": {
            "image": {"type": "image", "role": "feature"},
            "label": {"type": "category", "role": "label"},
            "part": {"type": "category", "role": "split"},
        },
    }
)
PLACE = b"48 deg 12' N, taken by Mallory"


def drawn(form: str, mode: str = "RGB", **more: object) -> bytes:
    """A small picture in colour, of which a quarter is red."""
    picture = Image.new("RGB", (20, 12), (10, 200, 30))
    picture.paste((220, 10, 10), (0, 0, 10, 6))
    picture = picture.convert(mode)
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize((20, 12)))
    out = io.BytesIO()
    picture.save(out, form, **more)  # type: ignore[arg-type]
    return out.getvalue()


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010E] = PLACE.decode()
    return made


PNG, JPEG = drawn("PNG", exif=exif()), drawn("JPEG", exif=exif(), comment=PLACE)
PROGRESSIVE = drawn("JPEG", progressive=True, restart_marker_blocks=1)
WEBP = drawn("WEBP", exif=exif(), xmp=PLACE)
EXACT = drawn("WEBP", exif=exif(), lossless=True)
CLEAR = drawn("WEBP", exif=exif(), mode="RGBA")
PLAIN = drawn("WEBP")
KINDS = {"png": PNG, "jpeg": JPEG, "progressive": PROGRESSIVE,
         "webp": WEBP, "exact webp": EXACT, "clear webp": CLEAR, "plain webp": PLAIN}  # fmt: skip
every_kind = pytest.mark.parametrize("content", KINDS.values(), ids=KINDS)


@every_kind
def test_a_picture_loses_where_it_was_taken_and_no_pixel(content: bytes) -> None:
    clean = pixels_alone(content)
    assert PLACE not in clean
    assert len(clean) <= len(content)
    before, after = (Image.open(io.BytesIO(each)).convert("RGBA").tobytes() for each in (content, clean))
    assert before == after
    assert not Image.open(io.BytesIO(clean)).getexif()
    assert size_of(clean) == (20, 12)
    assert pixels_alone(clean) == clean


def test_the_marks_of_a_place_were_there_before() -> None:
    assert PLACE in PNG
    assert all(PLACE in content for content in (JPEG, WEBP, EXACT, CLEAR))


@every_kind
def test_a_picture_cut_anywhere_is_refused_and_what_follows_its_end_is_left_out(content: bytes) -> None:
    for length in range(len(content)):
        with pytest.raises(PictureError):
            pixels_alone(content[:length])
    assert pixels_alone(content + b"MZ a program") == pixels_alone(content)


@given(st.binary(max_size=80), st.sampled_from([b"", *(kind[:at] for kind in KINDS.values() for at in (12, 60, 300))]))
def test_no_bytes_do_more_than_be_refused(tail: bytes, head: bytes) -> None:
    try:
        clean = pixels_alone(head + tail)
    except PictureError:
        return
    assert clean.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF"))
    assert pixels_alone(clean) == clean


@given(st.sampled_from(list(KINDS)), st.integers(0, 2000), st.integers(0, 255))
def test_a_picture_with_one_byte_changed_is_read_alike_or_refused(kind: str, place: int, byte: int) -> None:
    content = KINDS[kind]
    place %= len(content)
    try:
        clean = pixels_alone(content[:place] + bytes((byte,)) + content[place + 1 :])
    except PictureError:
        return
    assert pixels_alone(clean) == clean
    assert PLACE not in clean


def test_a_picture_that_claims_to_be_a_continent_is_refused() -> None:
    with pytest.raises(PictureError, match="100,000 x 100,000"):
        pixels_alone(stored_png(b"", 100_000, 100_000))
    wide = WEBP.replace(WEBP[24:30], b"\xff\xff\xff\xff\xff\xff", 1)
    with pytest.raises(PictureError, match="16,777,216 x 16,777,216"):
        pixels_alone(wide)


def test_a_webp_does_not_tell_that_there_were_notes() -> None:
    for content in (WEBP, EXACT, CLEAR):
        clean = pixels_alone(content)
        assert content[20] & 0x0C, "its flags tell of notes"
        assert clean[12:16] == b"VP8X"
        assert clean[20] == content[20] & 0x10


def test_an_animation_is_refused() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), light) for light in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(PictureError, match="it moves"):
        pixels_alone(out.getvalue())


@given(st.integers(1, 40), st.integers(1, 40), st.randoms(use_true_random=False))
def test_a_grey_picture_holds_the_bytes_that_were_put_in(width: int, height: int, random: object) -> None:
    rows = random.randbytes(width * height)  # type: ignore[attr-defined]
    made = stored_png(rows, width, height)
    assert Image.open(io.BytesIO(made)).tobytes() == rows
    assert pixels_alone(made) == made


def test_a_grey_picture_has_the_same_bytes_with_every_version_of_every_library() -> None:
    made = stored_png(bytes(range(256)) * 300, 256, 300)
    assert hashlib.sha256(made).hexdigest()[:16] == "3582fe9439fa0290"
    assert Image.open(io.BytesIO(made)).tobytes() == bytes(range(256)) * 300


def test_a_cell_is_a_picture_or_it_is_not() -> None:
    good = picture_cell(PNG)
    assert is_picture(good)
    for bad in ("", "AAAA", good[:-8], good + "!", "é", base64.b64encode(b"%PDF-1.7").decode()):
        assert not is_picture(bad)
    frame = pl.DataFrame({"image": [good, "AAAA", None, ""], "label": ["a"] * 4, "part": ["train"] * 4})
    assert list(readable(frame, RECORD)["image"]) == [True, False, True, True]


def find(source: Path, files: dict[str, str] | None = None, format: str | None = None) -> Arriving:
    return find_source(Path(), str(source), Sample(), files, format, None)


def rows(found: Arriving) -> list[dict[str, str]]:
    return [row for frame in found.frames(RECORD) for row in frame.iter_rows(named=True)]


def gallery(folder: Path, *places: str) -> Path:
    for place in places:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JPEG if path.suffix.lower() in (".jpg", ".jpeg") else PNG)
    return folder


def test_a_folder_for_each_class_within_one_for_each_split(tmp_path: Path) -> None:
    source = gallery(tmp_path / "pets", "train/cat/1.png", "train/dog/2.JPG", "test/cat/3.jpeg", "val/dog/4.png")
    (source / "train" / "cat" / "notes.txt").write_text("mine", "utf-8")
    found = find(source)
    told = [(row["label"], row["part"]) for row in rows(found)]
    assert told == [("cat", "test"), ("cat", "train"), ("dog", "train"), ("dog", "valid")]
    assert all(is_picture(row["image"]) for row in rows(found))
    assert found.provenance["files"] == 4
    before = found.content
    (source / "train" / "cat" / "1.png").rename(source / "train" / "dog" / "1.png")
    assert find(source).content != before


def test_a_folder_for_each_class_without_splits_leaves_the_split_to_the_stage(tmp_path: Path) -> None:
    source = gallery(tmp_path / "pets", "cat/1.png", "dog/2.png", "train/3.png")
    record = parse_record({"name": "p", "columns": {name: {"type": kind, "role": role} for name, kind, role in (
        ("image", "image", "feature"), ("label", "category", "label"), ("file", "text", None))}})  # fmt: skip
    read = [row for frame in find(source).frames(record) for row in frame.iter_rows()]
    assert [row[1:] for row in read] == [("cat", "1.png"), ("dog", "2.png"), ("train", "3.png")]


def test_a_link_out_of_the_folder_is_not_followed_and_a_broken_picture_is_named(tmp_path: Path) -> None:
    gallery(tmp_path / "elsewhere", "1.png")
    source = gallery(tmp_path / "pets", "train/cat/1.png") / "train"
    (source / "dog").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert find(source.parent).provenance["files"] == 1
    (source / "cat" / "2.png").write_bytes(PNG[:-5])
    with pytest.raises(SourceError, match=r"2\.png") as caught:
        rows(find(source.parent))
    assert len(lines(caught.value)) == 3


def test_all_pictures_that_are_not_read_are_named_at_once(tmp_path: Path) -> None:
    source = gallery(
        tmp_path / "pets", "train/cat/1.png", "train/dog/2.png", *(f"train/cat/x{number}.png" for number in range(12))
    )
    (source / "train" / "dog" / "2.png").write_bytes(b"RIFF0000WEBPVP8 ")
    for path in (source / "train" / "cat").glob("x*.png"):
        path.write_bytes(PNG[:-5])
    with pytest.raises(SourceError, match=r"13 pictures are not read: x0\.png \(it is cut off\)") as caught:
        rows(find(source))
    assert "and 3 more." in lines(caught.value)[0]


def idx(folder: Path, part: str, count: int = 3, packed: bool = True, dot: str = "-") -> None:
    """A pair of IDX files with `count` images of 4 x 2 pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    images = struct.pack(">IIII", 0x803, count, 2, 4) + bytes(range(8 * count))
    labels = struct.pack(">II", 0x801, count) + bytes(number % 10 for number in range(count))
    for name, content in ((f"{part}-images{dot}idx3-ubyte", images), (f"{part}-labels{dot}idx1-ubyte", labels)):
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(content, mtime=0) if packed else content)


def test_idx_pairs_give_a_picture_a_label_and_the_split_that_their_name_tells(tmp_path: Path) -> None:
    idx(tmp_path, "train")
    idx(tmp_path, "t10k", 2, packed=False, dot=".")
    found = rows(find(tmp_path))
    assert [(row["label"], row["part"]) for row in found] == [
        ("0", "test"), ("1", "test"), ("0", "train"), ("1", "train"), ("2", "train")]  # fmt: skip
    picture = Image.open(io.BytesIO(base64.b64decode(found[3]["image"])))
    assert (picture.size, picture.tobytes()) == ((4, 2), bytes(range(8, 16)))
    named = rows(find(tmp_path, {"train-images*": "valid"}, "idx"))
    assert {row["part"] for row in named} == {"valid"}


def spoilt(folder: Path, name: str, change: object) -> str:
    path = folder / name
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(SourceError) as caught:
        rows(find(folder))
    assert len(lines(caught.value)) == 3
    return lines(caught.value)[0]


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("train-images-idx3-ubyte", lambda content: content[:-1], "cut off"),
        ("train-images-idx3-ubyte", lambda content: content + b"x", "goes on"),
        ("train-images-idx3-ubyte", lambda content: content[:3], "cut off"),
        ("train-images-idx3-ubyte", lambda content: b"\0\0\x0d\x03" + content[4:], "does not begin"),
        ("train-images-idx3-ubyte", lambda content: content[:8] + b"\xff" * 8 + content[16:], "no size"),
        ("train-labels-idx1-ubyte", lambda content: content[:4] + b"\0\0\0\2" + content[8:], "3 images"),
        ("train-labels-idx1-ubyte", lambda content: content[:-1], "cut off"),
    ],
)
def test_an_idx_file_that_is_not_what_its_head_says_is_refused(
    tmp_path: Path, name: str, change: object, said: str
) -> None:
    idx(tmp_path, "train", packed=False)
    assert said in spoilt(tmp_path, name, change)


def test_blank_images_without_end_in_a_small_file_are_refused(tmp_path: Path) -> None:
    idx(tmp_path, "train")
    head = struct.pack(">IIII", 0x803, 3, 10_000, 5_000)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + bytes(1000)))
    with pytest.raises(SourceError, match="250 times its size"):
        rows(find(tmp_path))


def test_images_without_labels_and_a_folder_without_pictures_are_refused(tmp_path: Path) -> None:
    idx(tmp_path, "train", packed=False)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    for format in (None, "idx"):
        with pytest.raises(SourceError, match="labels are not beside it"):
            find(tmp_path, format=format)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no pictures"):
        find(tmp_path / "empty", format="images")


@pytest.mark.skipif("FLYWHEEL_DATASETS" not in os.environ, reason="FLYWHEEL_DATASETS names no folder of data sets")
def test_the_real_digits_are_read(tmp_path: Path) -> None:
    source = Path(os.environ["FLYWHEEL_DATASETS"]) / "mnist"
    found = find(source, {"t10k-images-idx3-ubyte.gz": "test"}, "idx")
    first = next(found.frames(RECORD))
    assert (first.height, set(first["part"])) == (10_000, {"test"})
    assert dict(first["label"].value_counts().iter_rows())["7"] == 1028
    assert readable(first.head(100), RECORD)["image"].all()
