"""Pictures that rows name: found by the ends of their paths, never mistaken for another, refused by their rows."""

import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from workspaces import lines

from pipelines.arriving import Arriving, Sample, find_source, with_pictures
from pipelines.errors import SourceError
from pipelines.pictures import picture_cell, stored_png
from pipelines.record import Record, parse_record
from pipelines.sources.dialect import Dialect
from pipelines.sources.named_pictures import PICTURES_AT_ONCE, Album, beside

RECORD = parse_record(
    {
        "name": "pets",
        "columns": {
            "shown": {"type": "image", "role": "feature", "required": False},
            "animal": {"type": "category", "role": "label"},
        },
    }
)


def drawn(light: int) -> bytes:
    return stored_png(bytes([light] * 4), 2, 2)


def album(folder: Path, *places: str) -> Path:
    """Pictures of different light at these places."""
    for light, place in enumerate(places):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn(light))
    return folder


def named(table: Path, folder: str | None, record: Record = RECORD) -> list[tuple[str | None, ...]]:
    arriving = hung(table, folder)
    return [row for frame in arriving.frames(record) for row in frame.iter_rows()]


def hung(table: Path, folder: str | None) -> Arriving:
    return with_pictures(find_source(Path(), str(table), Sample(), None, None, None), table.parent, folder)


def test_a_name_is_the_end_of_a_path_with_its_suffix_or_without(tmp_path: Path) -> None:
    found = Album.of(album(tmp_path / "pets", "train/1.png", "train/02.x.png", "test/1.png", "test/deep/3.PNG"))
    for name, place in {
        "train/1.png": "train/1.png",
        "train/1": "train/1.png",
        "pets/train/1.png": "train/1.png",
        "/kaggle/input/pets/test/1.png": "test/1.png",
        "C:\\data\\train\\1.png": "train/1.png",
        "./02.x.png": "train/02.x.png",
        "02.x": "train/02.x.png",
        " 3 ": "test/deep/3.PNG",
        "deep/3": "test/deep/3.PNG",
    }.items():
        assert found.find(name) == (tmp_path / "pets" / place,), name


def test_a_folder_that_is_not_the_files_own_makes_it_another_name(tmp_path: Path) -> None:
    folder = album(tmp_path / "train", "1.png", "cats/2.png")
    found = Album.of(folder)
    assert found.find("train/1.png") == found.find("/data/train/1.png") == (folder / "1.png",)
    for name in ("test/1.png", "/data/test/1.png", "dogs/2.png", "1.jpg", "../1.png", "png", ""):
        assert found.find(name) == (), name


