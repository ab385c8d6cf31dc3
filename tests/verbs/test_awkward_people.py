"""People as sources name them: twice, not at all, with and without consent, forgotten in the middle of a run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import workspaces
from workspaces import HEADER, Workspace, lines, review, write_csv

from pipelines.consents import Consents
from pipelines.custody import sealed_files
from pipelines.errors import ParameterError, RecordError, WorldError
from pipelines.expectations import never_asked
from pipelines.feedback import Collected, FeedbackStore
from pipelines.ingest import ingest
from pipelines.raw import gone, table_of
from pipelines.record import parse_record
from pipelines.retention import expire
from pipelines.unlinking import renamed
from pipelines.validate import validate

PATHS = ("data/raw", "data/validated", "data/report/validation")


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")


def people(workspace: Workspace) -> dict[str, str]:
    """The text of each row, and whose it is."""
    rows = workspace.opened()
    return dict(zip(rows["text"], rows["subject"], strict=True))


def test_a_person_is_one_however_their_name_is_padded_or_numbered(reviews: Workspace) -> None:
    record = workspaces.small_reviews()["record"]
    record["columns"]["user"] |= {"type": "integer"}
    reviews.set("record", record)
    reviews.bring([review(1, user="7"), review(2, user="7.0"), review(3, user=" 7 "), review(4, user="70")])
    reviews.run(ingest)
    assert len(set(people(reviews).values())) == 2
    assert reviews.vault.pseudonym(" 7") in people(reviews).values()


def test_who_is_named_by_nothing_is_nobody_else(reviews: Workspace) -> None:
    record = workspaces.small_reviews()["record"]
    record["columns"]["user"] |= {"required": False, "missing": ["NULL"]}
    reviews.set("record", record)
    reviews.bring([review(n, user=name) for n, name in enumerate(["NULL", " ", "NULL", "", "ann"])])
    reviews.run(ingest)
    assert len(set(people(reviews).values())) == 5


def test_who_refuses_at_the_end_of_a_source_is_not_learnt_from_its_beginning(reviews: Workspace) -> None:
    rows = [review(1, user="ann"), review(2, user="bob"), review(3, user="ann", consent="no")]
    reviews.bring([*rows, review(4, user="bob", consent="no"), review(5, user="bob")])
    reviews.run(ingest)
    assert set(people(reviews).values()) == {reviews.vault.pseudonym("bob")}
    assert gone(reviews.raw) == {reviews.vault.pseudonym("ann")}
    before = reviews.run(ingest)
    assert (before.added, before.gone) == (0, 1)


def test_keys_of_people_who_withdrew_go_with_their_last_row_as_well(reviews: Workspace) -> None:
    reviews.bring([review(1, user="ann", at=ago(400)), review(2, user="bob", at=ago(10))])
    reviews.run(ingest)
    ann = reviews.vault.pseudonym("ann")
    FeedbackStore(reviews.environment, reviews.record, reviews.vault).consents.say([ann], given=False, by="person")
    reviews.run(ingest)
    assert gone(reviews.raw) == {ann}
    vault = reviews.vault
    assert vault.keys.find([ann])
    assert expire(reviews.raw, reviews.record, 365, vault, reviews.ledger, reviews.environment)
    assert not vault.keys.find([ann])
    assert vault.keys.find([vault.pseudonym("bob")])


def test_a_key_that_came_back_while_rows_were_read_is_destroyed_again(reviews: Workspace) -> None:
    reviews.bring([review(1, user="ann"), review(2, user="bob")])
    reviews.run(ingest)
    vault = reviews.vault
    ann = vault.pseudonym("ann")
    vault.forget({ann})
    vault.keys.ensure([ann])  # as a reader does that asked who is held back a moment before
    reviews.run(ingest)
    assert not reviews.vault.keys.find([ann])


def test_who_is_forgotten_after_their_rows_were_opened_has_none_behind_the_anonymiser(reviews: Workspace) -> None:
    reviews.bring([review(1, user="ann"), review(2, user="bob")])
    reviews.run(ingest)
    rows = reviews.opened().select("row", "subject", "origin", "text")
    reviews.vault.forget({reviews.vault.pseudonym("ann")})
    assert renamed(rows, reviews.vault).height == 1


def test_answers_pass_without_what_no_user_can_be_asked_for(reviews: Workspace) -> None:
    record = workspaces.small_reviews()["record"]
    record["columns"]["order"] = {"type": "integer"}
    record["columns"]["channel"] = {"type": "category"}
    reviews.set("record", record)
    assert never_asked(reviews.record) == {"order", "channel"}
    write_csv(
        reviews.path / "source.csv", [[*review(n), str(n), "web"] for n in range(9)], (*HEADER, "order", "channel")
    )
    reviews.set("ingest", {"source": "source.csv"})
    store = FeedbackStore(reviews.environment, reviews.record, reviews.vault)
    items = store.collect([("a", dict(zip(HEADER, review(99), strict=True)))])
    with store.together() as take:
        for item in items:
            assert isinstance(item, Collected)
            assert take(item) == "stored"
    reviews.run(ingest)
    reviews.run(validate, *PATHS)
    verdicts = pl.concat([pl.read_parquet(path) for path in (reviews.path / "data/validated").rglob("*.parquet")])
    opened = reviews.opened().filter(pl.col("origin") == "feedback")["row"]
    assert verdicts.filter(pl.col("row").is_in(opened.implode()))["accepted"].to_list() == [True]


def test_files_that_are_splits_want_a_column_that_says_so(reviews: Workspace) -> None:
    for name in ("train.csv", "test.csv"):
        write_csv(reviews.path / name, [review(n) for n in range(3)])
    reviews.set("ingest", {"source": ".", "files": {"train.csv": "train", "test.csv": "test"}})
    with pytest.raises(ParameterError, match="no column has the role `split`") as caught:
        reviews.run(ingest)
    lines(caught.value)


@pytest.mark.parametrize("name", ["subject", "row", "origin", "key", "place", "bucket", "part", "person"])
def test_a_column_that_is_called_as_one_of_ours_is_refused_before_anything_is_read(name: str) -> None:
    columns = {name: {"type": "text", "role": "text"}, "mood": {"type": "category", "role": "label"}}
    with pytest.raises(RecordError, match=f"called '{name}', as one of our own") as caught:
        parse_record({"columns": columns})
    assert "rename it" in lines(caught.value)[2]


def test_a_file_that_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    rows = table_of([])
    rows.write_parquet(tmp_path / "whole.parquet")
    assert list(sealed_files(tmp_path)) == [tmp_path / "whole.parquet"]
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:40])
    with pytest.raises(WorldError, match=r"cut\.parquet could not be looked into") as caught:
        list(sealed_files(tmp_path))
    lines(caught.value)


def test_what_a_thousand_people_say_at_once_is_heard_of_each_and_chained(reviews: Workspace) -> None:
    consents = Consents(reviews.ledger, "reviews")
    people = [f"{number:032x}" for number in range(1203)]
    assert consents.say(people[:2], given=False, by="person") == 2
    assert consents.say(people, given=False, by="source") == 1201
    assert set(consents.withdrawn()) == set(people)
    assert consents.say(people, given=True, by="source") == 1201  # who said it in person is not overruled
    assert consents.withdrawn() == dict.fromkeys(people[:2], "person")
    assert len(reviews.ledger.all("consent")) == 2 + 1201 + 1201
    assert reviews.ledger.verify() is None
