"""What the READMEs say is so."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flywheel.cli import parser
from flywheel.presets import presets

ROOT = Path(__file__).parent.parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]


def commands(readme: Path) -> list[str]:
    """The lines of the shell blocks, without their comments."""
    blocks = re.findall(r"```bash\n(.*?)```", readme.read_text("utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+", " ", line.partition(" #")[0]).strip() for line in lines if line.strip()]


def test_both_readmes_tell_the_same_commands() -> None:
    english, chinese = map(commands, READMES)
    assert english == chinese
    assert len(english) > 12


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_flywheel_command_of_a_readme_is_understood(readme: Path) -> None:
    told = [part.strip() for line in commands(readme) for part in line.split("&&")]
    ours = [shlex.split(line) for line in told if line.startswith("flywheel ")]
    assert len(ours) >= 6
    for words in ours:
        parser().parse_args(words[1:])


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_make_target_of_a_readme_exists(readme: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`?make ([a-z]+)", readme.read_text("utf-8")):
        assert re.search(rf"^{target}\b.*:|^\.PHONY:.*\b{target}\b", makefile, re.MULTILINE), target


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_preset_and_every_path_that_a_readme_names_is_there(readme: Path) -> None:
    text = readme.read_text("utf-8")
    for name in presets():
        assert f"`{name}`" in text, name
    for path in re.findall(r"`((?:pipelines|flows|service|presets|docs)/[\w./-]*)`", text):
        assert (ROOT / path).exists() or "<" in path, path
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (ROOT / link).exists(), link


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_picture_shows_every_stage_of_the_graph(readme: Path) -> None:
    picture = readme.read_text("utf-8").partition("```mermaid")[2].partition("```")[0]
    for stage in yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]:
        assert f"-- {stage} -->" in picture, stage


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}


def test_make_help_lists_what_a_newcomer_needs() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "check", "up", "bench", "help"):
        assert f"make {target} " in told


def test_package_and_changelog_name_the_same_version() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import flywheel; print(flywheel.__version__)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert f'version = "{told}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert f"## {told}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