@given(st.lists(st.sampled_from("ab12"), max_size=5).map("/".join))
def test_what_a_name_finds_ends_as_the_name_does(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "album" / "a"
    if not folder.is_dir():
        album(folder, "1.png", "b/1.png", "b/2.png", "b/a/1.png", "2/2/1.png")
    whole = [part for part in name.split("/") if part]
    for path in Album.of(folder).find(name):
        parts = ["a", *path.relative_to(folder).with_suffix("").parts]
        least = min(len(parts), len(whole))
        assert parts[-least:] == whole[-least:] or parts[1:] == whole[-len(parts) + 1 :]
        assert len(whole) == 1 or whole[-2] in parts


def test_a_table_gets_the_pictures_that_its_rows_name(tmp_path: Path) -> None:
    album(tmp_path / "pets", "cat.png", "dog.png")
    table = tmp_path / "pets.csv"
    table.write_text("shown,animal\ncat,c\ndog.png,d\n,c\ncat.png,c\n", "utf-8")
    cat, dog = picture_cell(drawn(0)), picture_cell(drawn(1))
    assert named(table, "pets") == [(cat, "c"), (dog, "d"), (None, "c"), (cat, "c")]
    told = hung(table, "pets").provenance["pictures"]
    assert (told["files"], told["bytes"]) == (2, 2 * len(drawn(0)))


def test_a_cell_that_is_a_picture_already_stays(tmp_path: Path) -> None:
    album(tmp_path / "pets", "cat.png")
    (tmp_path / "pets.csv").write_text(f"shown,animal\n{picture_cell(drawn(7))},c\n", "utf-8")
    assert named(tmp_path / "pets.csv", "pets") == [(picture_cell(drawn(7)), "c")]


def test_another_picture_under_the_same_name_is_another_source(tmp_path: Path) -> None:
    album(tmp_path / "pets", "cat.png")
    table = tmp_path / "pets.csv"
    table.write_text("shown,animal\ncat,c\n", "utf-8")
    before = hung(table, "pets").content
    assert hung(table, "pets").content == before != hung(table, None).content
    (tmp_path / "pets" / "cat.png").write_bytes(drawn(9))
    changed = hung(table, "pets").content
    assert changed != before
    (tmp_path / "pets" / "cat.png").rename(tmp_path / "pets" / "tac.png")
    assert hung(table, "pets").content not in (before, changed)


def test_all_rows_whose_pictures_are_not_read_are_told_at_once_and_no_name(tmp_path: Path) -> None:
    folder = album(tmp_path / "pets", "cat.png", "a/same.png", "b/same.png", "cut.png")
    (folder / "cut.png").write_bytes(drawn(3)[:-5])
    table = tmp_path / "pets.csv"
    rows = ["cat", "secret", "same", "cut", *(["gone"] * 300), *(["cat"] * PICTURES_AT_ONCE)]
    table.write_text("shown,animal\n" + "".join(f"{row},c\n" for row in rows), "utf-8")
    with pytest.raises(SourceError, match="303 pictures are not read") as caught:
        named(table, "pets")
    told = lines(caught.value)
    assert (
        "row 2: no picture has its name; row 3: its name is that of several pictures; row 4: it is cut off" in told[0]
    )
    assert "and 293 more" in told[0]
    assert len(told) == 3
    assert not any(word in str(caught.value) for word in ("secret", "same.png", "gone"))


def test_rows_are_counted_through_all_of_a_long_table(tmp_path: Path) -> None:
    album(tmp_path / "pets", "cat.png")
    frames = [pl.DataFrame({"shown": ["cat"] * 300}), pl.DataFrame({"shown": ["cat", "dog"]})]
    with pytest.raises(SourceError, match=r"is not read \(row 302: no picture has its name\)"):
        list(Album.of(tmp_path / "pets").shown_in(frames, ["shown"]))


def test_a_folder_without_pictures_and_a_record_without_their_column_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "pets.csv"
    table.write_text("shown,animal\ncat,c\n", "utf-8")
    for folder in ("pets", "."):
        with pytest.raises(SourceError, match="holds no pictures, or does not exist"):
            hung(table, folder)
    album(tmp_path / "pets", "cat.png")
    plain = parse_record({"name": "p", "columns": {"shown": {"type": "text", "role": "text"},
                                                   "animal": {"type": "category", "role": "label"}}})  # fmt: skip
    with pytest.raises(SourceError, match="`record` has no column of pictures"):
        named(table, "pets", plain)


def test_hidden_files_and_folders_that_are_links_are_no_part_of_an_album(tmp_path: Path) -> None:
    album(tmp_path / "elsewhere", "2.png")
    folder = album(tmp_path / "pets", "1.png", ".trash/3.png", "._1.png")
    (folder / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert Album.of(folder).paths == (folder / "1.png",)


def test_a_picture_beside_a_file_is_not_sought_elsewhere(tmp_path: Path) -> None:
    album(tmp_path, "asked/1.png", "2.png")
    table = tmp_path / "asked" / "rows.csv"
    assert beside(table, "1.png") == (tmp_path / "asked" / "1.png",)
    for name in ("../2.png", str(tmp_path / "2.png"), "3.png", "rows.csv", ""):
        assert beside(table, name) == ()


def test_a_query_may_name_pictures_too(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    from pipelines.sources.databases import Query

    album(tmp_path / "pets", "cat.png")
    with closing(sqlite3.connect(tmp_path / "pets.db")) as database, database:
        database.execute("CREATE TABLE pets (shown TEXT, animal TEXT)")
        database.execute("INSERT INTO pets VALUES ('cat.png', 'c')")
    source, query = f"sqlite:///{tmp_path}/pets.db", Query("SELECT * FROM pets", None)
    arriving = find_source(tmp_path, source, Sample(), None, None, None, Dialect(), query=query)
    found = with_pictures(arriving, tmp_path, "pets")
    assert [frame.rows() for frame in found.frames(RECORD)] == [[(picture_cell(drawn(0)), "c")]]


def test_a_jpeg_is_named_as_well(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG")
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets" / "cat.jpeg").write_bytes(out.getvalue())
    (tmp_path / "pets.csv").write_text("shown,animal\ncat,c\n", "utf-8")
    assert named(tmp_path / "pets.csv", "pets") == [(picture_cell(out.getvalue()), "c")]
