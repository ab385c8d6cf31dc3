"""Whole workspaces, driven as a user drives them: by the command line, against one real Prefect server."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from places import NETWORK, SMALL, Moment, Place
from planted import planted, write
from workspaces import TRACED

from flows.server import prefect_server
from pipelines.sample import reviews

# One key for all: pseudonyms, and with them the splits, are the same in every run of the tests.
MASTER_KEY = "7f" * 32


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
        yield inherited


@pytest.fixture(scope="session")
def make(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Place]:
    """A new workspace from a preset and settings, named for what it is for; with keys of its own, or of a `home`."""

    def make(
        name: str, *settings: str, preset: str = "sample", source: Path | None = None, home: str | None = None
    ) -> Place:
        folder = tmp_path_factory.mktemp(name) / "workspace"
        own = environment | {"FLYWHEEL_HOME": home or str(folder.with_name("home"))}
        arguments = ["new", str(folder), "--preset", preset]
        arguments += ["--source", str(source)] if source else []
        arguments += [part for setting in settings for part in ("--set", setting)]
        Place(Path.cwd(), own).flywheel(*arguments)
        return Place(folder, own)

    return make


@pytest.fixture(scope="session")
def turned(make: Callable[..., Place]) -> Moment:
    """A workspace that has turned once, with an LSTM beside its baseline."""
    place = make("turned", *NETWORK)
    place.flywheel("run", "--reason", "the first turn", counted=True)
    return Moment(place)


@pytest.fixture(scope="session")
def planted_once(make: Callable[..., Place], tmp_path_factory: pytest.TempPathFactory) -> Moment:
    """A workspace that has turned once, without a network, on a file with canaries."""
    source = tmp_path_factory.mktemp("elsewhere") / "reviews.csv"
    write(source, planted())
    # People fall into parts by keys that are drawn anew each time. By the usual margin of two points some hundred test
    # rows cannot always tell that a model of 300 more answers is no worse, and rightly say so; here the loop is shown.
    place = make("planted", "train.family=linear", "promote.margin=0.05", source=source)
    place.flywheel("run")
    return Moment(place)


@pytest.fixture(scope="session")
def person() -> str:
    """Somebody in the sample, who withdraws consent in `by_hand`."""
    return next(row["user_id"] for row in reviews(1200, 7) if row["consent"] == "yes" and row["user_id"])


@pytest.fixture(scope="session")
def by_hand(make: Callable[..., Place], person: str) -> Moment:
    """A workspace whose graph was built without a flow: nothing is promoted."""
    place = make("by_hand", *SMALL)
    place.run([sys.executable, "-m", "pipelines.ingest"])
    place.flywheel("consent", "withdraw", person)
    place.run([sys.executable, "-m", "pipelines.ingest"])
    place.dvc("repro")
    return Moment(place)
