"""A number, an order, a text beside a table: from a source to a decision; and rows that cannot teach, each refused."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from workspaces import Workspace, lines, make

from flywheel.predict import predict
from flywheel.status import read_status, tell
from flywheel.summary import scores_told
from pipelines.bundle import read_bundle
from pipelines.compare import compare
from pipelines.errors import FlywheelError, ParameterError, RecordError, TrainingError
from pipelines.feedback import AnswerError
from pipelines.models import Part, Problem
from pipelines.models.linear import fit
from pipelines.models.options import Linear
from pipelines.posing import pose
from pipelines.promote import promote
from pipelines.record import Record, parse_record
from pipelines.scan import scan
from pipelines.scores import Scores
from pipelines.teaching import MOST_CLASSES, check_class_weight, check_family
from service.app import create_app

FLATS: dict[str, Any] = {
    "name": "flats",
    "columns": {
        "tenant": {"type": "text", "role": "subject", "privacy": "identifier"},
        "area": {"type": "number", "role": "feature", "min": 10, "max": 300},
        "floor": {"type": "integer", "role": "feature", "required": False},
        "side": {"type": "category", "role": "feature"},
        "said": {"type": "text", "role": "text", "privacy": "free_text"},
        "rent": {"type": "number", "role": "label", "min": 0, "max": 5000},
    },
}


def flats(path: Path, rows: int = 320, seed: int = 7) -> Path:
    """Rents that follow area, side and one word of what is said, and some that nothing tells."""
    dice = np.random.default_rng(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["tenant", "area", "floor", "side", "said", "rent"])
        for place in range(rows):
            area, side = dice.uniform(20, 120), dice.choice(["north", "south"])
            word = dice.choice(["bright", "gloomy", "quiet"])
            rent = 8 * area + 150 * (side == "south") + 200 * (word == "bright") + dice.normal(0, 60)
            floor = "" if place % 7 == 0 else dice.integers(0, 9)
            said = f"{word} flat number {place}, {dice.choice(['fine', 'old', 'new'])}"
            out.writerow([f"t{place}", f"{area:.1f}", floor, side, said, f"{rent:.2f}"])
    return path


@pytest.fixture(scope="module")
def rented(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A number that was estimated from a text and a table, all the way to a champion."""
    folder = tmp_path_factory.mktemp("rented")
    parameters = {"record": FLATS, "seed": 7, "ingest": {"source": str(flats(folder / "flats.csv"))}}
    small = {"words": 1, "characters": 1, "terms": 500, "c": 10.0}
    made = make(folder / "workspace", parameters | {"train": {"family": "linear", "linear": small}})
    made.set("evaluate", {"draws": 100})
    made.turn()
    made.run(scan)
    made.run(promote)
    return made


def test_a_number_is_estimated_measured_and_promoted(rented: Workspace) -> None:
    bundle = read_bundle(rented.path / "data/model/baseline")
    assert (bundle.task, bundle.labels, bundle.limits) == ("regression", (), (0, 5000))
    decision = rented.ledger.last("decision")
    assert decision is not None
    assert decision["promote"]
    assert [gate["name"] for gate in decision["gates"] if gate["passed"]][:2] == ["no_leaks", "beats_mean"]
    assert decision["measures"]["baseline"]["r2"]["low"] > 0.8
    written = pl.read_parquet(rented.path / "data/report/evaluation/baseline.parquet")
    assert written.columns == ["row", "true", "predicted"]
    assert (rented.path / "data/report/evaluation/baseline.png").stat().st_size > 5000
    scores: Any = (rented.path / "data/report/evaluation/scores.json").read_text("utf-8")
    assert '"task": "regression"' in scores


