"""Whole workspaces, driven as a user drives them: by the command line, against one real Prefect server."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from places import Place

from flows.server import prefect_server

# One key for all: pseudonyms, and with them the splits, are the same in every run of the tests.
MASTER_KEY = "7f" * 32
# What tells a process that its lines are to be counted, which makes it slower: not Prefect's server, whose lines
# are not ours, and not the journeys that walk where others have walked.
TRACED = "COVERAGE_PROCESS_CONFIG"


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An empty home, a temporary folder of its own, and one Prefect server for all that run in it."""
    home, temporary = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("temporary")
    own = {
        "HOME": str(home),
        "FLYWHEEL_HOME": str(home / ".flywheel"),
        "FLYWHEEL_MASTER_KEY": MASTER_KEY,
        "PREFECT_HOME": str(home / ".prefect"),
        "TMPDIR": str(temporary),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # the server starts in this environment; other tests keep theirs
            for name, value in own.items():
                patch.setenv(name, value)
            patch.delenv(TRACED, raising=False)
            address = stack.enter_context(prefect_server(home / ".flywheel", None))
            inherited = {**os.environ, "PREFECT_API_URL": address}
            patch.delenv("PREFECT_API_URL")
        yield inherited | ({TRACED: traced} if (traced := os.environ.get(TRACED)) else {})


@pytest.fixture(scope="session")
def make(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Place]:
    """A new workspace from a preset and settings, named for what it is for."""

    def make(
        name: str, *settings: str, preset: str = "sample", source: Path | None = None, counted: bool = False
    ) -> Place:
        folder = tmp_path_factory.mktemp(name) / "workspace"
        arguments = ["new", str(folder), "--preset", preset]
        arguments += ["--source", str(source)] if source else []
        arguments += [part for setting in settings for part in ("--set", setting)]
        Place(Path.cwd(), environment).flywheel(*arguments)
        own = {key: value for key, value in environment.items() if counted or key != TRACED}
        return Place(folder, own)

    return make


@pytest.fixture(scope="session")
def turned(make: Callable[..., Place]) -> Place:
    """A workspace that has turned once, with an LSTM beside its baseline."""
    place = make("turned", "ingest.sample.rows=1500", "train.epochs=2", counted=True)
    place.flywheel("run", "--reason", "the first turn")
    return place
