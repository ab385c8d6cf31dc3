"""docs/reference/service.md: its routes, keys and commands are those that there are."""

import re
from pathlib import Path

import pytest
from workspaces import REPOSITORY

from flywheel.grammar import parser
from service.app import ROUTES
from service.refusals import STATUS
from service.requests import Feedback
from service.writing import Prompt

PAGE = (REPOSITORY / "docs" / "reference" / "service.md").read_text("utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_route_stands_there_and_no_other() -> None:
    told = re.findall(r"^\| `((?:GET|POST|PUT|DELETE) [^`]+)` \|", section("Routes"), re.MULTILINE)
    assert sorted(told) == sorted([*ROUTES, "GET /"])


def test_the_keys_of_feedback_are_those_that_it_takes() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", section("Feedback"), re.MULTILINE)) == set(Feedback.model_fields)


def test_the_keys_of_a_prompt_are_those_that_it_takes() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `POST /generate`"))
    assert set(re.findall(r"`(\w+)`", row.split("|")[2])) == set(Prompt.model_fields)


def test_every_status_of_a_refusal_stands_there() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", section("Refusals"), re.MULTILINE)}
    assert told == {*STATUS.values(), 413, 422}


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`(flywheel [a-z]+(?: [a-z]+)?)", PAGE))))
def test_its_commands_are_commands(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*command.split()[1:], "--help"])
    assert ended.value.code == 0
    assert Path(command).name in capsys.readouterr().out
