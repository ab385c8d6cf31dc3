"""Tables in a folder for each split, or for each month: which files a key names, and what is proposed for them."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from proposed import look, made, roles, sentence, table
from workspaces import Workspace, lines, make

from flywheel.inspecting import report
from pipelines.arriving import Sample, find_source, with_pictures
from pipelines.errors import SourceError
from pipelines.ingest import ingest
from pipelines.parameters import check_parameters
from pipelines.pictures import stored_png
from pipelines.proposing.writing import parameters_of
from pipelines.record import parse_record
from pipelines.sources import find_files
from pipelines.sources.named_files import matching

PETS = parse_record(
    {
        "name": "pets",
        "columns": {
            "file_name": {"type": "image", "role": "feature"},
            "animal": {"type": "category", "role": "label"},
        },
    }
)


def write(path: Path, text: str = "text,label\nfine,1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def reviews_in(path: Path, rows: int = 120, columns: Sequence[str] = ("review", "mood")) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    at = "/".join(path.parts[-2:])  # no two files hold the same rows
    found = made(rows, lambda dice, n: [f"{sentence(dice, good=n % 2 == 0)} {at}", n % 2][: len(columns)])
    return table(path, list(columns), found)


def pet(folder: Path, name: str, light: int) -> bytes:
    content = stored_png(bytes([light] * 4), 2, 2)
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return content


def names_in(source: Path, files: dict[str, str]) -> dict[str, str | None]:
    return {file.path.relative_to(source).as_posix(): file.split for file in find_files(source, files, None)}


def test_keys_name_files_within_folders_and_a_star_leads_into_none(tmp_path: Path) -> None:
    for name in ("train/1.csv", "train/2.csv", "train/deep/3.csv", "test/1.csv", "top.csv", ".git/train/4.csv"):
        write(tmp_path / name)
    assert names_in(tmp_path, {"train/*.csv": "train", "test/1.csv": "test"}) == {
        "train/1.csv": "train", "train/2.csv": "train", "test/1.csv": "test"
    }  # fmt: skip
    assert names_in(tmp_path, {"*.csv": "train"}) == {"top.csv": "train"}
    assert set(names_in(tmp_path, {"*/*.csv": "train"})) == {"train/1.csv", "train/2.csv", "test/1.csv"}
    assert set(names_in(tmp_path, {"*/*/*.csv": "train"})) == {"train/deep/3.csv"}
    for key in ("../top.csv", "/top.csv", "./top.csv", "train/", "deep/3.csv", ".git/*/*.csv"):
        with pytest.raises(SourceError, match="no file in") as caught:
            names_in(tmp_path, {key: "train"})
        assert "correct the key" in lines(caught.value)[2]
    with pytest.raises(SourceError, match=r"train/2\.csv matches 'train/\*\.csv' and another key before it"):
        names_in(tmp_path, {"train/2.csv": "test", "train/*.csv": "train"})


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "1.csv")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "train").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="no file in"):
        names_in(tmp_path / "source", {"train/*.csv": "train"})


@given(st.lists(st.lists(st.sampled_from(["a", "b", "[a]", "ab"]), min_size=1, max_size=3).map("/".join), max_size=8))
def test_whatever_lies_there_is_named_by_its_own_path_alone(names: list[str]) -> None:
    for name in names:
        assert matching(names, name) == [name]


@pytest.mark.parametrize("folder", [".", ".."])
def test_each_table_means_the_pictures_beside_itself_though_others_are_called_alike(
    tmp_path: Path, folder: str
) -> None:
    source = tmp_path / "pets"
    shown = [pet(source, place, light) for light, place in enumerate(("train/1.png", "test/1.png", "train/in/2.png"))]
    write(source / "train" / "metadata.csv", "file_name,animal\n1.png,cat\nin/2.png,dog\n")
    write(source / "test" / "metadata.csv", "file_name,animal\n1.png,dog\n")
    rows = pets_in(source, source / folder)
    assert [cell for cell, _ in rows] == [_cell(shown[0]), _cell(shown[2]), _cell(shown[1])]


def test_a_picture_that_is_missing_beside_its_table_is_not_taken_from_another_folder(tmp_path: Path) -> None:
    source = tmp_path / "pets"
    pet(source, "train/1.png", 1), pet(source, "train/2.png", 2), pet(source, "test/1.png", 3)
    write(source / "train" / "metadata.csv", "file_name,animal\n1.png,cat\n2.png,cat\n")
    write(source / "test" / "metadata.csv", "file_name,animal\n1.png,dog\n2.png,dog\n")
    with pytest.raises(SourceError, match=r"a picture that a row names is not read \(row 4: no picture has its name\)"):
        pets_in(source, source)


def test_pictures_in_one_folder_are_found_from_the_tables_of_each_split(tmp_path: Path) -> None:
    source = tmp_path / "pets"
    shown = [pet(source, f"images/{light}.png", light) for light in range(2)]
    write(source / "train" / "labels.csv", "file_name,animal\n0.png,cat\n")
    write(source / "test" / "labels.csv", "file_name,animal\nimages/1.png,dog\n")
    assert [cell for cell, _ in pets_in(source, source, "labels.csv")] == [_cell(each) for each in shown]


def pets_in(source: Path, pictures: Path, name: str = "metadata.csv") -> list[tuple[str | None, ...]]:
    files = {f"train/{name}": "train", f"test/{name}": "test"}
    arriving = with_pictures(find_source(Path(), str(source), Sample(), files, None, None), source, str(pictures))
    assert arriving.provenance["files"] == [f"train/{name}", f"test/{name}"]
    return [row for frame in arriving.frames(PETS) for row in frame.iter_rows()]


def _cell(content: bytes) -> str:
    from pipelines.pictures.lossless import file_cell

    return file_cell(content)


def test_tables_in_folders_of_splits_are_proposed_with_them(tmp_path: Path) -> None:
    source = tmp_path / "reviews" / "data"
    for name in ("training/1.csv", "training/2.csv", "dev/1.csv", "test/1.csv"):
        reviews_in(source / name)
    write(tmp_path / "reviews" / "README.md", "about")
    found = look(tmp_path / "reviews")
    assert found.found.settings == {"files": {"training/*.csv": "train", "dev/1.csv": "valid", "test/1.csv": "test"}}
    assert (found.found.source, found.splits) == (source, ("train", "valid", "test"))
    assert roles(found) == {"label": "mood", "text": "review"}
    assert found.sampled.read == 480
    assert "training/*.csv → train, dev/1.csv → valid, test/1.csv → test" in report(found, str(source), 100)


def test_of_folders_beside_those_of_splits_nothing_is_read(tmp_path: Path) -> None:
    for name in ("train/1.csv", "test/1.csv", "drafts/1.csv"):
        reviews_in(tmp_path / name)
    assert look(tmp_path).found.settings["files"] == {"train/1.csv": "train", "test/1.csv": "test"}


def test_a_test_folder_without_labels_is_left_out_and_told(tmp_path: Path) -> None:
    reviews_in(tmp_path / "train" / "a.csv")
    reviews_in(tmp_path / "test" / "a.csv", columns=["review"])
    found = look(tmp_path)
    assert (found.found.source, found.splits) == (tmp_path / "train", ())
    assert "test/a.csv: left out, other columns than the rest" in found.doubts


def test_a_folder_for_each_month_is_one_source_to_which_the_next_will_belong(tmp_path: Path) -> None:
    for month in ("2024-01", "2024-02", "2024-03"):
        reviews_in(tmp_path / month / "answers.csv")
    found = look(tmp_path)
    assert found.found.settings["files"] == {"*/*.csv": "train"}
    assert found.sampled.read == 360
    assert any("taken together" in doubt for doubt in found.doubts)
    write(tmp_path / "2024-03" / "notes.csv", "day,note,by\nmonday,none,nobody\n")
    found = look(tmp_path)
    assert list(found.found.settings["files"]) == [f"2024-0{month}/answers.csv" for month in (1, 2, 3)]
    assert "2024-03/notes.csv: left out, other columns than the rest" in found.doubts


@pytest.mark.parametrize("names", [("train.csv", "val.csv"), ("train/a.csv", "val/a.csv")])
def test_what_has_no_test_part_is_proposed_as_rows_of_one_kind(
    tmp_path: Path, own_home: Path, names: list[str]
) -> None:
    source = tmp_path / "source"
    for name in names:
        reviews_in(source / name)
    found = look(source)
    assert found.found.settings["files"] == dict.fromkeys(names, "train")
    assert any("is a test part: one is cut from all rows" in doubt for doubt in found.doubts)
    place = _workspace(tmp_path, source)
    assert place.run(ingest).added == 240


def test_data_sets_that_hugging_face_saved_to_disk_are_read_in_one_folder_and_in_several(
    tmp_path: Path, own_home: Path
) -> None:
    for part in ("both/train", "both/test", "alone"):
        _save_to_disk(tmp_path / part)
    (tmp_path / "both" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    assert look(tmp_path / "alone").found.files == (tmp_path / "alone" / "data-00000-of-00001.arrow",)
    found = look(tmp_path / "both")
    assert not found.doubts
    assert found.found.settings["files"] == {
        "train/data-00000-of-00001.arrow": "train", "test/data-00000-of-00001.arrow": "test"
    }  # fmt: skip
    assert _workspace(tmp_path, tmp_path / "both").run(ingest).read == 240


def _save_to_disk(folder: Path) -> None:
    """A stream of Arrow batches, and what is written beside it."""
    rows = made(120, lambda dice, n: [sentence(dice, good=n % 2 == 0), ("bad", "good")[n % 2]])
    columns = pa.table({"text": [row[0] for row in rows], "label": [row[1] for row in rows]})
    content = io.BytesIO()
    with pa.ipc.new_stream(content, columns.schema) as stream:
        stream.write_table(columns)
    folder.mkdir(parents=True)
    (folder / "data-00000-of-00001.arrow").write_bytes(content.getvalue())
    for about in ("dataset_info.json", "state.json"):
        (folder / about).write_text(json.dumps({"features": {}}))


def test_pictures_beside_the_table_of_each_split_are_proposed_and_read(tmp_path: Path, own_home: Path) -> None:
    source = tmp_path / "pets"
    for part in ("train", "test"):
        for number in range(40):
            pet(source, f"{part}/{number:03}.png", number * 2 + (part == "test"))
        told = "".join(f"{number:03}.png,{('cat', 'dog')[number % 2]}\n" for number in range(40))
        write(source / part / "metadata.csv", f"file_name,animal\n{told}")
    found = look(source)
    assert found.pictures
    assert found.splits == ("train", "test")
    assert found.found.settings == {
        "files": {"train/metadata.csv": "train", "test/metadata.csv": "test"}, "pictures": str(source)
    }  # fmt: skip
    assert roles(found) == {"label": "animal"}
    place = _workspace(tmp_path, source)
    assert place.run(ingest).added == 80
    opened = place.opened()
    assert opened["file_name"].n_unique() == 80
    assert opened.group_by("split").len().sort("split").rows() == [("test", 40), ("train", 40)]


def _workspace(tmp_path: Path, source: Path) -> Workspace:
    parameters = parameters_of(look(source), str(look(source).found.source))
    check_parameters(parameters)
    return make(tmp_path / "workspace", parameters)
