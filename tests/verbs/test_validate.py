"""raw -> validated: every fault is found and named, and no value of a row is written down."""

import json
from pathlib import Path

import polars as pl
import pytest
import workspaces
from workspaces import HEADER, Workspace, image, lines, review

from pipelines.errors import DataError
from pipelines.feedback import Answer, FeedbackStore, Shown
from pipelines.ingest import ingest
from pipelines.validate import validate
from pipelines.versions import describe

PATHS = ("data/raw", "data/validated", "data/report/validation")
CANARY = "canary"
# One fault per row, by the user who made it, and the one reason that it is held back for.
FAULTS = {
    "no-text": ({"text": ""}, "text is missing"),
    "no-label": ({"mood": ""}, "mood is missing"),
    "no-time": ({"at": ""}, "at is missing"),
    "label": ({"mood": f"{CANARY}-mood"}, "mood is not one of its 2 values"),
    "old": ({"age": "300"}, "age is out of range"),
    "young": ({"age": "-1"}, "age is out of range"),
    "age": ({"age": f"{CANARY}-age"}, "age is not a whole number"),
    "half": ({"age": "30.5"}, "age is not a whole number"),
    "time": ({"at": f"{CANARY}-time"}, "at is not a time"),
    "long": ({"text": f"{CANARY} " + "x" * 200}, "text is too short or too long"),
    "mojibake": ({"text": f"{CANARY} 好用".encode().decode("latin-1")}, "text is wrongly decoded"),
    "lost": ({"text": f"{CANARY} \ufffd"}, "text is wrongly decoded"),
    "disputed-1": ({"text": f"{CANARY} Disputed", "mood": "bad"}, "text has two labels"),
    "disputed-2": ({"text": f"{CANARY}  disputed", "mood": "good"}, "text has two labels"),
}
PASSING = {
    "nowhere": {"city": ""},
    "ageless": {"age": ""},
    "chinese": {"text": "电池很好 canary-passes"},
}


def verdicts(workspace: Workspace) -> dict[str, list[str]]:
    """The reasons against each row, by its user and its place among theirs."""
    rows = pl.read_parquet(workspace.path / "data/validated/rows.parquet")
    users = workspace.opened().join(rows, on="row", maintain_order="left")
    assert ((users["reasons"].list.len() == 0) == users["accepted"]).all()
    found: dict[str, list[str]] = {}
    for user, reasons in zip(users["user"], users["reasons"], strict=True):
        found[user if user not in found else f"{user} again"] = list(reasons)
    return found


