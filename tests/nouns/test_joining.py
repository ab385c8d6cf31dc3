"""Several columns of a source as one text: joined as they arrive, and proposed where one stands above the other."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from arriving import told, written
from proposed import chinese, doubts, entry, look, made, roles, sentence, table

from pipelines.arriving import Sample, find_source
from pipelines.errors import SourceError
from pipelines.proposing.writing import parameters_of
from pipelines.record import Column, Record
from pipelines.sources.dialect import Dialect
from pipelines.sources.joining import join_row, joined_as

JOIN = {"text": ("title", "body")}
NEWS = Record("news", (Column("text", "text", "text"), Column("topic", "category", "label")))


def arrived(path: Path, join: dict[str, tuple[str, ...]] = JOIN, record: Record = NEWS) -> list[dict[str, str | None]]:
    arriving = find_source(path.parent, path.name, Sample(), None, None, None, Dialect(joined=joined_as(join)))
    return [row for frame in arriving.frames(record) for row in frame.to_dicts()]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_each_part_stands_on_lines_of_its_own_and_a_missing_one_on_none(tmp_path: Path, suffix: str) -> None:
    cells = [("Up", "Shares rose.", "trade"), ("", "Rain.", "weather"), ("Down", "", "trade"), ("", "", "other")]
    if suffix == "csv":
        path = table(tmp_path / "a.csv", ["title", "body", "topic"], cells)
    else:
        objects = [dict(zip(("title", "body", "topic"), row, strict=True)) for row in cells]
        path = written(tmp_path / "a.jsonl", "".join(f"{json.dumps(each)}\n" for each in objects))
    assert [row["text"] for row in arrived(path)] == ["Up\nShares rose.", "Rain.", "Down", None]
    assert [row["topic"] for row in arrived(path)] == ["trade", "weather", "trade", "other"]


def test_a_text_may_be_a_part_of_itself_and_a_part_may_be_a_column_too(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ["title", "text"], [("Up", "Shares rose.")])
    record = Record("news", (Column("title", "text"), Column("text", "text", "text")))
    assert arrived(path, {"text": ("title", "text")}, record) == [{"title": "Up", "text": "Up\nShares rose."}]


def test_a_part_that_the_source_lacks_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ["title", "topic"], [("Up", "trade")])
    with pytest.raises(SourceError, match="body"):
        arrived(path)


def test_other_parts_are_another_content(tmp_path: Path) -> None:
    table(tmp_path / "a.csv", ["title", "body", "topic"], [("Up", "Shares rose.", "trade")])
    dialects = [Dialect(joined=joined_as(join)) for join in (JOIN, {"text": ("body", "title")}, None)]
    contents = {find_source(tmp_path, "a.csv", Sample(), None, None, None, each).content for each in dialects}
    assert len(contents) == 3


@pytest.mark.parametrize("parts", [(), ("title",), ("title", "title")])
def test_a_text_of_one_column_alone_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(SourceError, match=r"`ingest\.join\.text` in params\.yaml names no two columns"):
        joined_as({"text": parts})


@pytest.mark.parametrize("name", ["topic", "summary"])
def test_what_is_joined_must_be_a_text_of_the_record(tmp_path: Path, name: str) -> None:
    path = table(tmp_path / "a.csv", ["title", "body", "topic"], [("Up", "Shares rose.", "trade")])
    with pytest.raises(SourceError) as caught:
        arrived(path, {name: ("title", "body")})
    assert "makes a column that `record` has not, or not as text" in told(caught.value, path)


def test_the_columns_of_a_database_are_joined_by_its_query(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Fix: write for example `SELECT"):
        find_source(tmp_path, "sqlite:///a.db", Sample(), None, None, None, Dialect(joined=joined_as(JOIN)))


def test_a_row_that_has_the_whole_text_already_keeps_it() -> None:
    joined = joined_as(JOIN)
    assert join_row({"text": "whole", "title": None, "body": None}, joined)["text"] == "whole"
    assert join_row({"text": None, "title": "Up", "body": "Shares"}, joined)["text"] == "Up\nShares"


def news(dice: random.Random, place: int) -> Sequence[object]:
    return [f"about {sentence(dice, good=place % 2 == 0)}", sentence(dice, good=place % 2 == 0), place % 2]


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        (["Title", "Description", "label"], ["Title", "Description"]),
        (["review", "summary", "label"], ["review", "summary"]),
        (["question1", "question2", "label"], ["question1", "question2"]),
        (["标题", "内容", "label"], ["标题", "内容"]),
        (None, ["column_1", "column_2"]),
    ],
)
def test_a_title_and_what_stands_below_it_are_proposed_as_one_text(
    tmp_path: Path, header: Sequence[str] | None, parts: list[str]
) -> None:
    found = look(table(tmp_path / "a.csv", header, made(300, news)))
    text = roles(found)["text"]
    assert parameters_of(found, "a.csv")["ingest"]["join"] == {text: parts}
    assert text in parts
    assert {column.name for column in found.columns} & set(parts) == {text}
    assert "(`ingest.join`)" in doubts(found, text)


def test_the_bounds_of_a_joined_text_are_those_of_the_whole(tmp_path: Path) -> None:
    rows = made(300, lambda dice, n: ["a title " * 20, chinese(dice, good=True) * 12, n % 2])
    rows = [[f"{title}{place}", *rest] for place, (title, *rest) in enumerate(rows)]
    found = look(table(tmp_path / "a.csv", ["title", "body", "label"], rows))
    longest = max(len(f"{row[0]}\n{row[1]}") for row in rows)
    assert int(str(entry(found, roles(found)["text"])["max"])) >= longest


def test_texts_that_do_not_belong_together_stay_apart(tmp_path: Path) -> None:
    """As the words of a text that somebody chose, which tell what is to be learnt from all of it."""
    found = look(table(tmp_path / "a.csv", ["text", "selected_text", "label"], made(300, news)))
    assert "join" not in parameters_of(found, "a.csv")["ingest"]
    assert "another text" in doubts(found, "selected_text")
