"""Texts in files of their own: each is one row, with what its folders say of it."""

import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proposed import doubts, entry, look, roles
from workspaces import lines

from flywheel.inspecting import report
from pipelines.arriving import Arriving, Sample, find_source
from pipelines.errors import SourceError
from pipelines.record import parse_record

RECORD = parse_record(
    {
        "name": "films",
        "columns": {
            "text": {"type": "text", "role": "text"},
            "label": {"type": "category", "role": "label"},
            "file": {"type": "text", "required": False},
            "part": {"type": "category", "role": "split", "required": False},
        },
    }
)


def shelf(folder: Path, **texts: bytes) -> Path:
    """A folder with files by their places, of which `/` is written `__` and `.` is written `_0`."""
    for place, content in texts.items():
        path = folder / place.replace("__", "/").replace("_0", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def find(source: Path, encoding: str | None = None) -> Arriving:
    return find_source(Path("/"), str(source), Sample(), None, "documents", encoding)


def rows(found: Arriving) -> list[dict[str, str | None]]:
    return pl.concat(list(found.frames(RECORD))).to_dicts()


def told(found: Arriving) -> list[tuple[str | None, ...]]:
    return [(row["part"], row["label"], row["file"]) for row in rows(found)]


def refusal(source: Path, encoding: str | None = None) -> str:
    with pytest.raises(SourceError) as caught:
        rows(find(source, encoding))
    lines(caught.value)
    return str(caught.value)


def test_each_file_is_a_row_of_the_class_and_the_split_that_its_folders_name(tmp_path: Path) -> None:
    source = shelf(
        tmp_path / "films",
        train__pos__0_9_0txt=b"\xef\xbb\xbfA good one.\r\n\r\nSee it. \n",
        train__neg__1_2_0txt=b"  Dull\n",
        train__neg__README=b"ten thousand files",
        train__neg___0hidden=b"no",
        test__pos__10456=b"A post by its number",
        README=b"of the whole",
    )
    found = find(source)
    assert told(found) == [("test", "pos", "10456"), ("train", "neg", "1_2.txt"), ("train", "pos", "0_9.txt")]
    assert [row["text"] for row in rows(found)] == ["A post by its number", "Dull", "A good one.\n\nSee it."]
    assert found.provenance["files"] == 3
    before = found.content
    (source / "train" / "pos" / "0_9.txt").rename(source / "train" / "neg" / "0_9.txt")
    assert find(source).content != before


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (("news-train__a__1", "news-test__a__1"), [("test", "a", "1"), ("train", "a", "1")]),
        (("seg_train__seg_train__a__1", "seg_test__seg_test__a__1"), [("test", "a", "1"), ("train", "a", "1")]),
        (("unpacked__all__a__1", "unpacked__all__b__1"), [(None, "a", "1"), (None, "b", "1")]),
        # A train is a thing as a car is; and of classes that are called by tests none is a part.
        (("train__1", "car__1"), [(None, "car", "1"), (None, "train", "1")]),
        (("train__a__1",), [("train", "a", "1")]),
        (("test-pos__1", "test-neg__1"), [(None, "test-neg", "1"), (None, "test-pos", "1")]),
    ],
)
def test_folders_are_splits_where_all_of_them_are_called_so(
    tmp_path: Path, places: tuple[str, ...], expected: list[tuple[str | None, ...]]
) -> None:
    assert told(find(shelf(tmp_path / "source", **dict.fromkeys(places, b"text")))) == expected


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=60),
    st.sampled_from(["utf-8", "utf-16"]),
)
def test_a_text_arrives_whole_but_for_the_blanks_around_it(tmp_path: Path, text: str, encoding: str) -> None:
    source = shelf(tmp_path / "source", a__1=text.encode(encoding), b__1=b"other")
    read = rows(find(source))[0]["text"]
    assert re.sub(r"\s", "", read or "") == re.sub(r"\s", "", text)


def test_a_file_of_nothing_is_a_row_without_a_text_which_validate_holds_back(tmp_path: Path) -> None:
    assert [row["text"] for row in rows(find(shelf(tmp_path / "s", a__1=b" \n", b__1=b"x")))] == [None, "x"]


def test_other_encodings_are_declared_and_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    source = shelf(tmp_path / "s", a__1="房间很好".encode("gb18030"), b__2=b"plain")
    assert [row["text"] for row in rows(find(source, "gb18030"))] == ["房间很好", "plain"]
    assert "UTF-8" in refusal(source)
    assert "is not UTF-8" in refusal(source)


def test_a_folder_without_documents_and_a_link_out_of_it_are_refused(tmp_path: Path) -> None:
    elsewhere = shelf(tmp_path / "elsewhere", a__1=b"mine")
    source = shelf(tmp_path / "s", table_0csv=b"a,b\n1,2\n")
    (source / "a").symlink_to(elsewhere / "a", target_is_directory=True)
    assert "holds no documents" in refusal(source)
    assert "holds no documents" in refusal(source / "table.csv")


def test_documents_are_proposed_with_their_encoding_and_a_class_that_nothing_tests_is_told(tmp_path: Path) -> None:
    texts = {
        f"{part}__{label}__{number}_0txt": f"The café of number {number} is {label}, and its coffee too".encode(
            "cp1252"
        )
        for part, labels in (("train", ("neg", "pos", "unsup")), ("test", ("neg", "pos")))
        for label in labels
        for number in range(60)
    }
    found = look(shelf(tmp_path / "films", **texts, imdb_0vocab=b"the\nof\n", README=b"about"))
    assert roles(found) == {"label": "label", "text": "text"}
    assert entry(found, "label")["categories"] == ["neg", "pos", "unsup"]
    assert found.found.settings == {"format": "documents", "encoding": "cp1252"}
    assert found.splits == ("train", "test")
    assert "unsup: in no test part" in doubts(found)
    assert "text documents by class in cp1252; 300 files" in report(found, "films", 100)


def test_tables_and_more_plain_text_beside_folders_are_what_is_proposed(tmp_path: Path) -> None:
    texts = {f"{label}__{number}": b"one of many" for label in "ab" for number in range(5)}
    table = "text,label\n" + "".join(f"this is text number {n},{'ab'[n % 2]}\n" for n in range(200))
    assert look(shelf(tmp_path / "one", **texts, rows_0csv=table.encode())).found.names == ("text", "label")
    book = "".join(f"It was the day number {n} of the long voyage.\n\n" for n in range(300))
    assert look(shelf(tmp_path / "two", **texts, book_0txt=book.encode())).is_language
