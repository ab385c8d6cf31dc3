"""`flywheel inspect` and `flywheel new --source`: what is shown, what is written, and what never is."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from proposed import look, made, sentence, table
from workspaces import lines

from flywheel.inspecting import inspect, report, text_of
from flywheel.new import new
from pipelines.errors import ParameterError
from pipelines.parameters import check_parameters


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    rows = made(
        300,
        lambda dice, place: [
            f"user{dice.randrange(90):04}", 18 + dice.randrange(50), dice.choice(["Ulm", "Jena", "Bonn"]),
            sentence(dice, good=place % 2 == 0) + f" {place}", ("positive", "negative")[place % 2],
        ],
    )  # fmt: skip
    header = ["user_id", "age", "city", "the_text_that_somebody_wrote_about_a_thing", "sentiment"]
    return table(tmp_path / "reviews.csv", header, rows)


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_the_terminal(reviews: Path, width: int) -> None:
    shown = report(look(reviews), str(reviews), width)
    assert all(len(line) <= width for line in shown.splitlines() if "flywheel new" not in line)
    assert "PREDICTS    sentiment, 2 classes" in shown
    assert "user_id" in shown
    assert "identifier" in shown


def test_no_value_of_a_row_is_shown_unless_many_share_it(tmp_path: Path) -> None:
    """Names of columns and values of ten rows or more; nothing of the rest, nor of columns about people."""
    dice = random.Random(7)
    header = ["login", "contact", "amount", "city", "kind", "text", "label", "customer_name", "agent"]
    rows = [
        [word := f"mallory{dice.randrange(10**6)}", f"{word}@example.org", 1000 + place * 37, "Ulm",
         ("a", "b")[place % 2] if place else "rarity", f"this is what {word} wrote of it today", place % 2,
         ("Ann Lee", "Bob Ray")[place % 3 == 0], ("Peter Brown", "Susan Clark")[place % 3 == 0]]
        for place in range(300)
    ]  # fmt: skip
    found = look(table(tmp_path / "a.csv", header, rows))
    shown = report(found, "a.csv", 120) + text_of(found, "a.csv")
    assert "mallory" not in shown
    assert "rarity" not in shown
    assert "Ulm" not in shown
    assert "Ann Lee" not in shown
    assert "Susan Clark" not in shown
    assert str(max(row[2] for row in rows)) not in shown


def test_what_is_printed_for_programs_is_json(reviews: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect(str(reviews), None, None, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows_read"] == 300
    assert told["classes"] == ["negative", "positive"]
    assert [column["privacy"] for column in told["columns"]] == ["identifier", "quasi", "quasi", "free_text", "none"]
    check_parameters(told["parameters"])


def test_a_proposal_is_written_once_with_its_doubts_as_comments(reviews: Path, tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    inspect(str(reviews), "city", str(file), as_json=False)
    parameters = yaml.safe_load(file.read_text("utf-8"))
    check_parameters(parameters)
    assert parameters["record"]["columns"]["city"]["role"] == "label"
    assert "    # unsure: " in file.read_text("utf-8")
    with pytest.raises(ParameterError, match="is there already") as caught:
        inspect(str(reviews), None, str(file), as_json=False)
    lines(caught.value)


def test_a_workspace_is_made_from_its_source_alone(
    reviews: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new(str(tmp_path / "made"), None, str(reviews), ["train.epochs=2", "record.columns.age.max=99"]) == 0
    text = (tmp_path / "made" / "params.yaml").read_text("utf-8")
    parameters = yaml.safe_load(text)
    assert parameters["ingest"]["source"] == str(reviews)
    assert parameters["train"]["epochs"] == 2
    assert parameters["record"]["columns"]["age"]["max"] == 99
    assert "# Proposed by `flywheel inspect`" in text
    assert "proposed from its source" in capsys.readouterr().out


def test_a_name_with_dots_can_be_given_a_role(tmp_path: Path) -> None:
    rows = made(200, lambda dice, place: [dice.random(), place % 2, dice.choice("abc")])
    source = table(tmp_path / "a.csv", ["price", "paid.next.month", "class"], rows)
    new(str(tmp_path / "by_role"), None, str(source), ["record.columns.paid.next.month.role=label"])
    new(str(tmp_path / "by_label"), None, str(source), [], "paid.next.month")
    for made_so in ("by_role", "by_label"):
        columns = yaml.safe_load((tmp_path / made_so / "params.yaml").read_text("utf-8"))["record"]["columns"]
        assert [name for name, entry in columns.items() if entry.get("role") == "label"] == ["paid.next.month"]


def test_a_preset_is_not_told_another_label(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="says what is to be predicted") as caught:
        new(str(tmp_path / "made"), "sample", None, [], "age")
    lines(caught.value)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("source", "settings", "said"),
    [
        (None, [], "does not know what the workspace is for"),
        ("gone.csv", [], "does not exist"),
        ("numbers.csv", [], "No column of numbers.csv looks like a label"),
        ("alone.csv", [], "Nothing in alone.csv could predict its label"),
        ("alone.csv", ["record.columns.lable.role=label"], "there is no column 'lable'"),
    ],
)
def test_what_cannot_be_proposed_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | None, settings: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "numbers.csv", ["a", "b"], made(200, lambda dice, _: [dice.random(), dice.random()]))
    table(tmp_path / "alone.csv", ["label"], made(200, lambda _, place: [place % 2]))
    with pytest.raises(ParameterError, match=said) as caught:
        new("made", None, source, settings)
    lines(caught.value)
    assert not (tmp_path / "made").exists()


def test_the_package_is_a_command_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flywheel", "status", "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: ")


def test_the_help_of_the_command_does_not_load_what_it_does_not_need() -> None:
    heavy = (
        "import sys, flywheel.cli; flywheel.cli.parser(); print(sorted({'polars', 'numpy', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
