"""Rows that come again after `record` lists other columns: refused before they stand there twice."""

import pytest
from workspaces import Workspace, image, lines, review

from pipelines.errors import DataError
from pipelines.ingest import ingest

ROWS = [review(number, text=f"text {number}") for number in range(6)]


def list_columns(workspace: Workspace, *, without: str = "", key: str = "") -> None:
    parameters = workspace.parameters
    columns = {name: dict(column) for name, column in parameters["record"]["columns"].items() if name != without}
    if key:
        columns[key]["role"] = "key"
    workspace.set("record", parameters["record"] | {"columns": columns})


def test_rows_come_again_without_a_column_and_are_refused_and_nothing_changes(reviews: Workspace) -> None:
    reviews.bring(ROWS)
    reviews.run(ingest)
    before = image(reviews.raw)
    list_columns(reviews, without="city")
    with pytest.raises(DataError, match=r"6 of 6 rows were stored when .* \(city\), and would stand there") as caught:
        reviews.run(ingest)
    lines(caught.value)
    assert image(reviews.raw) == before


def test_rows_come_again_with_another_column_and_are_refused(reviews: Workspace) -> None:
    whole = reviews.parameters["record"]
    list_columns(reviews, without="city")
    reviews.bring(ROWS)
    reviews.run(ingest)
    reviews.set("record", whole)
    with pytest.raises(DataError, match=r"\(city\), and would stand there twice"):
        reviews.run(ingest)
    list_columns(reviews, without="city")
    assert reviews.run(ingest).added == 0


def test_a_delivery_of_other_rows_may_bring_another_column(reviews: Workspace) -> None:
    whole = reviews.parameters["record"]
    list_columns(reviews, without="city")
    reviews.bring(ROWS)
    reviews.run(ingest)
    reviews.set("record", whole)
    reviews.bring([*ROWS[:3], *(review(number, text=f"text {number}") for number in range(10, 20))])
    told = reviews.run(ingest)
    assert (told.added, told.rows) == (13, 19)


def test_a_key_that_is_said_beside_lets_later_rows_take_the_place_of_earlier_ones(reviews: Workspace) -> None:
    whole = reviews.parameters["record"]
    list_columns(reviews, without="age")
    reviews.bring([review(number, city=f"k{number}") for number in range(6)])
    reviews.run(ingest)
    reviews.set("record", whole)
    list_columns(reviews, key="city")
    told = reviews.run(ingest)
    assert (told.added, told.superseded, told.restated) == (6, 6, 6)
    assert reviews.opened().height == 6
