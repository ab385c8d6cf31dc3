"""Pictures from a folder to an answer: through every verb, by three families, and out of the service."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import workspaces
from fastapi.testclient import TestClient
from sklearn.datasets import load_digits
from workspaces import Workspace, lines

from flywheel.predict import read
from pipelines.bundle import Bundle, read_bundle
from pipelines.errors import DataError, ParameterError, SourceError
from pipelines.features import beside
from pipelines.files import digest
from pipelines.models import Part, Problem, cnn_pictures, mlp_pictures
from pipelines.models.linear import fit
from pipelines.models.neural import export, prepare
from pipelines.models.options import Convolved, Flattened, Linear
from pipelines.pictures import stored_png
from pipelines.pixels import Pixels
from pipelines.record import Column, Record, parse_record
from pipelines.teaching import check_family
from service.app import create_app

RECORD = {
    "name": "digits",
    "columns": {
        "image": {"type": "image", "role": "feature"},
        "label": {"type": "category", "role": "label", "categories": ["0", "1", "2"]},
    },
}
DIGITS = load_digits(n_class=3)
PNGS = [stored_png((each * 255 / 16).round().astype(np.uint8).tobytes(), 8, 8) for each in DIGITS.images]
CELLS = [base64.b64encode(content).decode() for content in PNGS]


@pytest.fixture(scope="module")
def learnt(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three digits, a folder each, and a small convolutional network that has seen most of them."""
    folder = tmp_path_factory.mktemp("pictures")
    for place, (content, label) in enumerate(zip(PNGS, DIGITS.target, strict=True)):
        (folder / "source" / str(label)).mkdir(parents=True, exist_ok=True)
        (folder / "source" / str(label) / f"{place}.png").write_bytes(content)
    training = {
        "family": "cnn",
        "epochs": 6,
        "batch_size": 16,
        "learning_rate": 0.01,
        "cnn": {"pictures": {"blocks": [8], "dropout": 0.1, "rotate": 5}},
    }
    parameters = {
        "record": RECORD,
        "seed": 7,
        "ingest": {"source": str(folder / "source")},
        "train": training,
        "evaluate": {"draws": 60},
    }
    made = workspaces.make(folder / "workspace", parameters)
    made.turn()
    return made


def test_pictures_in_folders_become_a_network_that_tells_them_apart(learnt: Workspace) -> None:
    told = json.loads((learnt.path / "data/report/evaluation/scores.json").read_text("utf-8"))["models"]
    assert (told["candidate"]["family"], told["baseline"]["family"]) == ("cnn", "linear")
    assert told["candidate"]["measures"]["accuracy"]["value"] > 0.9
    bundle = read_bundle(learnt.path / "data/model/candidate")
    assert bundle.features == Pixels("image", 8, 8, 1)


def test_the_champion_answers_a_picture_that_is_posted_and_refuses_what_is_none(learnt: Workspace) -> None:
    kept = learnt.path / "data/model/candidate"
    body = {"bundle": str(kept), "digest": digest(kept), "family": "cnn"}
    assert learnt.ledger.crown("digits", 0, 1, body, {"promote": True, "version": 1})
    rows = pl.read_parquet(learnt.path / "data/splits/test.parquet")
    cell = rows["image"][0]
    expected = read_bundle(kept).probabilities({"image": [cell]})[0]
    with TestClient(create_app(learnt.path, learnt.environment)) as client:
        told = client.post("/predict", json={"image": cell})
        assert told.status_code == 200, told.text
        assert np.allclose([told.json()["probabilities"][label] for label in "012"], expected, atol=1e-6)
        large = base64.b64encode(stored_png(bytes(300 * 300), 300, 300)).decode()
        assert client.post("/predict", json={"image": large}).status_code == 200
        for bad in ("", "AAAA", cell[:-9], "x" * 100):
            refused = client.post("/predict", json={"image": bad})
            assert refused.status_code == 422
            assert bad == "" or bad not in refused.text


def test_a_picture_file_is_a_row_to_predict_and_another_file_is_refused(learnt: Workspace, tmp_path: Path) -> None:
    (tmp_path / "one.PNG").write_bytes(PNGS[0])
    assert read(tmp_path / "one.PNG", learnt.record, {}) == [{"image": CELLS[0]}]
    (tmp_path / "cut.png").write_bytes(PNGS[0][:-4])
    for name in ("cut.png", "absent.png"):
        with pytest.raises(DataError, match="predict: ") as caught:
            read(tmp_path / name, learnt.record, {})
        assert len(lines(caught.value)) == 3


