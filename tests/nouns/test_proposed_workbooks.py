"""What is proposed for Excel workbooks: the sheets with the rows, below their titles."""

from datetime import datetime
from pathlib import Path

import pytest
from books import Rows, book
from proposed import chinese, look, made, roles, table

from pipelines.errors import SourceError

HEADER = ["用户编号", "评论内容", "下单时间", "情感"]


def reviews(count: int = 300, first: int = 0) -> list[list[object]]:
    return [
        list(row)
        for row in made(
            count,
            lambda dice, place: [
                f"客{first + place % 90:04}",
                f"{chinese(dice, good=place % 2 == 0)}{first}",
                datetime(2024, 5, 1 + place % 28, 12, 30),
                "好评" if place % 2 == 0 else "差评",
            ],
        )
    ]


def test_a_report_with_a_title_is_proposed_as_the_table_below_it(tmp_path: Path) -> None:
    rows: Rows = [["2024年5月评论汇总"], [], HEADER, *reviews()]
    found = look(book(tmp_path / "评论.xlsx", {"五月": rows}, lambda made: made["五月"].merge_cells("A1:D1")))
    assert roles(found) == {"label": "情感", "text": "评论内容", "subject": "用户编号", "time": "下单时间"}
    assert found.found.settings == {}
    assert found.sampled.read == 300


def test_sheets_with_the_same_columns_are_read_together_and_others_left_out(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {
        "说明": [["联系人", "电话"], ["王小明", "13800138000"]],
        "五月": [HEADER, *reviews()],
        "六月": [HEADER, *reviews(200, 300)],
    }
    found = look(book(tmp_path / "评论.xlsx", sheets))
    assert found.found.settings == {"sheets": ["五月", "六月"]}
    assert found.sampled.read == 500
    assert any("'说明': left out" in doubt for doubt in found.doubts)
    del sheets["说明"]
    assert look(book(tmp_path / "两月.xlsx", sheets)).found.settings == {}


def test_a_sheet_without_a_header_has_numbered_columns(tmp_path: Path) -> None:
    found = look(book(tmp_path / "a.xlsx", {"S": reviews()}))
    assert found.found.settings == {"header": ["column_1", "column_2", "column_3", "column_4"]}
    assert roles(found)["label"] == "column_4"
    assert found.sampled.read == 300


def test_a_workbook_by_another_name_is_declared(tmp_path: Path) -> None:
    found = look(book(tmp_path / "export.xlsx", {"S": [HEADER, *reviews()]}).rename(tmp_path / "export.data"))
    assert found.found.settings == {"format": "excel"}


def test_workbooks_of_a_folder_belong_together(tmp_path: Path) -> None:
    book(tmp_path / "train.xlsx", {"S": [HEADER, *reviews()]})
    book(tmp_path / "test.xlsx", {"S": [HEADER, *reviews(60, 500)]})
    book(tmp_path / "~$train.xlsx", {"S": [["x"], [1]]})
    assert look(tmp_path).found.settings == {"files": {"train.xlsx": "train", "test.xlsx": "test"}}


@pytest.mark.parametrize(
    ("content", "said", "fix"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "an old Excel workbook (.xls), or one with a password", "save it as .xlsx"),
        (None, "without a cell", "one row per example"),
        (b"PK\x03\x04 and nothing else", "a ZIP archive or an Excel workbook", "unpack an archive"),
    ],
)
def test_what_is_no_table_of_excel_is_told(tmp_path: Path, content: bytes | None, said: str, fix: str) -> None:
    path = tmp_path / "a.xlsx"
    if content is None:
        book(path, {"S": []})
    else:
        path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        look(path)
    what, _, remedy = str(caught.value).split("\n")
    assert said in what
    assert fix in remedy


def test_numbers_that_a_spreadsheet_shortened_are_told(tmp_path: Path) -> None:
    numbers = [f"{1 + place / 1000:.5f}E+17" for place in range(300)]
    rows = [[number, *row[1:]] for number, row in zip(numbers, reviews(), strict=True)]
    found = look(table(tmp_path / "a.csv", ["身份证号", *HEADER[1:]], rows))
    doubts = {column.name: column.doubts for column in found.columns}
    assert any("a spreadsheet shortened its numbers" in doubt for doubt in doubts["身份证号"])
    assert not any("shortened" in doubt for name in HEADER[1:] for doubt in doubts[name])
    physics = [[f"{place % 9 + 1}.5e{place % 20 + 3}", *row[1:]] for place, row in enumerate(reviews())]
    found = look(table(tmp_path / "b.csv", ["energy", *HEADER[1:]], physics))
    assert not any("shortened" in doubt for column in found.columns for doubt in column.doubts)
