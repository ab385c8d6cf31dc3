"""source -> data/raw: sealed, appended, never rewritten; a source that cannot be trusted changes nothing."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
import yaml
from workspaces import HEADER, REPOSITORY, Workspace, image, lines, review, write_csv

from pipelines.canaries import PER_PART
from pipelines.errors import BusyError, ParameterError, SealError, SourceError
from pipelines.feedback import Answer, FeedbackStore, Shown
from pipelines.ingest import Ingested, ingest
from pipelines.raw import parts, subjects
from pipelines.versions import describe
from pipelines.workspace import holding

ROWS = [review(number) for number in range(6)]


def users(workspace: Workspace) -> list[str]:
    return list(workspace.opened()["user"])


def test_a_source_becomes_sealed_rows_and_a_version(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    found: Ingested = reviews.run(ingest)
    assert (found.read, found.added, found.known, found.without_consent, found.rows) == (6, 6, 0, 0, 6)
    opened = reviews.opened()
    assert [list(row) for row in opened.select(HEADER).iter_rows()] == ROWS
    assert set(opened["origin"]) == {"source"}
    version = describe(reviews.raw)
    assert version is not None
    assert version[0] == found.version
    assert version[1]["rows"] == 6
    assert version[1]["source"] == "source.csv"
    assert len(version[1]["sha256"]) == 64


def test_nobody_can_be_read_on_the_disk(reviews: Workspace, own_home: Path) -> None:
    reviews.bring([review(1, user="canary-id", city="canary-city", text="canary text")])
    reviews.run(ingest)
    (reviews.path / "source.csv").unlink()
    for folder in (reviews.path, own_home):
        held = [path for path in folder.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]
        assert not held


def test_the_same_source_twice_changes_no_byte(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    before = image(reviews.path / "data")
    found = reviews.run(ingest)
    assert (found.read, found.added, found.known, found.rows) == (6, 0, 6, 6)
    assert image(reviews.path / "data") == before


def test_the_same_rows_in_another_order_change_no_byte(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    before = image(reviews.path / "data")
    reviews.bring(ROWS[::-1])
    assert reviews.run(ingest).added == 0
    assert image(reviews.path / "data") == before


def test_the_same_rows_under_a_record_in_another_order_are_known(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    before = image(reviews.path / "data")
    record = reviews.parameters["record"]
    reviews.set("record", record | {"columns": dict(reversed(record["columns"].items()))})
    assert reviews.run(ingest).known == 6
    assert image(reviews.path / "data") == before
    assert reviews.opened().select(HEADER).rows() == [tuple(row) for row in ROWS]


def test_a_second_source_is_appended_and_the_first_part_stands(reviews: Workspace) -> None:
    reviews.bring(ROWS[:4])
    first = reviews.run(ingest)
    part = parts(reviews.raw)[0]
    before = part.read_bytes()
    reviews.bring(ROWS[2:], "later.csv")
    second = reviews.run(ingest)
    assert (second.added, second.known, second.rows) == (2, 2, 6)
    assert second.version != first.version
    assert part.read_bytes() == before
    assert len(parts(reviews.raw)) == 2
    assert users(reviews) == [row[0] for row in ROWS]


def test_a_row_that_came_twice_is_kept_twice_and_once_more_only_if_it_comes_again(reviews: Workspace) -> None:
    reviews.bring([ROWS[0], ROWS[0]])
    assert reviews.run(ingest).added == 2
    reviews.bring([ROWS[0], ROWS[0], ROWS[0]])
    assert reviews.run(ingest).added == 1


def test_a_row_without_consent_never_arrives(reviews: Workspace) -> None:
    reviews.bring([review(1), review(2, consent="no"), review(3, consent=""), review(4, consent="Yes")])
    found = reviews.run(ingest)
    assert (found.added, found.without_consent) == (1, 3)
    assert users(reviews) == ["user1"]


def ragged(path: Path) -> None:
    path.write_text(path.read_text("utf-8") + "canary,Paris\n", "utf-8")


def undecodable(path: Path) -> None:
    path.write_bytes(path.read_bytes() + "canary,Málaga,30,yes,2026-01-01,schön,good\n".encode("latin-1"))


def without_a_column(path: Path) -> None:
    write_csv(path, [row[:-1] for row in ROWS], HEADER[:-1])


def missing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("spoil", [ragged, undecodable, without_a_column, missing])
@pytest.mark.parametrize("already", [0, 3], ids=["first", "later"])
def test_a_source_that_cannot_be_trusted_changes_no_byte(reviews: Workspace, spoil: object, already: int) -> None:
    if already:
        reviews.bring(ROWS[:already])
        reviews.run(ingest)
    before = image(reviews.path / "data")
    reviews.bring(ROWS, "bad.csv")
    spoil(reviews.path / "bad.csv")  # type: ignore[operator]
    with pytest.raises(SourceError, match="ingest: ") as caught:
        reviews.run(ingest)
    assert "canary" not in "\n".join(lines(caught.value))
    assert image(reviews.path / "data") == before


def test_an_ingestion_that_was_killed_before_its_version_heals(reviews: Workspace) -> None:
    """The part was written, raw.dvc was not: the next run finds all rows known, and records them."""
    reviews.bring(ROWS[:3])
    reviews.run(ingest)
    pointer = reviews.path / "data/raw.dvc"
    earlier = pointer.read_bytes()
    reviews.bring(ROWS)
    whole = reviews.run(ingest)
    for left in (None, earlier):
        pointer.unlink() if left is None else pointer.write_bytes(left)
        healed = reviews.run(ingest)
        assert (healed.version, healed.rows, healed.added) == (whole.version, 6, 0)
        assert yaml.safe_load(pointer.read_text("utf-8"))["meta"]["rows"] == 6
        assert users(reviews) == [row[0] for row in ROWS]


def test_a_clone_without_its_data_gets_them_back_before_it_appends(reviews: Workspace) -> None:
    reviews.bring(ROWS[:3])
    reviews.run(ingest)
    shutil.rmtree(reviews.raw)
    reviews.bring(ROWS[3:], "later.csv")
    assert reviews.run(ingest).rows == 6
    assert users(reviews) == [row[0] for row in ROWS]


def answered(reviews: Workspace, *, text: str, shown: str, right: str) -> None:
    """Somebody saw a prediction for `text`, and said what would have been right."""
    store = FeedbackStore(reviews.environment, reviews.record, reviews.vault)
    values = dict(zip(HEADER, review(1, text=text), strict=True))
    prediction = f"prediction of {text}"
    subject = reviews.vault.pseudonym("user1")
    store.show([Shown(prediction, 1, shown, {"bad": 0.5, "good": 0.5}, subject, {**values, "mood": None})])
    assert store.answer(Answer(f"key of {text}", prediction, label=right)) == "stored"


def test_feedback_comes_in_once_with_the_label_that_was_said(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    answered(reviews, text="new words", shown="bad", right="good")
    found = reviews.run(ingest)
    assert (found.added, found.added_feedback, found.rows) == (0, 1, 7)
    newest = reviews.opened().row(-1, named=True)
    assert (newest["text"], newest["mood"], newest["origin"]) == ("new words", "good", "feedback")
    before = image(reviews.path / "data")
    again = reviews.run(ingest)
    assert (again.added_feedback, again.rows) == (0, 7)
    assert image(reviews.path / "data") == before


def test_the_sample_needs_no_file(journey: Workspace) -> None:
    version = describe(journey.raw)
    assert version is not None
    assert version[1]["source"] == "sample (synthetic)"
    assert version[1]["rows"] == journey.opened().height
    assert set(journey.opened()["consent"]) == {"yes"}


def test_no_rows_are_a_version_too(reviews: Workspace) -> None:
    reviews.bring([review(1, consent="no")])
    assert reviews.run(ingest).rows == 0
    assert reviews.opened().height == 0


def believing(workspace: Workspace, rows: int) -> None:
    """Let raw.dvc say that the source had `rows` rows: whoever does not read it will repeat that."""
    pointer = workspace.path / "data" / "raw.dvc"
    told = yaml.safe_load(pointer.read_text("utf-8"))
    told["meta"]["read"]["rows"] = rows
    pointer.write_text(yaml.safe_dump(told), "utf-8")


def test_a_source_that_was_read_is_not_read_again(reviews: Workspace) -> None:
    reviews.bring([*ROWS, review(6, consent="no")])
    reviews.run(ingest)
    found = reviews.run(ingest)
    assert (found.read, found.without_consent, found.known, found.added, found.rows) == (7, 1, 6, 0, 6)
    believing(reviews, 70)
    assert reviews.run(ingest).read == 70


@pytest.mark.parametrize("changed", ["bytes", "record", "encoding"])
def test_whatever_changes_what_would_be_read_has_it_read_again(reviews: Workspace, changed: str) -> None:
    reviews.bring([*ROWS, review(6, consent="no")])
    reviews.run(ingest)
    believing(reviews, 70)
    if changed == "bytes":
        reviews.bring(ROWS)
    elif changed == "record":
        record = reviews.parameters["record"]
        consent = record["columns"]["consent"] | {"granted": ["yes", "no"]}
        reviews.set("record", record | {"columns": record["columns"] | {"consent": consent}})
    else:
        reviews.set("ingest", {"source": "source.csv", "encoding": "utf-8"})
    assert reviews.run(ingest).read == (6 if changed == "bytes" else 7)


def bring_in_parts(workspace: Workspace, rows: list[list[str]], at_once: int) -> None:
    workspace.bring(rows)
    workspace.set("ingest", {"source": "source.csv", "part_rows": at_once})


def test_parts_are_bounded_and_hold_what_one_would(reviews: Workspace) -> None:
    many = [review(number, text="soft&hard; (both)" if number == 3 else f"words {number}") for number in range(9)]
    bring_in_parts(reviews, [*many, many[0]], 4)
    assert reviews.run(ingest).added == 10
    assert [pl.read_parquet(part).height for part in parts(reviews.raw)] == [4, 4, 2 + PER_PART]
    opened = reviews.opened()
    assert [list(row) for row in opened.select(HEADER).iter_rows()] == [*many, many[0]]
    shutil.rmtree(reviews.path / "data")
    bring_in_parts(reviews, [*many, many[0]], 100)
    reviews.run(ingest)
    assert len(parts(reviews.raw)) == 1
    assert reviews.opened().equals(opened)


def test_a_fault_behind_parts_that_were_sealed_changes_no_byte(reviews: Workspace) -> None:
    reviews.bring(ROWS[:1])
    reviews.run(ingest)
    before = image(reviews.path / "data")
    bring_in_parts(reviews, ROWS, 2)
    ragged(reviews.path / "source.csv")
    with pytest.raises(SourceError, match="on line 8 of"):
        reviews.run(ingest)
    assert image(reviews.path / "data") == before
    assert not list((reviews.path / "data").glob(".*"))


def test_an_ingestion_that_is_killed_while_it_seals_leaves_nothing_and_the_next_one_is_whole(
    reviews: Workspace, own_home: Path
) -> None:
    count = 12_000
    bring_in_parts(reviews, [review(number) for number in range(count)], 1000)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "FLYWHEEL_HOME": str(own_home)}
    child = subprocess.Popen([sys.executable, "-m", "pipelines.ingest"], cwd=reviews.path, env=environment)
    while child.poll() is None and not list((reviews.path / "data").glob(".raw.*.drafts/*.parquet")):
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not parts(reviews.raw)
    assert describe(reviews.raw) is None
    found = reviews.run(ingest)
    assert (found.added, found.rows) == (count, count)
    assert not list((reviews.path / "data").glob(".*.drafts"))


def test_another_key_store_is_refused_before_all_rows_stand_there_twice(
    reviews: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    before = image(reviews.path / "data")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("FLYWHEEL_HOME", str(tmp_path / "another-home"))
        for rows in (ROWS, [*ROWS, review(99)]):
            reviews.bring(rows)
            with pytest.raises(SealError, match="has no key for a sealed row") as caught:
                reviews.run(ingest)
            lines(caught.value)
    assert image(reviews.path / "data") == before
    assert reviews.run(ingest).added == 1


def test_a_data_set_of_which_everybody_was_forgotten_goes_on(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    reviews.vault.forget(subjects(reviews.raw))
    reviews.bring([review(99, user="somebody new")])
    assert reviews.run(ingest).added == 1


def test_two_ingestions_at_once_do_not_write_over_each_other(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    with holding(reviews.path, "ingestion"), pytest.raises(BusyError, match="Another ingestion") as caught:
        reviews.run(ingest)
    lines(caught.value)
    assert not parts(reviews.raw)
    assert reviews.run(ingest).added == len(ROWS)


def test_a_withdrawal_on_the_last_line_counts_for_the_rows_before_it(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    later = [review(10, user="user1"), review(11, user="somebody new"), review(12, user="user1", consent="no")]
    bring_in_parts(reviews, later, 1)
    found = reviews.run(ingest)
    assert (found.added, found.suppressed, found.without_consent, found.gone) == (1, 1, 1, 1)
    assert "user1" not in users(reviews)
    reviews.bring([review(13, user="user1")], "back.csv")
    assert reviews.run(ingest).gone == 0
    assert users(reviews).count("user1") == 2


def test_who_is_patient_waits_for_the_workspace_and_who_is_not_is_told(reviews: Workspace) -> None:
    hold = (
        "import sys, time; from pathlib import Path; from pipelines.workspace import holding\n"
        "with holding(Path(sys.argv[1])): print('held', flush=True); time.sleep(3)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(reviews.path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match="Another run"), holding(reviews.path):
            pass
        with holding(reviews.path, patience=600):
            assert other.poll() is not None or other.wait(timeout=5) == 0


def test_two_data_sets_do_not_share_a_ledger(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    before = image(reviews.path / "data")
    reviews.set("record", reviews.parameters["record"] | {"name": "others"})
    with pytest.raises(ParameterError, match=r"data set 'reviews'(.|\n)*FLYWHEEL_LEDGER") as caught:
        reviews.run(ingest)
    lines(caught.value)
    assert image(reviews.path / "data") == before
