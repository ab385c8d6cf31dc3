"""Texts without a label: a language model is proposed where nothing beside them could be one, and nowhere else."""

from pathlib import Path

import pytest
import yaml
from proposed import chinese, doubts, look, made, roles, sentence, table

from flywheel.inspecting import report, text_of
from pipelines.errors import ParameterError, SourceError
from pipelines.parameters import check_parameters
from pipelines.proposing.proposal import Proposal


def texts(place: Path, header: list[str], row: str) -> Proposal:
    """What is proposed for texts in a file `place`, beside what the columns `header` name by their first letters."""
    cells = {"u": lambda dice, _: f"U{dice.randrange(40):05}", "n": lambda dice, _: dice.randrange(10**6)}
    written = {"english": sentence, "chinese": chinese}[row]

    def one(dice, number):  # type: ignore[no-untyped-def]
        return [cells.get(name[0], lambda d, n: written(d, good=n % 2 == 0))(dice, number) for name in header]

    return look(table(place, header, made(300, one)))


@pytest.mark.parametrize("row", ["english", "chinese"])
def test_texts_alone_are_to_be_written_on(tmp_path: Path, row: str) -> None:
    found = texts(tmp_path / "lines.csv", ["text"], row)
    assert (found.families, roles(found)) == (("gpt",), {"text": "text"})
    assert "there is no label" in doubts(found)
    told = report(found, "lines.csv", 100)
    assert "how a text goes on" in told
    assert "flywheel new DIR --source lines.csv" in told
    parameters = yaml.safe_load(text_of(found, "lines.csv"))
    check_parameters(parameters)
    assert parameters["train"]["family"] == "gpt"


def test_texts_whose_people_are_known_are_to_be_written_on_too(tmp_path: Path) -> None:
    found = texts(tmp_path / "said.csv", ["user_id", "text"], "english")
    assert (found.families, roles(found)) == (("gpt",), {"subject": "user_id", "text": "text"})


def test_texts_beside_a_column_that_has_no_role_ask_for_the_label(tmp_path: Path) -> None:
    found = texts(tmp_path / "said.csv", ["text", "n_seen"], "english")
    assert found.families == ()
    assert "name it by `--label NAME`" in doubts(found)
    with pytest.raises(ParameterError, match="looks like a label"):
        text_of(found, "said.csv")


VERSE = "O for a Muse of fire,\nthat would ascend\n\nThe brightest heaven of invention, scene {n}!\n\n"
STORY = "话说天下大势，分久必合，合久必分。\n周末七国分争，并入于秦，此乃第{n}回。\n"


@pytest.mark.parametrize(
    ("lines", "encoding", "settings", "read"),
    [
        (VERSE, "utf-8", {"format": "paragraphs"}, 240),
        (STORY, "utf-8", {"format": "lines"}, 240),
        (STORY, "gb18030", {"format": "lines", "encoding": "gb18030"}, 240),
    ],
)
def test_plain_text_is_read_as_its_paragraphs_or_its_lines(
    tmp_path: Path, lines: str, encoding: str, settings: dict[str, str], read: int
) -> None:
    book = tmp_path / "book.txt"
    book.write_bytes("".join(lines.format(n=n) for n in range(120)).encode(encoding))
    found = look(book)
    assert (found.families, roles(found)) == (("gpt",), {"text": "text"})
    assert (found.found.settings, found.sampled.read) == (settings, read)
    other = {"lines": "paragraphs", "paragraphs": "lines"}[settings["format"]]
    assert f"`ingest.format: {other}` is the other way" in doubts(found)
    parameters = yaml.safe_load(text_of(found, str(book)))
    check_parameters(parameters)
    assert parameters["ingest"] == {"source": str(book), **settings}


def test_a_text_beside_larger_data_that_cannot_be_read_is_not_taken_for_the_data(tmp_path: Path) -> None:
    (tmp_path / "templates.txt").write_text(VERSE)
    (tmp_path / "rows.json").write_text("[" + ",".join(['["text", "a"]'] * 9) + "]")
    with pytest.raises(SourceError, match=r"templates\.txt: it is text without columns") as caught:
        look(tmp_path)
    assert "rows.json: it is a JSON array, and not one of objects" in str(caught.value)
    (tmp_path / "templates.txt").write_text("".join(VERSE.format(n=n) for n in range(120)))
    assert look(tmp_path).families == ("gpt",)


def test_a_text_beside_tables_is_left_out_whatever_its_size(tmp_path: Path) -> None:
    (tmp_path / "remarks.txt").write_text(VERSE * 2000)
    rows = made(200, lambda dice, place: [sentence(dice, good=place % 2 == 0), place % 2])
    table(tmp_path / "reviews.dat", ["text", "label"], rows)
    found = look(tmp_path)
    assert roles(found) == {"text": "text", "label": "label"}
    assert "remarks.txt: it is text without columns; left out" in doubts(found)