@pytest.fixture(scope="module")
def judged(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with one row per fault, validated."""
    parameters = workspaces.small_reviews() | {"validate": {"max_quarantined": 0.5}}
    made = workspaces.make(tmp_path_factory.mktemp("judged") / "workspace", parameters)
    rows = [review(n, user=user, **fault) for n, (user, (fault, _)) in enumerate(FAULTS.items())]
    rows += [review(50 + n, user=user, **cells) for n, (user, cells) in enumerate(PASSING.items())]
    rows += [review(90, user="twice"), review(90, user="twice")]
    rows += [review(100 + number) for number in range(15)]
    made.bring(rows)
    made.run(ingest)
    made.run(validate, *PATHS)
    return made


@pytest.mark.parametrize("user", FAULTS)
def test_every_fault_is_quarantined_with_its_reason(judged: Workspace, user: str) -> None:
    assert verdicts(judged)[user] == [FAULTS[user][1]]


def test_a_repeated_row_is_held_back_and_the_first_passes(judged: Workspace) -> None:
    assert verdicts(judged)["twice"] == []
    assert verdicts(judged)["twice again"] == ["row repeats an earlier one"]


def test_faultless_rows_pass_also_where_they_leave_out_what_nobody_must_give(judged: Workspace) -> None:
    found = verdicts(judged)
    assert [user for user in [*PASSING, *(f"user{100 + number}" for number in range(15))] if found[user]] == []


def test_the_counts_say_how_many_and_why(judged: Workspace) -> None:
    counts = json.loads((judged.path / "data/validated/counts.json").read_text("utf-8"))
    found = verdicts(judged)
    held = [reasons for reasons in found.values() if reasons]
    assert counts["rows"] == len(found)
    assert counts["quarantined"] == len(held) == len(FAULTS) + 1
    assert counts["accepted"] == len(found) - len(held)
    assert counts["reasons"]["text has two labels"] == 2
    assert sum(counts["reasons"].values()) == sum(map(len, held))


def test_no_value_of_a_row_is_written_down(judged: Workspace) -> None:
    written = [path for path in (judged.path / "data").rglob("*") if path.is_file()]
    pages = [path for path in written if path.suffix == ".html"]
    assert len(pages) >= 3
    assert "age is not a whole number" in "".join(page.read_text("utf-8") for page in pages)
    for secret in (CANARY, "thing number", "user100"):
        assert not [path for path in written if secret.encode() in path.read_bytes()]


def test_opening_sealed_rows_leaves_an_entry_in_the_ledger(judged: Workspace) -> None:
    entry = judged.ledger.last("access")
    assert entry is not None
    version = describe(judged.raw)
    assert version is not None
    assert (entry["why"], entry["what"], entry["version"]) == ("validate", "data/raw", version[0])
    assert entry["who"] == judged.environment.actor


def test_validating_twice_gives_the_same_verdicts(judged: Workspace) -> None:
    before = image(judged.path / "data/validated")
    judged.run(validate, *PATHS)
    assert image(judged.path / "data/validated") == before


def test_too_many_faults_stop_the_run_and_leave_no_verdict(judged: Workspace) -> None:
    before = image(judged.path / "data/validated")
    judged.set("validate", {"max_quarantined": 0.1})
    try:
        with pytest.raises(DataError, match=r"may not pass: .*\(2\)") as caught:
            judged.run(validate, *PATHS)
    finally:
        judged.set("validate", {"max_quarantined": 0.5})
    assert "10%" in lines(caught.value)[1]
    assert CANARY not in str(caught.value)
    assert image(judged.path / "data/validated") == before


def test_no_rows_at_all_may_not_pass(reviews: Workspace) -> None:
    reviews.bring([review(1, consent="no")])
    reviews.run(ingest)
    with pytest.raises(DataError, match="there are none"):
        reviews.run(validate, *PATHS)


def test_a_correction_by_feedback_beats_the_label_of_the_source(reviews: Workspace) -> None:
    reviews.set("validate", {"max_quarantined": 0.9})
    reviews.bring([review(1, text="just fine", mood="bad"), review(2)])
    store = FeedbackStore(reviews.environment, reviews.record, reviews.vault)
    values = dict(zip(HEADER, review(1, text="Just  fine", user="critic"), strict=True))
    subject = reviews.vault.pseudonym("critic")
    store.show([Shown("p1", 1, "bad", {"bad": 0.6, "good": 0.4}, subject, {**values, "mood": None})])
    store.answer(Answer("k1", "p1", label="good"))
    reviews.run(ingest)
    reviews.run(validate, *PATHS)
    assert verdicts(reviews) == {"user1": ["text has two labels"], "user2": [], "critic": []}


def test_the_faults_of_the_sample_are_found(journey: Workspace) -> None:
    counts = json.loads((journey.path / "data/validated/counts.json").read_text("utf-8"))
    assert {"review is missing", "row repeats an earlier one", "text is wrongly decoded"} <= set(counts["reasons"])
    assert 0.01 < counts["quarantined"] / counts["rows"] < 0.1


def test_a_broken_rule_and_a_repeated_name_are_reasons_of_their_own(reviews: Workspace) -> None:
    record = reviews.parameters["record"]
    record["columns"]["user"] |= {"unique": True}
    record["rules"] = {"the old live somewhere": "age < 60 or city is present"}
    reviews.set("record", record)
    reviews.set("validate", {"max_quarantined": 0.5})
    rows = [review(number) for number in range(6)]
    reviews.bring([*rows, review(7, user="old", age="70", city=""), review(8, user="user1")])
    reviews.run(ingest)
    reviews.run(validate, *PATHS)
    found = verdicts(reviews)
    assert found["old"] == ["against the rule: the old live somewhere"]
    assert found["user1 again"] == ["user stands in an earlier row"]
    assert sum(map(len, found.values())) == 2


def test_each_of_many_columns_is_judged_by_its_own_expectations(tmp_path: Path, own_home: Path) -> None:
    """More of them than are judged together: every column has one row in which it alone is at fault."""
    names = [f"f{number}" for number in range(24)]
    columns = {name: {"type": "number", "role": "feature", "min": 0, "max": 1} for name in names}
    label = {"kind": {"type": "category", "role": "label", "categories": ["a", "b"]}}
    parameters = {"record": {"name": "wide", "columns": columns | label}, "ingest": {"source": "source.csv"}}
    made = workspaces.make(tmp_path / "wide", parameters | {"seed": 7, "validate": {"max_quarantined": 0.99}})
    faults = {"": "is missing", "7": "is out of range", "x": "is not a number"}
    wrong = [list(faults)[place % 3] for place in range(24)]
    rows = [
        [wrong[row] if row == place else f"0.{row:02}" for place in range(24)] + ["ab"[row % 2]] for row in range(24)
    ]
    workspaces.write_csv(made.path / "source.csv", [*rows, ["0.5"] * 24 + ["a"]], [*names, "kind"])
    made.run(ingest)
    made.run(validate, *PATHS)
    judged = pl.read_parquet(made.path / "data/validated/rows.parquet")
    found = made.opened().join(judged, on="row")["reasons"].to_list()
    said = sorted([f"{name} {faults[cell]}"] for name, cell in zip(names, wrong, strict=True))
    assert sorted(map(list, found)) == [[], *said]


def test_findings_about_the_table_stand_beside_the_pages_and_name_rows_by_id_only(judged: Workspace) -> None:
    docs = judged.path / "data/report/validation"
    report = json.loads((docs / "findings.json").read_text("utf-8"))
    (two,) = [finding for finding in report["findings"] if finding["name"] == "two_labels"]
    assert (two["count"], two["severity"], two["figures"]["texts_alike"]) == (2, "warn", 1)
    assert set(two["rows"]) <= set(judged.opened()["row"])
    assert report["newest_day"] == "2026-03-04"
    assert "texts with two labels" in (docs / "index.html").read_text("utf-8")


def test_a_finding_that_params_let_stop_the_run_leaves_no_verdict(judged: Workspace) -> None:
    before = image(judged.path / "data")
    judged.set("validate", {"max_quarantined": 0.5, "checks": {"two_labels": {"stop": 0.01}}})
    try:
        with pytest.raises(DataError, match=r"2 of .* texts with two labels") as caught:
            judged.run(validate, *PATHS)
    finally:
        judged.set("validate", {"max_quarantined": 0.5})
    assert "validate.checks.two_labels.stop" in lines(caught.value)[1]
    assert CANARY not in str(caught.value)
    assert image(judged.path / "data") == before