def test_a_text_and_a_table_together_are_better_than_either_alone(rented: Workspace) -> None:
    rows = {part: pl.read_parquet(rented.path / f"data/splits/{part}.parquet") for part in ("train", "valid", "test")}

    def error(record: Record) -> float:
        parts = {
            name: Part({c.name: rows[name][c.name].to_list() for c in record.inputs}, rows[name]["rent"].to_numpy())
            for name in rows
        }
        problem = Problem(record, (), parts["train"], parts["valid"], np.ones(0), 7, "regression")
        from pipelines.bundle import Bundle

        fitted = fit(problem, Linear(words=1))
        found = Bundle("linear", (), fitted.features, fitted.graph, task="regression").values(parts["test"].columns)
        return float(np.square(found - parts["test"].labels).mean())

    def without(*names: str) -> Record:
        kept = tuple(column for column in rented.record.columns if column.name not in names)
        return Record("flats", kept)

    both, text, table = error(rented.record), error(without("area", "floor", "side")), error(without("said"))
    assert both < 0.6 * table < 0.6 * text


def test_the_service_answers_with_a_number_and_learns_from_the_right_one(
    rented: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(rented.path)
    flat = {"area": 100.0, "floor": None, "side": "south"}
    with TestClient(create_app(rented.path, rented.environment)) as client:
        told = client.post("/predict", json={"text": "bright flat", "features": flat})
        assert told.status_code == 200, told.text
        assert 900 < told.json()["value"] < 1400
        assert "label" not in told.json()
        # The same, beside each other.
        again = client.post("/predict", json={"said": "bright flat", **flat}).json()
        assert again["value"] == told.json()["value"]
        assert client.post("/predict", json={"text": "bright flat"}).status_code == 422
        refused = client.post("/feedback", json={"prediction_id": again["prediction_id"], "value": 9999})
        assert refused.status_code == 422
        assert "from 0 to 5000" in refused.text
        for name, answer in (
            (told.json()["prediction_id"], {"value": 1180}),
            (again["prediction_id"], {"verdict": "right"}),
        ):
            assert client.post("/feedback", json={"prediction_id": name, **answer}).status_code == 201
        assert client.get("/health").json()["feedback_waiting"] == 2
    (rented.path / "asked.csv").write_text("said,area,floor,side\nbright flat,100,,south\n", "utf-8")
    assert predict("asked.csv", as_json=False) == 0
    assert float(capsys.readouterr().out) == pytest.approx(told.json()["value"], rel=1e-4)


def test_status_and_summary_tell_errors_and_no_accuracy(rented: Workspace) -> None:
    status = tell(read_status(rented.path))
    assert "R² 0." in status
    assert "RMSE" in status
    told = scores_told(rented.path)
    assert "always answering the mean: RMSE" in told
    assert "accuracy" not in status + told


def test_a_corrected_number_comes_back_and_the_champion_is_not_given_up_for_chance(rented: Workspace) -> None:
    # Another model in any case: which part a corrected row falls into is up to its person's key.
    rented.set("train", {"family": "linear", "linear": {"words": 1, "characters": 1, "terms": 500, "c": 7.0}})
    rented.turn()
    rented.run(scan)
    decision = rented.run(promote)
    gates = {gate["name"]: gate for gate in decision["gates"]}
    assert gates["not_worse_than_champion"]["passed"]
    assert "of the squared error" in gates["not_worse_than_champion"]["reason"]
    assert "classes_hold" not in gates
    found = compare(record=rented.record, min_rows=1, environment=rented.environment, workspace=rented.path)
    assert found.rows in (0, 2)


def stars(folder: Path, rows: dict[str, list[str | None]]) -> Path:
    """Parts whose rows have these labels, and texts of words that all share."""
    folder.mkdir()
    for name in ("train", "valid", "test"):
        labels = rows.get(name, rows["train"])
        texts = [f"good thing {label} indeed" for label in labels]
        frame = {
            "row": [f"{name}{n}" for n in range(len(labels))],
            "text": texts,
            "label": labels,
            "age": [3] * len(labels),
        }
        pl.DataFrame(frame, schema_overrides={"label": pl.String}).write_parquet(folder / f"{name}.parquet")
    return folder


def classes(**label: Any) -> Record:
    columns = {"text": {"type": "text", "role": "text"}, "label": {"type": "category", "role": "label", **label}}
    return parse_record({"name": "stars", "columns": columns})


ORDER = {"categories": ["1", "2", "3", "4"], "ordered": True}


def test_labels_in_an_order_are_measured_by_steps_and_decided_by_the_middle(tmp_path: Path) -> None:
    parts = stars(tmp_path / "parts", {"train": ["1", "2", "3", "4"] * 12})
    problem = pose(parts, classes(**ORDER), "none", 7)
    assert problem.task == "ordinal"
    assert problem.labels == ("1", "2", "3", "4")
    from pipelines.answering import answer
    from pipelines.bundle import Bundle
    from pipelines.measuring import measured
    from pipelines.standing import beats_ignorance
    from pipelines.versus import compared

    fitted = fit(problem, Linear(words=1))
    bundle = Bundle("linear", problem.labels, fitted.features, fitted.graph, {"parameters": 1}, task="ordinal")
    answered = answer(bundle, pl.read_parquet(parts / "test.parquet"), problem.record)
    scores = measured(answered, ([], []), draws=50, seed=7)
    assert scores.measures["mae"].value == 0
    assert scores.measures["quadratic_kappa"].value == 1
    assert Scores.from_dict(scores.to_dict()) == scores
    assert beats_ignorance(scores).name == "beats_chance"
    worse = answered.table().with_columns(predicted=pl.lit(0))
    assert compared(answered.table(), worse, scores).difference.value == 1


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({"ordered": True}, "no order to speak of"),
        ({"ordered": True, "categories": ["a", "b"]}, "no order to speak of"),
        ({"ordered": "yes", "categories": ["a", "b", "c"]}, "neither true nor false"),
        ({"type": "time"}, "is of type time"),
    ],
)
def test_a_label_that_contradicts_itself_is_refused(label: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError, match=said) as caught:
        classes(**label)
    lines(caught.value)


