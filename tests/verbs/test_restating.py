"""Rows that are stored, once `record` says otherwise whose they are: nobody stays who could not be forgotten."""

import shutil
from typing import Any

import polars as pl
import pytest
import workspaces
from workspaces import ACCESS, HEADER, Workspace, image, lines, review, write_csv

from pipelines.errors import DataError
from pipelines.feedback import Answer, FeedbackStore, Shown
from pipelines.ingest import Ingested, ingest
from pipelines.raw import open_rows, parts, released, superseded
from pipelines.versions import describe, restore

ROWS = [review(1, user="ann"), review(2, user="bob"), review(3, user="ann"), review(4, user=""), review(5, user="cat")]


def columns(**changed: dict[str, Any]) -> dict[str, Any]:
    """The record of reviews, in which these columns are otherwise."""
    record = workspaces.small_reviews()["record"]
    for name, content in changed.items():
        record["columns"][name] = content
    return record


NOBODY = {"user": {"type": "category", "required": False}}
PEOPLE = {"user": {"type": "category", "role": "subject", "required": False, "privacy": "identifier"}}


def opened(workspace: Workspace, **which: Any) -> pl.DataFrame:
    return open_rows(workspace.raw, workspace.record, workspace.vault, ACCESS, **which)


def owners(workspace: Workspace) -> list[str]:
    return list(workspace.opened()["subject"])


@pytest.fixture
def nameless(reviews: Workspace) -> Workspace:
    """Rows that were taken in while nobody had said which column names people."""
    reviews.set("record", columns(**NOBODY))
    reviews.bring(ROWS)
    reviews.run(ingest)
    assert owners(reviews) == list(reviews.opened()["row"])
    return reviews


def test_rows_become_those_of_the_people_whom_the_record_names_now(nameless: Workspace) -> None:
    before = nameless.opened()
    nameless.set("record", columns(**PEOPLE))
    found: Ingested = nameless.run(ingest)
    assert (found.restated, found.added, found.rows, found.changed) == (5, 0, 5, True)
    after, name = nameless.opened(), nameless.vault.pseudonym
    assert after.drop("subject").equals(before.drop("subject"))
    assert after["subject"].to_list() == [name("ann"), name("bob"), name("ann"), after["row"][3], name("cat")]
    again: Ingested = nameless.run(ingest)
    assert (again.restated, again.changed) == (0, False)


def test_who_can_be_named_now_can_be_forgotten_in_every_version(nameless: Workspace) -> None:
    (old,) = parts(nameless.raw)
    kept = nameless.path / "old.parquet"
    shutil.copy(old, kept)
    nameless.set("record", columns(**PEOPLE))
    nameless.run(ingest)
    assert opened(nameless, only=[kept]).height == 1  # nobody is named in one row: it is its own as before
    nameless.vault.forget({nameless.vault.pseudonym("ann")})
    assert set(nameless.opened()["user"]) == {"bob", None, "cat"}


def test_who_refused_or_was_forgotten_is_not_taken_along(nameless: Workspace) -> None:
    nameless.vault.forget({nameless.vault.pseudonym("ann"), owners(nameless)[1]})
    nameless.set("record", columns(**PEOPLE))
    nameless.run(ingest)
    assert nameless.opened()["user"].to_list() == [None, "cat"]
    nameless.run(ingest)  # the source still holds them
    assert nameless.opened()["user"].to_list() == [None, "cat"]


def test_who_does_not_consent_by_a_column_that_says_so_now_is_let_go(reviews: Workspace) -> None:
    reviews.set("record", columns(consent={"type": "category", "required": False}))
    reviews.bring([review(1, user="ann"), review(2, user="bob", consent="no"), review(3, user="cat", consent="")])
    reviews.run(ingest)
    assert reviews.opened().height == 3
    reviews.set("record", columns())
    found: Ingested = reviews.run(ingest)
    assert (found.restated, found.rows) == (1, 1)
    assert reviews.opened()["user"].to_list() == ["ann"]
    assert not reviews.vault.keys.find([reviews.vault.pseudonym("bob"), reviews.vault.pseudonym("cat")])


def test_a_key_that_is_named_later_lets_the_last_row_stand(reviews: Workspace) -> None:
    reviews.bring([review(1, user="ann", city="Rome"), review(2, user="bob"), review(3, user="ann", city="Rome")])
    reviews.run(ingest)
    reviews.set("record", columns(city={"type": "category", "role": "key", "required": False}))
    write_csv(reviews.path / "source.csv", [review(9, user="eve", city="Oslo")])
    reviews.run(ingest)
    assert len(superseded(reviews.raw)) == 1
    assert reviews.opened()["user"].to_list() == ["bob", "ann", "eve"]


def test_a_role_that_is_taken_away_makes_nobody_harder_to_forget(reviews: Workspace) -> None:
    reviews.bring(ROWS[:3])
    reviews.run(ingest)
    before = owners(reviews)
    reviews.set("record", columns(**NOBODY))
    found: Ingested = reviews.run(ingest)
    assert (found.restated, owners(reviews)) == (0, before)
    reviews.set("record", columns(**NOBODY, city={"type": "category", "role": "key", "required": False}))
    found = reviews.run(ingest)
    assert found.restated == 3
    assert set(owners(reviews)) <= set(before)


def test_a_column_that_was_never_stored_is_asked_for(reviews: Workspace) -> None:
    record = columns(**NOBODY)
    record["columns"].pop("user")
    reviews.set("record", record)
    reviews.bring(ROWS)
    reviews.run(ingest)
    before = image(reviews.path / "data")
    reviews.set("record", columns(**PEOPLE))
    with pytest.raises(DataError, match=r"`user` the role `subject`(.|\n)*remove data/raw") as caught:
        reviews.run(ingest)
    lines(caught.value)
    assert image(reviews.path / "data") == before


def test_answers_of_users_stay_theirs_and_nobodys_become_those_of_whom_they_name(nameless: Workspace) -> None:
    store = FeedbackStore(nameless.environment, nameless.record, nameless.vault)
    for name, subject in (("of a user", "dan"), ("of nobody", "of nobody")):
        values = dict(zip(HEADER, review(7, user="ann", text=name), strict=True)) | {"mood": None}
        store.show([Shown(name, 1, "bad", {"bad": 0.5, "good": 0.5}, nameless.vault.pseudonym(subject), values)])
        store.answer(Answer(f"key of {name}", name, label="good"))
    nameless.run(ingest)
    nameless.set("record", columns(**PEOPLE))
    nameless.run(ingest)
    brought = nameless.opened().filter(origin="feedback")
    assert brought["subject"].to_list() == [nameless.vault.pseudonym("dan"), nameless.vault.pseudonym("ann")]


def test_what_was_killed_before_it_was_recorded_is_recorded_by_the_next(nameless: Workspace) -> None:
    recorded = (nameless.path / "data" / "raw.dvc").read_text("utf-8")
    nameless.set("record", columns(**PEOPLE))
    nameless.run(ingest)
    done = describe(nameless.raw)
    (nameless.path / "data" / "raw.dvc").write_text(recorded, "utf-8")  # as if the recording had not been reached
    nameless.run(ingest)
    assert describe(nameless.raw)[0] == done[0]  # type: ignore[index]
    restore(nameless.path, nameless.raw)
    assert released(nameless.raw)
