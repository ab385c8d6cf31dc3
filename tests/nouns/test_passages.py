"""Texts without columns: lines or paragraphs, each whole, and nothing else."""

import re
from pathlib import Path

import pytest
from arriving import SECRET, read, refusal, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.sources import SourceFile, read_frames

VERSE = "O for a Muse of fire,\nthat would ascend\n\n\nThe brightest heaven\r\n \t\nof invention!"
PROSE = st.text(st.sampled_from("ab 好\t\n\r"), max_size=60)


def passages(path: Path, format: str, encoding: str | None = None) -> list[str | None]:
    return [row["text"] for row in read(path, ["text"], ["text"], format, encoding)]


def test_blank_lines_part_paragraphs_which_keep_their_own_line_ends(tmp_path: Path) -> None:
    path = written(tmp_path / "verse.txt", VERSE)
    assert passages(path, "paragraphs") == [
        "O for a Muse of fire,\nthat would ascend",
        "The brightest heaven",
        "of invention!",
    ]


def test_each_line_is_a_text_and_blank_ones_are_none(tmp_path: Path) -> None:
    found = passages(written(tmp_path / "verse.txt", VERSE), "lines")
    assert found == ["O for a Muse of fire,", "that would ascend", "The brightest heaven", "of invention!"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PROSE.filter(str.strip), st.sampled_from(["lines", "paragraphs"]))
def test_no_letter_is_lost_and_none_is_read_twice(tmp_path: Path, prose: str, format: str) -> None:
    found = passages(written(tmp_path / "prose.txt", prose), format)
    assert "".join("".join(text or "" for text in found).split()) == "".join(prose.split())
    unix = prose.replace("\r\n", "\n").replace("\r", "\n")
    parted = re.split(r"\n[ \t]*\n" if format == "paragraphs" else r"\n", unix)
    assert len(found) == len([part for part in parted if part.strip()])


def test_another_character_set_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes("天下大势\n\n分久必合".encode("gb18030"))
    assert passages(path, "paragraphs", "gb18030") == ["天下大势", "分久必合"]
    assert "is not UTF-8" in refusal(path, ["text"], ["text"], "lines")


def test_frames_are_of_the_same_rows(tmp_path: Path) -> None:
    path = written(tmp_path / "verse.txt", VERSE)
    (frame,) = read_frames(SourceFile(path, None), ["text", "other"], ["text"], "lines", None)
    assert frame["text"].to_list() == passages(path, "lines")
    assert frame["other"].null_count() == frame.height


@pytest.mark.parametrize("format", ["lines", "paragraphs"])
@pytest.mark.parametrize(
    ("content", "columns", "said"),
    [
        (" \n\n", ["text"], "a.txt has no rows."),
        (SECRET, ["text", "label"], "column 'label' is missing from a.txt."),
        (f"{SECRET}\x00", ["text"], "a.txt has a NUL character on line 1."),
        (SECRET + "x" * 10_000_001, ["text"], "text 1 of a.txt has more than 10,000,000 characters."),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, format: str, content: str, columns: list[str], said: str) -> None:
    path = written(tmp_path / "a.txt", content)
    assert said in refusal(path, columns, columns, format)


def test_a_book_without_a_blank_line_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", ("x" * 99_999 + "\n") * 600 + "\x00")  # the end would be refused otherwise
    assert "has more than 10,000,000 characters" in refusal(path, ["text"], ["text"], "paragraphs")
