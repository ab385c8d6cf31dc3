"""`flywheel inspect` of what is no text file here: pictures, Arrow, a URL, a database; and what it refuses."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import workspaces
import yaml
from proposed import made, sentence, table
from web import serving, versioned
from workspaces import lines

from flywheel.inspecting import inspect, look, text_of
from flywheel.new import new
from pipelines.errors import FlywheelError, ParameterError
from pipelines.parameters import check_parameters
from pipelines.pictures import stored_png

HEADER = ["user_id", "said", "mood"]
ROWS = made(
    240, lambda dice, place: [f"u{dice.randrange(60)}", sentence(dice, good=place % 2 == 0), ("good", "bad")[place % 2]]
)


def roles(parameters: dict[str, Any]) -> dict[str, str]:
    return {name: entry.get("role", "") for name, entry in parameters["record"]["columns"].items()}


def lamps(folder: Path, *splits: str) -> Path:
    """Twenty bright and twenty dark pictures, a folder for each, within one for each split."""
    for split in splits or (".",):
        for place in range(40):
            shown = folder / split / ("on" if place % 2 else "off")
            shown.mkdir(parents=True, exist_ok=True)
            (shown / f"{place}.png").write_bytes(stored_png(bytes([30 + 180 * (place % 2) + place] * 16), 4, 4))
    return folder


def test_a_folder_of_pictures_is_proposed_by_its_folders_and_the_proposal_runs(tmp_path: Path, own_home: Path) -> None:
    source = lamps(tmp_path / "lamps")
    proposal = look(str(source), {})
    assert proposal.families == ("cnn", "mlp", "linear")
    parameters = yaml.safe_load(text_of(proposal, str(source)))
    check_parameters(parameters)
    assert parameters["record"]["columns"] == {
        "image": {"type": "image", "role": "feature"},
        "label": {"type": "category", "role": "label", "categories": ["off", "on"]},
    }
    place = workspaces.make(tmp_path / "workspace", parameters)
    place.turn("split")
    parts = [pl.read_parquet(place.path / f"data/splits/{name}.parquet") for name in ("train", "valid", "test")]
    assert sum(part.height for part in parts) == 40


@pytest.mark.parametrize("names", [("image", "label"), ("img", "fine_label")])
def test_pictures_in_parquet_are_proposed_beside_their_label_and_the_proposal_runs(
    tmp_path: Path, own_home: Path, names: tuple[str, str]
) -> None:
    """As data sets of pictures are published: bytes and a path, and a numbered label."""
    source = tmp_path / "lamps"
    source.mkdir()
    for part, count in (("train", 60), ("test", 20)):
        cells = [stored_png(bytes([30 + 150 * (place % 2) + place] * 16), 4, 4) for place in range(count)]
        shown = [{"bytes": cell, "path": f"{place}.png"} for place, cell in enumerate(cells)]
        rows = pl.DataFrame({names[0]: shown, names[1]: [place % 2 for place in range(count)]})
        rows.write_parquet(source / f"{part}-00000-of-00001.parquet")
    proposal = look(str(source), {})
    assert (proposal.families, proposal.splits) == (("cnn", "mlp", "linear"), ("train", "test"))
    parameters = yaml.safe_load(text_of(proposal, str(source)))
    assert parameters["record"]["columns"][names[0]] == {"type": "image", "role": "feature"}
    assert parameters["record"]["columns"][names[1]]["role"] == "label"
    place = workspaces.make(tmp_path / "workspace", parameters)
    place.turn("split")
    parts = {name: pl.read_parquet(place.path / f"data/splits/{name}.parquet") for name in ("train", "valid", "test")}
    assert parts["test"].height == 20
    assert parts["train"].height + parts["valid"].height == 60


def test_of_several_pictures_in_an_arrow_file_one_is_proposed_and_the_others_are_told(tmp_path: Path) -> None:
    cells = [stored_png(bytes([place] * 16), 4, 4) for place in range(40)]
    rows = pl.DataFrame({"image": cells, "mask": cells, "label": [place % 2 for place in range(40)]})
    rows.write_ipc(tmp_path / "a.arrow")
    found = look(str(tmp_path / "a.arrow"), {})
    assert [column.name for column in found.columns] == ["image", "label"]
    assert any(doubt.startswith("mask: another picture") for doubt in found.doubts)


def test_pictures_without_a_label_are_refused(tmp_path: Path) -> None:
    pl.DataFrame({"image": [stored_png(bytes(16), 4, 4)] * 9}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(FlywheelError, match="holds pictures and nothing else") as caught:
        look(str(tmp_path / "a.parquet"), {})
    lines(caught.value)


def test_splits_that_folders_name_stand_and_a_label_is_not_read_from_pictures(tmp_path: Path) -> None:
    source = lamps(tmp_path / "lamps", "test", "train")
    (source / "train" / "on" / "1.png").write_bytes(b"not a picture")
    parameters = yaml.safe_load(text_of(look(str(source), {}), str(source)))
    assert parameters["record"]["columns"]["split"]["categories"] == ["train", "test"]
    with pytest.raises(ParameterError, match="no column 'smile'"):
        look(str(source), {"smile": "label"})


def test_an_arrow_file_is_proposed_as_the_same_rows_in_csv_are(tmp_path: Path) -> None:
    frame = pl.DataFrame(ROWS, schema=HEADER, orient="row")
    frame.write_ipc(tmp_path / "rows.arrow")
    frame.write_ipc(tmp_path / "rows")
    there = {name: look(str(tmp_path / name), {}) for name in ("rows.arrow", "rows")}
    wanted = look(str(table(tmp_path / "rows.csv", HEADER, ROWS)), {})
    for found in there.values():
        assert [(each.name, each.entry) for each in found.columns] == [(e.name, e.entry) for e in wanted.columns]
    assert there["rows"].found.settings == {"format": "arrow"}
    (tmp_path / "cut.arrow").write_bytes((tmp_path / "rows.arrow").read_bytes()[:900])
    with pytest.raises(FlywheelError, match="cut off or damaged") as caught:
        look(str(tmp_path / "cut.arrow"), {})
    lines(caught.value)


def test_a_url_is_looked_at_and_stays_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    body = table(tmp_path / "moods.csv", HEADER, ROWS).read_bytes()
    with serving({"/moods.csv": versioned(body, '"1"')}) as web:
        url = web.url("/moods.csv", "127.0.0.1")
        with pytest.raises(FlywheelError) as caught:
            look(url, {})
        assert lines(caught.value)[0].startswith("inspect: ")
        monkeypatch.setenv("FLYWHEEL_FETCH_PRIVATE", "127.0.0.1")
        assert inspect(url, None, None, as_json=True) == 0
        assert f'"source": "{url}"' in capsys.readouterr().out
        assert inspect(url, None, None, as_json=False) == 0
        told = capsys.readouterr().out
        assert "moods.csv\n  CSV; 1 file, " in told
        assert f"flywheel new DIR --source {url}" in told
        assert new(str(tmp_path / "workspace"), None, url, []) == 0
    parameters = yaml.safe_load((tmp_path / "workspace" / "params.yaml").read_text("utf-8"))
    assert parameters["ingest"]["source"] == url
    assert roles(parameters) == {"user_id": "subject", "said": "text", "mood": "label"}


def database(path: Path, *tables: str) -> str:
    """A SQLite database with the same rows in each of `tables`; its URL."""
    with closing(sqlite3.connect(path)) as store, store:
        for name in tables:
            quoted = '"' + name.replace('"', '""') + '"'
            store.execute(f"CREATE TABLE {quoted} (visits INTEGER, user_id TEXT, said TEXT, mood TEXT)")
            store.executemany(f"INSERT INTO {quoted} VALUES (3, ?, ?, ?)", ROWS)  # noqa: S608 - names from below
    return f"sqlite:///{path.name}"


def test_the_only_table_of_a_database_is_looked_at_and_the_proposal_runs(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = database(tmp_path / "moods.db", 'what "they" said')
    assert inspect(source, None, "found.yaml", as_json=False) == 0
    told = capsys.readouterr().out
    assert 'moods.db\n  SELECT * FROM "what ""they"" said"; 240 rows, 4 columns\n' in told
    assert "ingest.query=SELECT * FROM" in told
    parameters = yaml.safe_load((tmp_path / "found.yaml").read_text("utf-8"))
    assert parameters["record"]["name"] == "moods"
    assert parameters["ingest"] == {
        "source": f"sqlite:///{tmp_path / 'moods.db'}",
        "query": 'SELECT * FROM "what ""they"" said"',
    }
    assert roles(parameters) == {"visits": "", "user_id": "subject", "said": "text", "mood": "label"}
    place = workspaces.make(tmp_path / "workspace", parameters)
    place.turn("split")
    parts = [pl.read_parquet(place.path / f"data/splits/{name}.parquet") for name in ("train", "valid", "test")]
    assert sum(part.height for part in parts) > 200


def test_of_several_tables_a_query_says_which_rows_are_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = database(tmp_path / "moods.db", "said", "thought")
    with pytest.raises(FlywheelError, match="has 2 tables: said, thought") as caught:
        look(source, {})
    lines(caught.value)
    with pytest.raises(FlywheelError, match=r"^inspect: the database refuses") as caught:
        look(source, {}, "DELETE FROM said")
    lines(caught.value)
    query = "SELECT said, mood FROM thought"
    assert inspect(source, "said", None, query=query, as_json=False) == 0
    assert f"--source {source} --set 'ingest.query={query}' --label said" in capsys.readouterr().out
    assert look(source, {"said": "text"}, query).found.names == ("said", "mood")
    assert new("workspace", None, source, [f"ingest.query={query}"]) == 0
    written = yaml.safe_load((tmp_path / "workspace" / "params.yaml").read_text("utf-8"))
    assert written["ingest"] == {"source": f"sqlite:///{tmp_path / 'moods.db'}", "query": query}


def test_a_query_is_for_a_database(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="the source is no database") as caught:
        look(str(table(tmp_path / "rows.csv", HEADER, ROWS)), {}, "SELECT 1")
    lines(caught.value)
    with pytest.raises(FlywheelError, match=r"^inspect: the database none\.db does not exist") as caught:
        look(f"sqlite:///{tmp_path / 'none.db'}", {})
    lines(caught.value)
