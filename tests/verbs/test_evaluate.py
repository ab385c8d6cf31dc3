"""splits, model -> report: scores of every role, pictures of them, and predictions that can be counted again."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from matplotlib.image import imread
from workspaces import Workspace, image, lines

from pipelines.errors import BundleError, DataError
from pipelines.evaluate import evaluate
from pipelines.scores import Scores

PATHS = ("data/splits", "data/model", "data/report/evaluation")


def report(workspace: Workspace) -> dict[str, Any]:
    """The scores; what is no JSON number is refused."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    text = (workspace.path / "data/report/evaluation/scores.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


@pytest.fixture
def rivals(travelled: Workspace) -> Workspace:
    """The journey with a candidate that is the baseline's twin."""
    shutil.copytree(travelled.path / "data/model/baseline", travelled.path / "data/model/candidate")
    travelled.run(evaluate, *PATHS)
    return travelled


def test_every_role_has_its_scores(rivals: Workspace) -> None:
    models = report(rivals)["models"]
    assert set(models) == {"baseline", "candidate"}
    assert models["baseline"] == models["candidate"]
    assert models["baseline"]["family"] == "linear"


def test_scores_can_be_counted_again_from_the_predictions(journey: Workspace) -> None:
    found = report(journey)
    rows = pl.read_parquet(journey.path / "data/report/evaluation/baseline.parquet")
    test = pl.read_parquet(journey.path / "data/splits/test.parquet")
    assert rows["row"].to_list() == test["row"].to_list()
    assert found["test_rows"] == test.height
    entry = found["models"]["baseline"]
    accuracy = entry["measures"]["accuracy"]
    assert accuracy["value"] == pytest.approx((rows["true"] == rows["predicted"]).mean())
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert accuracy["low"] < accuracy["high"]
    assert sum(map(sum, entry["confusion"])) == test.height
    labels = [entry["labels"][place] for place in rows["true"]]
    assert labels == test["sentiment"].to_list()
    assert rows["probability"].is_between(1 / 3 - 1e-9, 1).all()


def test_the_model_of_the_sample_beats_the_commonest_class(journey: Workspace) -> None:
    measures = report(journey)["models"]["baseline"]["measures"]
    assert measures["accuracy"]["low"] > measures["majority_accuracy"]["value"]


def test_scores_come_back_from_the_report(journey: Workspace) -> None:
    entry = report(journey)["models"]["baseline"]
    content = {key: value for key, value in entry.items() if key not in ("family", "parameters")}
    assert Scores.from_dict(content).to_dict()["confusion"] == content["confusion"]
    assert json.loads(json.dumps(Scores.from_dict(content).to_dict())) == content


@pytest.mark.parametrize("name", ["baseline.png", "comparison.png", "membership.png"])
def test_pictures_show_something(journey: Workspace, name: str) -> None:
    picture = imread(journey.path / "data/report/evaluation" / name)
    assert min(picture.shape[:2]) > 150
    assert picture[..., :3].std() > 0.03
    assert len({tuple(pixel) for pixel in picture[::3, ::3, :3].reshape(-1, 3).tolist()}) > 20


def test_measuring_twice_gives_equal_bytes(travelled: Workspace) -> None:
    before = image(travelled.path / "data/report/evaluation")
    travelled.run(evaluate, *PATHS)
    assert image(travelled.path / "data/report/evaluation") == before


def test_pictures_do_not_say_which_version_drew_them(journey: Workspace) -> None:
    pictures = [path.read_bytes() for path in (journey.path / "data/report/evaluation").glob("*.png")]
    assert len(pictures) == 3
    assert not [picture for picture in pictures if b"matplotlib" in picture.lower()]


def test_no_row_and_no_text_is_in_the_report(journey: Workspace) -> None:
    texts = pl.read_parquet(journey.path / "data/splits/test.parquet")["review"].to_list()
    written = [path.read_bytes() for path in (journey.path / "data/report/evaluation").iterdir()]
    assert len(texts) > 50
    assert not [text for text in texts for content in written if len(text) > 15 and text.encode() in content]
    columns = pl.read_parquet(journey.path / "data/report/evaluation/baseline.parquet").columns
    assert columns == ["row", "true", "predicted", "probability"]


def test_an_altered_model_is_not_measured_and_the_old_report_stands(travelled: Workspace) -> None:
    graph = travelled.path / "data/model/baseline/model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"\0")
    before = image(travelled.path / "data/report")
    with pytest.raises(BundleError, match="not the one that was measured"):
        travelled.run(evaluate, *PATHS)
    assert image(travelled.path / "data/report") == before


def relabelled(folder: Path, labels: list[str | None]) -> None:
    rows = pl.read_parquet(folder / "test.parquet").head(len(labels))
    rows.with_columns(pl.Series("sentiment", labels, dtype=pl.String)).write_parquet(folder / "test.parquet")


def test_rows_whose_label_the_model_does_not_know_are_left_out(travelled: Workspace) -> None:
    relabelled(travelled.path / "data/splits", ["positive", "elated", None, "negative"])
    travelled.run(evaluate, *PATHS)
    assert report(travelled)["models"]["baseline"]["rows"] == 2
    assert report(travelled)["test_rows"] == 4


def test_test_rows_of_one_class_have_scores_without_a_number_that_is_none(travelled: Workspace) -> None:
    relabelled(travelled.path / "data/splits", ["positive"] * 10)
    travelled.run(evaluate, *PATHS)
    measures = report(travelled)["models"]["baseline"]["measures"]
    assert measures["roc_auc"] is None
    assert measures["majority_accuracy"]["value"] == 1


def test_a_test_part_without_known_labels_is_refused(travelled: Workspace) -> None:
    relabelled(travelled.path / "data/splits", ["elated", None])
    with pytest.raises(DataError, match="no test row has a label") as caught:
        travelled.run(evaluate, *PATHS)
    lines(caught.value)


def membership(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.path / "data/report/evaluation/membership.json").read_text("utf-8"))
    return found["models"]


def test_what_every_model_gives_away_is_measured_against_rows_that_it_has_not_seen(rivals: Workspace) -> None:
    test, train = (pl.read_parquet(rivals.path / f"data/splits/{part}.parquet") for part in ("test", "train"))
    models = membership(rivals)
    assert set(models) == {"baseline", "candidate"}
    assert "difficulty" in models["candidate"]["membership"]["attacks"]
    assert models["candidate"]["membership"]["attacks"]["difficulty"]["auc"]["value"] == 0.5  # its own twin's loss
    for model in models.values():
        assert model["membership"]["members"] == train.height
        assert model["membership"]["others"] == test.height
        assert model["drift"]["strongest"]["auc"]["low"] < 0.6


def test_a_model_that_was_taught_the_very_test_rows_gives_nothing_away(travelled: Workspace) -> None:
    """Members and others are one and the same here: whoever finds a difference has an error."""
    shutil.copy(travelled.path / "data/splits/train.parquet", travelled.path / "data/splits/test.parquet")
    travelled.run(evaluate, *PATHS)
    strongest = membership(travelled)["baseline"]["membership"]["strongest"]
    assert strongest["auc"]["value"] == pytest.approx(0.5, abs=1e-9)


def test_no_more_rows_are_attacked_than_asked_for(travelled: Workspace) -> None:
    travelled.set("evaluate", {"draws": 10, "attacked": 50})
    travelled.run(evaluate, *PATHS)
    found = membership(travelled)["baseline"]["membership"]
    assert (found["members"], found["others"]) == (50, 50)
