"""Characters that nobody sees: made harmless and counted, or refused where the file is read; and formulas, counted."""

import ast
from pathlib import Path

import polars as pl
import pytest
from arriving import read, written
from hypothesis import given
from hypothesis import strategies as st
from workspaces import REPOSITORY, Workspace, review

from pipelines.ingest import ingest
from pipelines.sources.characters import SEEN, normalised

NOTHING: dict[str, int] = {}


def of(*cells: str | None) -> tuple[list[str | None], dict[str, int]]:
    frame, counts = normalised(pl.DataFrame({"text": cells}, {"text": pl.String}))
    return frame["text"].to_list(), dict(counts)


@pytest.mark.parametrize(
    ("cell", "stored", "counted"),
    [
        ("a\x07b\x0bc\x7f\x9f", "a b c  ", {"control": 4}),
        ("pay\u202egnp.exe\u202c \u2066x\u2069\u200f", "paygnp.exe x", {"bidi": 5}),
        ("pass\u200bword\ufeff\u00ad\u2060\U000e0041", "password", {"invisible": 5}),
        ("\u200b", None, {"invisible": 1}),
        ("a\tb\r\nc", "a\tb\r\nc", NOTHING),
        ("👩\u200d🔬 می\u200cخواهم", "👩\u200d🔬 می\u200cخواهم", NOTHING),
    ],
)
def test_each_class_of_unseen_characters_has_its_rule(cell: str, stored: str | None, counted: dict[str, int]) -> None:
    assert of(cell, None) == ([stored, None], counted)


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+SUM(A1)", "-x", "@SUM(A1)", "\t=1", "\r=1", "=1+1"])
def test_a_cell_like_a_formula_is_counted_and_stays_as_it_is(cell: str) -> None:
    assert of(cell) == ([cell], {"formulas": 1})


@pytest.mark.parametrize("cell", ["-1", "+3.5", "-1,000", "a=b", "x@y.z", ""])
def test_a_signed_number_is_no_formula(cell: str) -> None:
    assert of(cell) == ([cell], NOTHING)


@given(st.lists(st.text(), max_size=20))
def test_what_was_normalised_once_stays_so(cells: list[str]) -> None:
    once, _ = of(*cells)
    again, counts = of(*once)
    assert again == once
    assert not set(counts) & set(SEEN[:3])


@given(st.lists(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])), max_size=20))
def test_what_can_be_seen_is_never_touched(cells: list[str]) -> None:
    assert of(*cells)[0] == list(cells)


@pytest.mark.parametrize("cell", ["NA", "null", "None", "nan", "007", "1e5", "0x10", " 12", "TRUE", "1_000", "½"])
def test_what_other_readers_turn_into_numbers_or_nothing_stays_text(tmp_path: Path, cell: str) -> None:
    rows = read(written(tmp_path / "a.csv", f"id,text\n1,{cell}\n"), ["text"])
    assert normalised(pl.DataFrame(rows))[0]["text"].to_list() == [cell]


def test_an_ingestion_tells_and_records_what_it_made_harmless(reviews: Workspace) -> None:
    reviews.bring([review(1, text="a\u200bb"), review(2, text="=HYPERLINK(1)"), review(3, city="Pa\x07ris")])
    expected = {"control": 1, "invisible": 1, "formulas": 1}
    assert reviews.run(ingest).characters == expected
    assert reviews.opened()["text"].to_list()[:2] == ["ab", "=HYPERLINK(1)"]
    assert reviews.run(ingest).characters == expected


def test_nothing_of_ours_writes_a_csv_that_a_spreadsheet_could_run() -> None:
    """There is no CSV export. Whoever writes the first one has to escape the cells that FORMULA finds."""
    writers = {"to_csv", "write_csv", "sink_csv", "DictWriter", "savetxt"}
    code = [
        path for part in ("pipelines", "flows", "service", "flywheel") for path in (REPOSITORY / part).rglob("*.py")
    ]
    assert len(code) > 50
    assert not [path.name for path in code if _calls(path) & {*writers, "csv.writer"}]


def _calls(path: Path) -> set[str]:
    attributes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)]
    return {node.attr for node in attributes} | {ast.unparse(node) for node in attributes}


BIDI = [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
CONTROLS = [code for code in [*range(1, 32), *range(127, 160)] if chr(code) not in "\t\n\r"]


def test_no_character_of_a_class_is_left_out() -> None:
    assert of("a" + "".join(map(chr, BIDI)) + "b") == (["ab"], {"bidi": len(BIDI)})
    assert of("a" + "".join(map(chr, CONTROLS)) + "b") == (
        ["a" + " " * len(CONTROLS) + "b"],
        {"control": len(CONTROLS)},
    )
