"""docs/reference/models.md: it names every family and every option, and nothing that is none."""

import re
from dataclasses import fields

import pytest
from workspaces import REPOSITORY

from pipelines.models import FAMILIES

PAGE = (REPOSITORY / "docs" / "reference" / "models.md").read_text("utf-8")
ROWS = {
    row[0]: row[2] for row in (line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `"))
}


def test_every_family_has_its_row() -> None:
    assert {name.strip("`") for name in ROWS} == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_options_of_a_family_are_those_that_it_has(family: str) -> None:
    named = set(re.findall(r"`(\w+)`", ROWS[f"`{family}`"]))
    assert named == {field.name for field in fields(FAMILIES[family].options)}