def test_a_table_that_names_pictures_is_rows_to_predict(learnt: Workspace, tmp_path: Path) -> None:
    for place in range(2):
        (tmp_path / f"{place}.png").write_bytes(PNGS[place])
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "2.png").write_bytes(PNGS[2])
    asked = tmp_path / "asked.csv"
    asked.write_text(f"image\n0.png\n1.png\n{CELLS[3]}\n", "utf-8")
    assert [row["image"] for row in read(asked, learnt.record, {})] == [CELLS[0], CELLS[1], CELLS[3]]
    asked.write_text("image\n0.png\n2\n", "utf-8")
    assert [row["image"] for row in read(asked, learnt.record, {"pictures": str(tmp_path / "far")})] == [
        CELLS[0],
        CELLS[2],
    ]
    for settings in ({}, {"pictures": str(tmp_path / "gone")}):
        with pytest.raises(SourceError, match=r"predict: the picture of row 2 is not read: no picture") as caught:
            read(asked, learnt.record, settings)
        assert len(lines(caught.value)) == 3


def posed() -> Problem:
    part = Part({"image": CELLS[:90]}, DIGITS.target[:90].astype(np.int64))
    return Problem(parse_record(RECORD), ("0", "1", "2"), part, part, np.ones(3), 7)


BUILDERS: dict[str, Callable[[Problem, Pixels], Any]] = {
    "cnn": lambda problem, features: cnn_pictures.build(problem, features, Convolved(blocks=(4, 8))),
    "cnn, private": lambda problem, features: cnn_pictures.build(
        problem, features, Convolved(blocks=(4,)), private=True
    ),
    "mlp": lambda problem, features: mlp_pictures.build(problem, features, Flattened(layers=(16, 8))),
}


@pytest.mark.parametrize("family", BUILDERS)
def test_the_graph_answers_as_the_network_does_on_real_pictures(family: str) -> None:
    problem = posed()
    features = Pixels.fit(CELLS, "image", 64)
    prepare(7)
    network = BUILDERS[family](problem, features)
    chance = np.random.default_rng(3)
    # Vectors are positive: a variance is among them.
    sizes = [(-0.5, 0.5) if weight.ndim > 1 else (0.5, 1.5) for weight in network.get_weights()]
    drawn = zip(network.get_weights(), sizes, strict=True)
    network.set_weights([chance.uniform(low, high, weight.shape) for weight, (low, high) in drawn])
    pixels = features.arrays(problem.train.columns)["pixels"]
    graph = export(network, {"pixels": pixels[:2]})
    found = Bundle("cnn", problem.labels, features, graph).probabilities(problem.train.columns)
    wanted = np.asarray(network(pixels, training=False))
    assert np.ptp(wanted, axis=0).max() > 1e-3, "the weights tell pictures apart"
    assert np.abs(found - wanted).max() < 1e-5


def test_the_linear_baseline_weighs_pixels_and_learns() -> None:
    problem = posed()
    fitted = fit(problem, Linear())
    found = Bundle("linear", problem.labels, fitted.features, fitted.graph).probabilities(problem.train.columns)
    assert (found.argmax(axis=1) == problem.train.labels).mean() > 0.95


def test_a_picture_with_columns_beside_it_is_one_question_of_two_inputs() -> None:
    part = Part({"image": CELLS[:60], "age": list(range(60))}, DIGITS.target[:60].astype(np.int64))
    record = Record("r", (*parse_record(RECORD).columns, Column("age", "integer", "feature")))
    problem = Problem(record, ("0", "1", "2"), part, part, np.ones(3), 7)
    features = beside(Pixels.fit(CELLS[:60], "image", 64), part.columns, record)
    network = cnn_pictures.build(problem, features, Convolved(blocks=(4,)))
    assert [tensor.name for tensor in network.inputs] == ["pixels", "table"]
    fitted = fit(problem, Linear())
    found = Bundle("linear", problem.labels, fitted.features, fitted.graph).probabilities(part.columns)
    assert (found.argmax(axis=1) == part.labels).mean() > 0.95


def test_a_picture_beside_a_text_and_a_family_for_texts_are_refused() -> None:
    picture, label = Column("image", "image", "feature"), Column("label", "category", "label")
    for more in (Column("second", "image", "feature"), Column("note", "text", "text")):
        with pytest.raises(ParameterError, match="picture") as caught:
            check_family("cnn", Record("r", (picture, label, more)))
        assert len(lines(caught.value)) == 3
    with pytest.raises(ParameterError, match="linear, mlp, cnn"):
        check_family("lstm", Record("r", (picture, label)))
