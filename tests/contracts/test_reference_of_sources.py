"""What docs/reference/sources.md says is what the code does."""

import re
from typing import Any

import pytest
import yaml
from workspaces import REPOSITORY

from pipelines.ingest import ingest
from pipelines.parameters import arguments_for
from pipelines.pictures import MOST_PIXELS
from pipelines.record import parse_record
from pipelines.sources.addresses import PORTS
from pipelines.sources.buckets import PACKAGES
from pipelines.sources.database_urls import SCHEMES
from pipelines.sources.fetching import AT_MOST, Reach
from pipelines.sources.kinds import FORMATS, SUFFIXES
from pipelines.sources.opening import PACKED

PAGE = (REPOSITORY / "docs" / "reference" / "sources.md").read_text("utf-8")
RECORD = {"name": "r", "columns": {"x": {"type": "text", "role": "text"}, "y": {"type": "text", "role": "label"}}}
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("block", BLOCKS, ids="-".join)
def test_each_example_is_one_that_params_yaml_may_hold(block: dict[str, Any]) -> None:
    if "record" in block:
        assert parse_record(block["record"]).features
    else:
        assert arguments_for(ingest, {"record": RECORD, **block})["source"] == block["ingest"]["source"]


def test_every_scheme_suffix_and_format_that_is_read_is_told_and_no_other() -> None:
    table = PAGE.partition("## Settings")[0]
    assert set(re.findall(r"`([a-z0-9]+)://", table)) == {*PORTS, *SCHEMES, *PACKAGES}
    told = set(re.findall(r"`(\.[a-z0-9]+)`", table))
    assert told == {*SUFFIXES, *PACKED, ".zip", ".tar"}
    formats = re.search(r"does not tell: ([a-z ]+)\n", PAGE)
    assert formats is not None
    assert tuple(formats[1].split()) == FORMATS


def test_the_caps_that_are_told_are_those_that_hold() -> None:
    reach = Reach()
    assert f"({reach.largest >> 30} GiB)" in PAGE
    assert f"({reach.longest:.0f})" in PAGE
    assert AT_MOST == 5
    assert "five at most" in PAGE
    assert f"{MOST_PIXELS // 1_000_000} million pixels" in PAGE


def test_every_variable_that_is_told_is_in_the_example_of_the_environment() -> None:
    explained = (REPOSITORY / ".env.example").read_text("utf-8")
    for name in set(re.findall(r"FLYWHEEL_[A-Z_]+", PAGE)):
        assert f"#{name}=" in explained, name