def test_the_record_decides_the_task() -> None:
    assert classes().task == "classification"
    assert classes(**ORDER).task == "ordinal"
    assert classes(type="number").task == "regression"
    assert classes(type="integer").task == "regression"
    # Numbers whose values are listed are names, as the ten digits are.
    assert classes(type="integer", categories=["0", "1"]).task == "classification"
    assert classes(type="boolean").task == "classification"
    assert parse_record({"columns": {"text": {"type": "text", "role": "text"}}}).task == "language"


def test_a_family_that_cannot_answer_is_refused_and_the_fitting_ones_are_named() -> None:
    with pytest.raises(ParameterError, match="'lstm', which learns no language") as caught:
        check_family("lstm", parse_record({"columns": {"text": {"type": "text", "role": "text"}}}))
    lines(caught.value)
    with pytest.raises(ParameterError, match="no classes") as caught:
        check_class_weight("balanced", classes(type="number"))
    lines(caught.value)


BAD: dict[str, tuple[dict[str, list[str | None]], str]] = {
    "a class with one row": ({"train": ["a"] * 9 + ["b"]}, "1 of 2 classes have two training rows"),
    "all labels equal": ({"train": ["a"] * 9}, "1 of 1 classes have two training rows"),
    "no validation rows": ({"train": ["a", "b"] * 5, "valid": []}, "none of 0 validation rows"),
    "validation labels that were never seen": ({"train": ["a", "b"] * 5, "valid": ["c"]}, "none of 1 validation rows"),
    "10,000 classes": ({"train": [str(n) for n in range(10_000)] * 2, "valid": ["1"]}, "10,000 different values"),
}


@pytest.mark.parametrize("name", BAD)
def test_rows_that_cannot_teach_classes_are_refused(name: str, tmp_path: Path) -> None:
    rows, said = BAD[name]
    with pytest.raises(TrainingError, match=said) as caught:
        pose(stars(tmp_path / "parts", rows), classes(), "none", 7)
    lines(caught.value)


