"""Texts without a label: a language model is proposed where nothing beside them could be one, and nowhere else."""

from pathlib import Path

import pytest
import yaml
from proposed import chinese, doubts, look, made, roles, sentence, table

from flywheel.inspecting import report, text_of
from pipelines.errors import ParameterError
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
