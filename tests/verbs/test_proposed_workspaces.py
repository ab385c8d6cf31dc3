"""Real data sets that nobody has described: the proposal is right, and runs as it is."""

import csv
import gzip
import os
import sys
from pathlib import Path
from typing import IO, Any

import pytest
from proposed import RIGHT, doubts, look
from workspaces import Workspace

from flywheel.new import new
from pipelines.errors import ParameterError
from pipelines.ingest import ingest
from pipelines.validate import validate

pytestmark = pytest.mark.skipif(
    "FLYWHEEL_DATASETS" not in os.environ, reason="FLYWHEEL_DATASETS names no folder of data sets"
)

PARTS = {
    "adult": ["train", "test"],
    "imdb": ["train", "test"],
    "sst2": ["train", "valid", "test"],
    "sst3": ["train", "valid", "test"],
    "trec": ["train", "test"],
}
SPANS = ("presidio", "tab", "zh_ner")
ROWS = 200
# Great Expectations takes a second for each: a table in two parts, tweets, Chinese.
VALIDATED = ("adult", "airline_tweets", "waimai_10k")


def opened(path: Path, mode: str) -> IO[Any]:
    if path.suffix == ".gz":
        return gzip.open(path, mode, encoding="utf-8", newline="")
    return path.open(mode, encoding="utf-8", newline="")


def small(name: str, place: Path) -> Path:
    """A copy of a data set with every n-th of its rows, so that all that is in it stays."""
    place = place / name
    place.mkdir()
    csv.field_size_limit(sys.maxsize)
    for path in sorted((Path(os.environ["FLYWHEEL_DATASETS"]) / name).iterdir()):
        if not path.is_file() or path.suffix == ".md":
            continue
        with opened(path, "rt") as whole:
            rows = list(csv.reader(whole))
        step = max(1, len(rows) // ROWS)
        with opened(place / path.name, "wt") as part:
            csv.writer(part, lineterminator="\n").writerows([rows[0], *rows[1::step]])
    return place


@pytest.mark.parametrize("name", RIGHT)
def test_label_text_subject_and_time_are_proposed_right_and_the_proposal_runs(
    name: str, tmp_path: Path, own_home: Path
) -> None:
    source = small(name, tmp_path)
    label, text, subject, time = RIGHT[name]
    new(str(tmp_path / "workspace"), None, str(source), [])
    workspace = Workspace(tmp_path / "workspace")
    expected = {"label": label, "text": text, "subject": subject, "time": time}
    assert {role: holder(workspace, role) for role in expected} == expected
    assert list(dict.fromkeys(workspace.parameters["ingest"].get("files", {}).values())) == PARTS.get(name, [])
    result = workspace.run(ingest)
    assert result.added == result.read > 100
    if name in VALIDATED:
        workspace.run(validate, "data/raw", "data/validated", "data/report/validation")


def holder(workspace: Workspace, role: Any) -> str:
    column = workspace.record.with_role(role)
    return "" if column is None else column.name


def test_a_book_is_a_workspace_of_its_paragraphs(tmp_path: Path, own_home: Path) -> None:
    new(str(tmp_path / "workspace"), None, str(Path(os.environ["FLYWHEEL_DATASETS"]) / "tinyshakespeare"), [])
    workspace = Workspace(tmp_path / "workspace")
    assert workspace.parameters["train"]["family"] == "gpt"
    result = workspace.run(ingest)
    assert result.added == result.read == 7222


@pytest.mark.parametrize("name", SPANS)
def test_annotated_spans_are_no_label_and_are_left_out(name: str) -> None:
    found = look(Path(os.environ["FLYWHEEL_DATASETS"]) / name)
    assert "annotated spans" in doubts(found)
    assert "spans" not in found.found.names
    label = found.holder("label")
    assert label is None or label.doubts


@pytest.mark.parametrize("name", ["presidio", "zh_ner"])
def test_what_has_no_label_in_a_column_is_refused_before_anything_is_made(name: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="looks like a label"):
        new(str(tmp_path / "workspace"), None, str(Path(os.environ["FLYWHEEL_DATASETS"]) / name), [])
    assert not (tmp_path / "workspace").exists()
