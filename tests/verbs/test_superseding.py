"""Rows that share a key: the last one stands, those before it are history, and nothing grows by being read again."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from workspaces import Workspace, image, review

from pipelines.ingest import ingest
from pipelines.raw import keyed_rows, superseded


@pytest.fixture
def keyed(reviews: Workspace) -> Workspace:
    """Reviews whose city is their key: no other column is free to be one."""
    parameters = reviews.parameters
    parameters["record"]["columns"]["city"]["role"] = "key"
    reviews.set("record", parameters["record"])
    return reviews


def said(number: int, key: str, text: str, **changed: str) -> list[str]:
    return review(number, city=key, text=text, **changed)


def standing(workspace: Workspace) -> dict[str, str]:
    """What stands now, by key."""
    rows = workspace.opened()
    assert rows["city"].is_unique().all()
    return dict(zip(rows["city"].to_list(), rows["text"].to_list(), strict=True))


def test_a_corrected_row_stands_and_the_one_before_it_is_kept(keyed: Workspace) -> None:
    keyed.bring([said(1, "k1", "first"), said(2, "k2", "other")])
    before = keyed.run(ingest)
    parts = image(keyed.raw)
    keyed.bring([said(1, "k1", "corrected"), said(2, "k2", "other")])
    after = keyed.run(ingest)
    assert (after.added, after.known, after.superseded, after.rows) == (1, 1, 1, 3)
    assert standing(keyed) == {"k1": "corrected", "k2": "other"}
    assert after.version != before.version
    assert parts.items() < image(keyed.raw).items(), "what was there is never rewritten"


def test_what_was_corrected_back_stands_again_and_only_once(keyed: Workspace) -> None:
    for text in ("first", "second", "first"):
        keyed.bring([said(1, "k1", text)])
        told = keyed.run(ingest)
        assert (told.added, standing(keyed)) == (1, {"k1": text})
    keyed.bring([said(1, "k1", "first"), said(2, "k2", "new")])
    again = keyed.run(ingest)
    assert (again.added, again.known, again.superseded) == (1, 1, 0)


def test_of_rows_in_one_source_the_last_stands_and_a_longer_source_adds_only_what_is_new(keyed: Workspace) -> None:
    rows = [said(1, "k1", "first"), said(1, "k1", "second")]
    keyed.bring(rows)
    assert keyed.run(ingest).superseded == 1
    assert standing(keyed) == {"k1": "second"}
    keyed.bring([*rows, said(2, "k2", "more")])
    longer = keyed.run(ingest)
    assert (longer.added, longer.superseded) == (1, 0)
    keyed.bring([*rows, said(2, "k2", "more"), said(1, "k1", "third")])
    assert (keyed.run(ingest).added, standing(keyed)["k1"]) == (1, "third")


def test_an_unknown_row_before_the_last_is_history_and_does_not_stand(keyed: Workspace) -> None:
    keyed.bring([said(1, "k1", "late")])
    keyed.run(ingest)
    keyed.bring([said(1, "k1", "early"), said(1, "k1", "late")])
    keyed.run(ingest)
    assert standing(keyed) == {"k1": "late"}


def test_a_row_without_consent_supersedes_nothing(keyed: Workspace) -> None:
    keyed.bring([said(1, "k1", "first"), said(7, "k2", "of another")])
    keyed.run(ingest)
    keyed.bring([said(1, "k1", "first"), said(7, "k2", "changed", user="stranger", consent="no")])
    told = keyed.run(ingest)
    assert (told.without_consent, told.superseded, standing(keyed)["k2"]) == (1, 0, "of another")


def test_rows_without_a_key_are_rows_of_their_own(keyed: Workspace) -> None:
    keyed.bring([said(1, "", "one"), said(2, "", "two")])
    assert keyed.run(ingest).superseded == 0
    assert keyed.opened().height == 2


def test_what_a_kill_left_unnoted_is_noted_by_the_next_ingestion(keyed: Workspace) -> None:
    keyed.bring([said(1, "k1", "first")])
    keyed.run(ingest)
    keyed.bring([said(1, "k1", "second")])
    keyed.run(ingest)
    (note,) = keyed.raw.glob("superseded-*.json")
    note.unlink()
    assert keyed.run(ingest).superseded == 1
    assert standing(keyed) == {"k1": "second"}


deliveries = some.lists(
    some.lists(some.tuples(some.sampled_from("ab"), some.sampled_from("xyz")), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@pytest.mark.no_cover  # long, over lines that others count
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries)
def test_after_any_deliveries_the_last_of_each_key_stands_and_the_last_delivery_adds_nothing_twice(
    keyed: Workspace, deliveries: list[list[tuple[str, str]]]
) -> None:
    wanted: dict[str, Any] = {}
    for number, rows in enumerate(deliveries):
        keyed.bring([said(1, key, text) for key, text in rows])
        keyed.run(ingest)
        wanted |= dict(rows)
        assert {key: standing(keyed)[key] for key in wanted} == wanted, number
    count = keyed_rows(keyed.raw).height
    # The same rows under another fingerprint of the source, so that they are read once more.
    keyed.bring([said(1, key, text) for key, text in deliveries[-1]], name="again.csv")
    assert keyed.run(ingest).added == 0
    assert (keyed_rows(keyed.raw).height, standing(keyed).items() >= wanted.items()) == (count, True)
    assert len(superseded(keyed.raw)) == count - len(standing(keyed))
