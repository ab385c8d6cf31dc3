"""`flywheel inspect` of tables that name pictures: the column, the folder, and what it says where none are there."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import workspaces
import yaml
from workspaces import lines

from flywheel.answers import take_in
from flywheel.inspecting import inspect, look, text_of
from pipelines.errors import FlywheelError
from pipelines.parameters import check_parameters
from pipelines.pictures import stored_png


def lamp(place: int) -> bytes:
    return stored_png(bytes([30 + 150 * (place % 2), *place.to_bytes(3, "big")] * 4), 4, 4)


def lamps(folder: Path, count: int = 60, before: str = "") -> list[str]:
    """Dark and bright pictures in turn, and their names without suffixes."""
    folder.mkdir(parents=True)
    names = [f"{before}{place * 7919 % 65521:04x}" for place in range(count)]
    for place, name in enumerate(names):
        (folder / f"{name}.png").write_bytes(lamp(place))
    return names


def labelled(path: Path, names: list[str], header: str = "id_code,state") -> Path:
    rows = "".join(f"{name},{('off', 'on')[place % 2]}\n" for place, name in enumerate(names))
    path.write_text(f"{header}\n{rows}" if header else rows, "utf-8")
    return path


def parameters_of(source: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text_of(look(str(source), {}), str(source)))
    check_parameters(found)
    return found


def test_a_competition_is_proposed_from_its_table_and_the_proposal_runs(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "lamps"
    names = lamps(source / "train_images")
    asked = lamps(source / "test_images", 10, before="t")
    labelled(source / "train.csv", names)
    (source / "test.csv").write_text("id_code\n" + "".join(f"{name}\n" for name in asked), "utf-8")
    parameters = parameters_of(source)
    assert parameters["record"]["columns"] == {
        "id_code": {"type": "image", "role": "feature"},
        "state": {"type": "category", "role": "label", "categories": ["off", "on"]},
    }
    assert parameters["ingest"]["pictures"] == str(source / "train_images")
    assert inspect(str(source), None, None, as_json=False) == 0
    assert "CSV that names pictures below train_images; 1 file" in capsys.readouterr().out
    place = workspaces.make(tmp_path / "workspace", parameters)
    place.turn("split")
    parts = [pl.read_parquet(place.path / f"data/splits/{name}.parquet") for name in ("train", "valid", "test")]
    assert sum(part.height for part in parts) == 60
    assert all(cell.startswith("iVBORw0KGgo") for part in parts for cell in part["id_code"])


def test_answers_that_name_pictures_are_taken_in(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = lamps(tmp_path / "lamps" / "shown")
    source = labelled(tmp_path / "lamps" / "lamps.csv", names)
    place = workspaces.make(tmp_path / "workspace", parameters_of(source))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "later.png").write_bytes(lamp(99))
    labelled(tmp_path / "new" / "answers.csv", ["later.png", names[0]])
    monkeypatch.chdir(place.path)
    assert take_in(str(tmp_path / "new" / "answers.csv")) == 0
    assert capsys.readouterr().out.startswith("2 stored")
    (tmp_path / "new" / "later.png").unlink()
    with pytest.raises(FlywheelError, match="feedback: the picture of row 1 is not read") as caught:
        take_in(str(tmp_path / "new" / "answers.csv"))
    lines(caught.value)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "txt"])
def test_a_list_of_pictures_is_proposed_however_it_is_written(tmp_path: Path, suffix: str) -> None:
    """Beside them, as `metadata.jsonl`; with a header; and as `0001.png 1` without one."""
    names = [f"{name}.png" for name in lamps(tmp_path / "lamps")]
    path = tmp_path / "lamps" / f"list.{suffix}"
    if suffix == "jsonl":
        rows = (f'{{"file_name": "{name}", "state": {place % 2}}}\n' for place, name in enumerate(names))
        path.write_text("".join(rows), "utf-8")
    elif suffix == "csv":
        labelled(path, names, header="")
    else:
        path.write_text("".join(f"{name} {place % 2}\n" for place, name in enumerate(names)), "utf-8")
    proposal = look(str(path), {})
    assert [column.entry["type"] for column in proposal.columns] == ["image", "category"]
    assert proposal.found.settings["pictures"] == str(tmp_path / "lamps")
    assert proposal.sampled.read == 60


def test_pictures_of_two_parts_are_found_below_the_folder_of_both(tmp_path: Path) -> None:
    source = tmp_path / "lamps"
    for part, count in (("train", 1100), ("test", 100)):
        names = lamps(source / part, count, before=part)
        labelled(source / f"{part}.csv", [f"{part}/{name}.png" for name in names])
    proposal = look(str(source), {})
    assert proposal.splits == ("train", "test")
    assert proposal.found.settings["pictures"] == str(source)


def test_a_number_that_some_files_are_called_by_is_no_list_of_pictures(tmp_path: Path) -> None:
    """A floor's number, and a plan of each floor beside the table: twenty rows share each."""
    (tmp_path / "plans").mkdir()
    for floor in range(5):
        (tmp_path / "plans" / f"{floor}.png").write_bytes(lamp(floor))
    rows = "".join(f"{place % 5},{30 + place * 37 % 90},{('let', 'free')[place % 2]}\n" for place in range(300))
    (tmp_path / "flats.csv").write_text(f"floor,metres,state\n{rows}", "utf-8")
    proposal = look(str(tmp_path / "flats.csv"), {})
    assert not proposal.pictures
    assert "pictures" not in proposal.found.settings


def test_pictures_that_are_not_there_are_asked_for(tmp_path: Path) -> None:
    labelled(tmp_path / "lamps.csv", [f"{place:04}.png" for place in range(60)])
    proposal = look(str(tmp_path / "lamps.csv"), {})
    assert any("id_code: its cells name pictures that do not lie" in doubt for doubt in proposal.doubts)
    assert not proposal.pictures


def test_names_without_a_label_and_pictures_that_nobody_names_are_refused_with_the_way_out(tmp_path: Path) -> None:
    names = lamps(tmp_path / "lamps")
    with pytest.raises(FlywheelError, match="it is a PNG picture") as caught:
        look(str(tmp_path / "lamps"), {})
    assert "name each in a CSV beside what it shows" in lines(caught.value)[2]
    (tmp_path / "lamps" / "names.csv").write_text("id\n" + "".join(f"{name}\n" for name in names), "utf-8")
    with pytest.raises(FlywheelError, match="names pictures and says nothing of them") as caught:
        look(str(tmp_path / "lamps"), {})
    lines(caught.value)