@pytest.mark.parametrize(
    ("values", "said"), [(["5"] * 9, "1 different values"), (["0", "1"] * 9, "2 different values")]
)
def test_numbers_that_are_all_alike_are_refused(values: Sequence[str], said: str, tmp_path: Path) -> None:
    parts = stars(tmp_path / "parts", {"train": list(values)})
    for name in ("train", "valid"):
        path = parts / f"{name}.parquet"
        pl.read_parquet(path).with_columns(pl.col("label").cast(pl.Float64)).write_parquet(path)
    with pytest.raises(TrainingError, match=said) as caught:
        pose(parts, classes(type="number"), "none", 7)
    assert "categories" in lines(caught.value)[2]


def test_texts_without_a_word_in_common_are_refused(tmp_path: Path) -> None:
    parts = stars(tmp_path / "parts", {"train": ["a", "b"] * 5})
    path = parts / "train.parquet"
    alone = [f"word{n}x" for n in "abcdefghij"]
    pl.read_parquet(path).with_columns(text=pl.Series(alone)).write_parquet(path)
    with pytest.raises(TrainingError, match="no word of `text` stands in two training rows") as caught:
        fit(pose(parts, classes(), "none", 7), Linear())
    lines(caught.value)


def test_a_column_that_is_constant_or_all_missing_teaches_nothing_and_harms_nothing(tmp_path: Path) -> None:
    from pipelines.bundle import Bundle

    columns: dict[str, Any] = {name: {"type": "number", "role": "feature"} for name in ("told", "same", "gone")}
    record = parse_record(
        {
            "columns": columns
            | {"kind": {"type": "category", "role": "feature"}, "label": {"type": "category", "role": "label"}}
        }
    )
    told = [float(n % 2) for n in range(40)]
    rows = {"told": told, "same": [3.0] * 40, "gone": [None] * 40, "kind": [None] * 40}
    part = Part(rows, np.array([int(value) for value in told]))
    fitted = fit(Problem(record, ("a", "b"), part, part, np.ones(2), 7), Linear(c=1.0))
    found = Bundle("linear", ("a", "b"), fitted.features, fitted.graph).probabilities(rows)
    assert np.isfinite(found).all()
    assert (found.argmax(axis=1) == part.labels).all()


def test_a_label_unseen_in_training_is_left_out_and_counted(tmp_path: Path) -> None:
    parts = stars(tmp_path / "parts", {"train": ["a", "b"] * 5, "test": ["a", "b", "c"]})
    from pipelines.answering import answer
    from pipelines.bundle import Bundle

    problem = pose(parts, classes(), "none", 7)
    fitted = fit(problem, Linear())
    bundle = Bundle("linear", problem.labels, fitted.features, fitted.graph)
    asked = pl.read_parquet(parts / "test.parquet")
    assert len(answer(bundle, asked, problem.record).names) == 2
    with pytest.raises(FlywheelError, match="no test row has a label that the model knows") as caught:
        answer(bundle, asked.filter(pl.col("label") == "c"), problem.record)
    lines(caught.value)


def test_many_classes_have_fewer_terms_so_that_they_fit(tmp_path: Path) -> None:
    labels: list[str | None] = [str(n) for n in range(MOST_CLASSES)] * 2
    problem = pose(stars(tmp_path / "parts", {"train": labels}), classes(), "none", 7)
    assert len(problem.labels) == MOST_CLASSES


def test_an_answer_that_is_no_number_is_refused() -> None:
    from pipelines.feedback import _refuse_number

    rent = parse_record(FLATS)
    _refuse_number("12.5", rent)
    for wrong in ("cheap", "inf", "-1", "5001"):
        with pytest.raises(AnswerError, match="a number that the label cannot have") as caught:
            _refuse_number(wrong, rent)
        lines(caught.value)
