"""What the how-to pages show is what the commands print."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspaces import REPOSITORY

from flywheel.cli import parser

PAGES = sorted((REPOSITORY / "docs" / "how-to").glob("*.md"))


def shown() -> Iterator[tuple[str, str, str]]:
    """Each command of a console block, and what the page says that it prints."""
    for page in PAGES:
        for block in re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield page.name, command, output


@pytest.mark.parametrize(("page", "command", "output"), list(shown()))
def test_a_command_prints_what_its_page_shows(page: str, command: str, output: str, tmp_path: Path) -> None:
    assert page.endswith(".md")
    ours = f"{shlex.quote(sys.executable)} -m flywheel.cli"
    done = subprocess.run(
        ["bash", "-c", re.sub(r"(^|\| )flywheel ", rf"\1{ours} ", command)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.decode("utf-8").rstrip("\n") == output.rstrip("\n")


def test_every_flywheel_command_of_a_how_to_page_is_understood() -> None:
    told = [line for page in PAGES for line in page.read_text("utf-8").splitlines() if line.startswith("flywheel ")]
    assert told
    for line in told:
        parser().parse_args(shlex.split(line, comments=True)[1:])
