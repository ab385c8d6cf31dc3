"""What is proposed where no column is named like a label: numbers at the end; and doubts about lists."""

import math
from pathlib import Path

import polars as pl
import pytest
from proposed import made, table

from pipelines.errors import SourceError
from pipelines.proposing.proposal import Proposal, propose


def proposed(path: Path, header: list[str], *, last: str) -> Proposal:
    """A table of the hour, two measures and, at its end, amounts, whole numbers, keys or places."""

    def row(dice: object, place: int) -> list[object]:
        load = 500 + 200 * math.sin(place / 4) + dice.gauss(0, 20)  # type: ignore[attr-defined]
        ends = {"amount": f"{load:.1f}", "whole": int(load), "key": 70_000 + place, "place": f"{load / 10:.4f}"}
        return [f"2024-01-{1 + place % 28:02}", f"{10 + place % 17}.5", 30 + place % 61, ends[last]]

    return propose(table(path, header, made(400, row)))


@pytest.mark.parametrize("last", ["amount", "whole"])
def test_numbers_in_the_last_column_are_estimated_where_nothing_else_is_a_label(tmp_path: Path, last: str) -> None:
    found = proposed(tmp_path / "a.csv", ["day", "temp", "humidity", "load_kw"], last=last)
    label = found.holder("label")
    assert label is not None
    assert label.name == "load_kw"
    assert any("by its place alone" in doubt for doubt in label.doubts)
    assert found.families == ("auto", "mlp", "linear")


@pytest.mark.parametrize(("name", "last"), [("number", "key"), ("longitude", "place"), ("customer_id", "amount")])
def test_keys_and_places_at_the_end_are_no_labels(tmp_path: Path, name: str, last: str) -> None:
    assert proposed(tmp_path / "a.csv", ["day", "temp", "humidity", name], last=last).holder("label") is None


@pytest.mark.parametrize("mark", ["|", ",", "、"])
def test_a_label_of_several_values_is_told(tmp_path: Path, mark: str) -> None:
    kinds = ["css", "git", "sql"]
    lists = [*kinds, mark.join(kinds[:2]), mark.join(kinds[1:]), mark.join(kinds)]
    rows = made(300, lambda dice, place: [f"how do we use it in case {dice.randrange(99)} of ours", lists[place % 6]])
    label = propose(table(tmp_path / "a.csv", ["question", "tags"], rows)).holder("label")
    assert label is not None
    assert any("look like lists of several" in doubt for doubt in label.doubts)


def test_names_of_classes_with_a_mark_in_them_are_no_lists(tmp_path: Path) -> None:
    kinds = ["Sci/Tech", "World", "Sports", "Arts, music", "Arts"]
    rows = made(300, lambda dice, place: [f"what they said in case {dice.randrange(99)} of ours", kinds[place % 5]])
    label = propose(table(tmp_path / "a.csv", ["text", "class"], rows)).holder("label")
    assert label is not None
    assert not any("lists" in doubt for doubt in label.doubts)


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_columns_of_lists_are_left_out_of_typed_files_as_of_json(tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame(
        {
            "text": [f"i feel {('good', 'bad')[place % 2]} in week {place}" for place in range(300)],
            "spans": [[place] for place in range(300)],
            "mood": [("good", "bad")[place % 2] for place in range(300)],
        }
    )
    path = tmp_path / f"moods.{suffix}"
    frame.write_parquet(path) if suffix == "parquet" else frame.write_ipc(path)
    found = propose(path)
    assert [column.name for column in found.columns] == ["text", "mood"]
    assert any(doubt.startswith("spans: holds lists or objects") for doubt in found.doubts)
    frame.select("spans").write_parquet(tmp_path / "nested.parquet")
    with pytest.raises(SourceError, match="lists and objects alone"):
        propose(tmp_path / "nested.parquet")


@pytest.mark.parametrize(
    "names", [("instruction", "input", "output"), ("指令", "输入", "输出"), ("prompt", "context", "completion")]
)
@pytest.mark.parametrize("about", [0, 3])
def test_instructions_and_their_answers_are_one_text_to_go_on(
    tmp_path: Path, names: tuple[str, str, str], about: int
) -> None:
    """What an instruction is about stands in every third row, or in none."""
    header = list(names)
    rows = made(
        300,
        lambda dice, place: [
            f"tell me all about the number {place} now",
            f"it is on page {dice.randrange(900)} of the book" if about and place % about == 0 else "",
            f"it is one more than {place - 1} and less than {dice.randrange(900, 9000)} I would say",
        ],
    )
    found = propose(table(tmp_path / "a.csv", header, rows))
    assert found.is_language
    assert found.found.settings["join"] == {names[2]: header if about else [names[0], names[2]]}


def test_what_helps_with_conversations_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"messages": [{"role": "user", "content": "hello"}]}\n' * 9, "utf-8")
    with pytest.raises(SourceError, match=r"write each as a text: `jq -c '\{text: \[\.messages\[\]\.content\]"):
        propose(tmp_path / "a.jsonl")
