"""The reference of how sources are read says what is so: its tests exist, its settings and limits are the code's."""

import inspect
import re

from workspaces import REPOSITORY

from pipelines.ingest import ingest
from pipelines.sources import columns, decoding, opening, zipped

TOLD = (REPOSITORY / "docs" / "reference" / "reading.md").read_text("utf-8")


def test_every_test_that_the_reference_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", TOLD))
    files = (REPOSITORY / "tests").rglob("test_*.py")
    there = {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)}
    assert len(named) > 15
    assert not named - there


def test_every_setting_that_the_reference_names_is_one_of_ingest() -> None:
    table = TOLD.partition("## Settings")[2].partition("\n## ")[0]
    named = {name.partition(":")[0] for name in re.findall(r"^\| `([\w: ]+)`", table, re.MULTILINE)}
    assert named == {
        "files",
        "format",
        "encoding",
        "delimiter",
        "header",
        "quotes",
        "join",
        "pictures",
        "sheets",
        "final_newline",
    }
    assert named <= set(inspect.signature(ingest).parameters)


def test_the_limits_that_the_reference_names_are_those_of_the_code() -> None:
    assert (columns.LONGEST_CELL, decoding.LONGEST_LINE, columns.MOST_COLUMNS) == (10_000_000, 32_000_000, 20_000)
    assert zipped.MOST_CELLS == 50_000_000
    assert (opening.MOST_UNPACKED, opening.ALWAYS_UNPACKED) == (250, 100_000_000)
