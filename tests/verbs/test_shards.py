"""Many shards give what one gives: by one process, by two, and by a cluster of which a worker is killed."""

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import workspaces
from workspaces import ACCESS, REPOSITORY, Workspace, review

from pipelines.anonymise import anonymise
from pipelines.anonymity.rules import TableRules
from pipelines.cleaning import Cleaning, clean
from pipelines.errors import ServerError
from pipelines.ingest import ingest
from pipelines.judging import Judging, judge
from pipelines.privacy.text_rules import TextRules
from pipelines.raw import parts
from pipelines.shards import shards_of
from pipelines.validate import validate

VALIDATE = ("data/raw", "data/validated", "data/report/validation")
ANONYMISE = ("data/raw", "data/validated", "data/anonymised", "data/report/privacy.json")
PART = 5


def rows() -> list[list[str]]:
    """Rows of which some repeat others, dispute others or are at fault, each in another part than the other."""
    found = [review(n, user=f"user{n % 11}", city="Rome" if n % 3 else "Oslo", age=str(20 + n)) for n in range(26)]
    found[3] = review(3, user="user3", text="write to ann.canary@example.org", age="30")
    found[6] = review(6, text="Disputed  words", mood="good")
    found[21] = review(21, text="disputed words", mood="bad")
    found[9] = review(9, age="300")
    found[14] = review(14, city="Canarytown")
    return [*found, found[1]]


@contextmanager
def one_core() -> Iterator[None]:
    """A machine of one core: what is mapped over shards is then done here."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def made(path: Path, part_rows: int) -> Workspace:
    sections = {
        "validate": {"max_quarantined": 0.5, "shard_rows": part_rows},
        "anonymise": {"tables": {"fewest_subjects": 3}},
    }
    workspace = workspaces.make(path, workspaces.small_reviews() | sections)
    workspace.bring(rows())
    workspace.set("ingest", {"source": "source.csv", "part_rows": part_rows})
    workspace.run(ingest)
    return workspace


@pytest.fixture(scope="module")
def whole(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One shard."""
    workspace = made(tmp_path_factory.mktemp("whole") / "workspace", 1000)
    workspace.run(validate, *VALIDATE)
    workspace.run(anonymise, *ANONYMISE)
    return workspace


