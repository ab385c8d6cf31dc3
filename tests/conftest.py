"""What all tests share: a home of their own, no telemetry, a known master key, and one journey through the sample."""

import gc
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import workspaces
from hypothesis import settings
from workspaces import MASTER_KEY, REPOSITORY, TRACED, Workspace

from pipelines.environment import CALM, SILENCE, collect_rarely

# The same examples in every run: whether a change lands must not turn on what is drawn. Others are drawn by
# `python -m pytest -m hypothesis --hypothesis-profile default`.
settings.load_profile("ci")

# What a developer's own shell may hold, and what would lead a test away from its folder.
LEADING_AWAY = ("FLYWHEEL_LEDGER", "FLYWHEEL_FLOW_RUN", "MLFLOW_TRACKING_URI", "PREFECT_API_URL", "PREFECT_HOME")


def pytest_configure() -> None:
    collect_rarely()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let one worker have all tests of a file, and of those files that share what takes long to make."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid.partition("::")[0])

    return ByGroup(config, log)


@cache
def group_of(file: str) -> str:
    """The group that a test file names itself, or "journey" where it reads that, or the file alone.

    Whoever hands out the tests knows their names and not their marks.
    """
    text = (REPOSITORY / file).read_text("utf-8")
    named = re.search(r'xdist_group\("([^"]+)"\)', text)
    if named is not None:
        return named[1]
    return "journey" if re.search(r"\b(journey|travelled)\b", text) else file


def pytest_collection_finish() -> None:
    gc.freeze()  # what was imported stays


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The one home of this test run: keys, tool settings and caches; nothing of the developer's is touched."""
    own = tmp_path_factory.mktemp("home")
    fonts = os.environ.get("MPLCONFIGDIR") or str(Path.home() / ".cache" / "matplotlib")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**SILENCE, **CALM}.items():
            patch.setenv(name, value)
        for name in LEADING_AWAY:
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(own))
        patch.setenv("MPLCONFIGDIR", fonts)  # matplotlib's list of fonts takes seconds to make
        patch.setenv("FLYWHEEL_HOME", str(own / ".flywheel"))
        patch.setenv("FLYWHEEL_MASTER_KEY", MASTER_KEY)
        yield own


@pytest.fixture(autouse=True)
def uncounted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test's own lines are not counted, those of its processes are not either."""
    if request.node.get_closest_marker("no_cover"):
        monkeypatch.delenv(TRACED, raising=False)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for this test alone: for whoever forgets people or changes keys."""
    monkeypatch.setenv("FLYWHEEL_HOME", str(tmp_path / "own-home"))
    return tmp_path / "own-home"


@pytest.fixture
def reviews(tmp_path: Path, own_home: Path) -> Workspace:
    """An empty workspace for a few reviews in a CSV."""
    return workspaces.make(tmp_path / "reviews", workspaces.small_reviews())


@pytest.fixture(scope="session")
def journey(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample from source to scan, once per test run. Read it; copy it (`travelled`) to change it."""
    from pipelines.scan import scan

    made = workspaces.make(tmp_path_factory.mktemp("journey") / "workspace", workspaces.small_sample())
    made.turn()
    made.run(scan)
    return made


@pytest.fixture
def travelled(journey: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the journey that a test may change. Its MLflow runs stay where they were made."""
    shutil.copytree(journey.path, tmp_path / "travelled", symlinks=True)
    return Workspace(tmp_path / "travelled")