@pytest.fixture(scope="module")
def cut(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Six shards of the same rows."""
    workspace = made(tmp_path_factory.mktemp("cut") / "workspace", PART)
    with one_core():
        workspace.run(validate, *VALIDATE)
        workspace.run(anonymise, *ANONYMISE)
    return workspace


def table(workspace: Workspace, name: str) -> pl.DataFrame:
    return pl.read_parquet(workspace.path / f"data/{name}/rows.parquet")


def told(workspace: Workspace, path: str) -> Any:
    return json.loads((workspace.path / "data" / path).read_text("utf-8"))


def pages(workspace: Workspace) -> str:
    """The index, and the page of the validation without what differs from run to run."""
    return (workspace.path / "data/report/validation/index.html").read_text("utf-8").split("<ul>")[0]


def test_shards_are_judged_as_one_table(whole: Workspace, cut: Workspace) -> None:
    assert len(parts(cut.raw)) == 6
    assert len(list((cut.path / "data/validated/rows.parquet").iterdir())) == 6
    planted = set(whole.opened()["row"])
    one, many = (table(each, "validated").filter(pl.col("row").is_in(planted)) for each in (whole, cut))
    assert many.equals(one)
    assert told(cut, "validated/counts.json") == told(whole, "validated/counts.json")
    assert told(cut, "validated/counts.json")["reasons"] == {
        "text has two labels": 2,
        "age is out of range": 1,
        "row repeats an earlier one": 1,
    }


def test_the_pages_show_the_whole_table(whole: Workspace, cut: Workspace) -> None:
    assert pages(cut) == pages(whole)
    (page,) = (cut.path / "data/report/validation/validations").rglob("*.html")
    (single,) = (whole.path / "data/report/validation/validations").rglob("*.html")
    shown = [re.findall(r"[^>]*unexpected values found[^<]*", each.read_text("utf-8")) for each in (page, single)]
    assert shown[0] == shown[1]
    assert len(shown[0]) >= 3


def test_shards_are_anonymised_as_one_table(whole: Workspace, cut: Workspace) -> None:
    assert table(cut, "anonymised").equals(table(whole, "anonymised"))
    assert told(cut, "report/privacy.json") == told(whole, "report/privacy.json")
    assert told(cut, "report/privacy.json")["categories_merged"] == {"city": 2}
    assert not list((cut.path / "data").glob(".*"))


def test_two_processes_keep_the_company_that_one_table_keeps(whole: Workspace, cut: Workspace, tmp_path: Path) -> None:
    found = []
    for name, each in (("whole", whole), ("cut", cut)):
        shutil.copytree(each.path, tmp_path / name)
        copy = Workspace(tmp_path / name)
        copy.set("anonymise", {"tables": {"k": 4, "fewest_subjects": 3, "quasi": ["age", "city"]}})
        copy.run(anonymise, *ANONYMISE)
        found.append((table(copy, "anonymised"), told(copy, "report/privacy.json")))
    assert found[0][0].equals(found[1][0])
    assert found[0][1] == found[1][1]
    assert found[0][1]["tables"]["reached"]["k"] >= 4


def test_what_is_sent_to_another_process_and_what_comes_back_holds_no_cell(cut: Workspace, tmp_path: Path) -> None:
    (shard, *_) = shards_of(cut.raw, PART)
    judging = Judging(cut.raw, cut.record, ACCESS, tmp_path)
    accepted = {shard.name: cut.path / f"data/validated/rows.parquet/{shard.name}.parquet"}
    cleaning = Cleaning(cut.raw, cut.record, TextRules(), TableRules(), ACCESS, accepted, tmp_path, {"city": ["Rome"]})
    sent: list[object] = [shard, judging, cleaning, judge(judging, shard, cut.vault), clean(cleaning, shard, cut.vault)]
    wire = pickle.dumps(sent)
    assert b"text is missing" not in wire
    cells = {cell for row in rows()[:PART] for cell in row} - {"Rome", "yes", "good", "bad"}
    assert not [cell for cell in cells if len(cell) > 3 and cell.encode() in wire]
    assert workspaces.MASTER_KEY.encode() not in wire


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "DASK_DISTRIBUTED__WORKER__DAEMON": "false"}
    quiet = {"cwd": folder, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    note = folder / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    options = ["--port", "0", "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(note)]
    started = [subprocess.Popen([*dask, *options], **quiet)]  # type: ignore[call-overload]
    try:
        while not note.exists() or not note.read_text():
            assert started[0].poll() is None
            time.sleep(0.05)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(note), "--nthreads", "1"]
        plain = ["--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        started += [subprocess.Popen([*worker, *plain], **quiet) for _ in range(2)]  # type: ignore[call-overload]
        yield json.loads(note.read_text())["address"], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.no_cover  # long, over lines that others count
@pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed (the extra `dask`)")
def test_a_cluster_of_which_a_worker_is_killed_gives_the_same(
    whole: Workspace, cut: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "workspace"
    shutil.copytree(cut.path, place)
    shutil.rmtree(place / "data/validated")
    shutil.rmtree(place / "data/anonymised")
    with cluster(tmp_path) as (address, (first, second)):
        monkeypatch.setenv("FLYWHEEL_DASK", address)
        run = "from pathlib import Path\nimport sys\nfrom pipelines import {0}\nfrom pipelines.stage import call\n"
        run += "call({0}.{0}, sys.argv[1:], Path.cwd())"
        command = [sys.executable, "-c", run.format("validate"), *VALIDATE]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        child = subprocess.Popen(command, cwd=place, env=environment)
        while child.poll() is None and not list((place / "data").glob(".validated.*.drafts/*.parquet")):
            time.sleep(0.01)
        assert child.poll() is None
        first.send_signal(signal.SIGKILL)
        assert child.wait() == 0
        assert second.poll() is None
        Workspace(place).run(anonymise, *ANONYMISE)
    assert table(Workspace(place), "validated").equals(table(cut, "validated"))
    assert table(Workspace(place), "anonymised").equals(table(whole, "anonymised"))


@pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed (the extra `dask`)")
def test_a_scheduler_that_does_not_answer_is_told(cut: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_DASK", "no-such-protocol://nowhere")
    with pytest.raises(ServerError, match="scheduler does not answer"):
        cut.run(anonymise, *ANONYMISE)
