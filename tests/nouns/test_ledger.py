"""The ledger: whatever is altered, removed or moved is found, and one champion at a time is crowned."""

import hashlib
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from workspaces import REPOSITORY

from pipelines.ledger import Ledger

ENTRIES = 5


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.db'}"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(url(tmp_path))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Path, list[tuple[Any, ...]]]:
    """A ledger of five entries, its file, and its rows as they were written."""
    folder = tmp_path_factory.mktemp("chain")
    ledger = Ledger(url(folder))
    for number in range(ENTRIES):
        ledger.append("access", {"why": "validate", "rows": number})
    with sqlite3.connect(folder / "ledger.db") as file:
        rows = file.execute("SELECT number, at, kind, body, previous, digest FROM entries ORDER BY number").fetchall()
    return ledger, folder / "ledger.db", rows


def rewrite(file: Path, rows: list[tuple[Any, ...]]) -> None:
    """Put other entries in the place of all there are, as somebody with the file at hand could."""
    connection = sqlite3.connect(file, timeout=30)
    with connection:
        connection.execute("DELETE FROM entries")
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.close()


Chain = tuple[Ledger, Path, list[tuple[Any, ...]]]


def test_an_untouched_chain_holds(chain: Chain) -> None:
    ledger, file, rows = chain
    rewrite(file, rows)
    assert len(rows) == ENTRIES
    assert ledger.verify() is None


@settings(max_examples=40, deadline=None)
@given(place=some.integers(0, ENTRIES - 1), column=some.sampled_from(["at", "kind", "body", "previous", "digest"]))
def test_an_altered_entry_is_found(chain: Chain, place: int, column: str) -> None:
    ledger, file, rows = chain
    at = ["number", "at", "kind", "body", "previous", "digest"].index(column)
    altered = list(rows)
    altered[place] = (*rows[place][:at], rows[place][at] + "0", *rows[place][at + 1 :])
    rewrite(file, altered)
    assert ledger.verify() == place + 1


@pytest.mark.parametrize("place", range(ENTRIES - 1))
def test_an_entry_that_was_rewritten_with_a_digest_of_its_own_is_found_by_the_next(chain: Chain, place: int) -> None:
    ledger, file, rows = chain
    number, at, kind, _, previous, _ = rows[place]
    content = json.dumps([number, at, kind, "{}", previous], ensure_ascii=False)
    altered = list(rows)
    altered[place] = (number, at, kind, "{}", previous, hashlib.sha256(content.encode()).hexdigest())
    rewrite(file, altered)
    assert ledger.verify() == place + 2


@settings(max_examples=20, deadline=None)
@given(place=some.integers(0, ENTRIES - 2), renumbered=some.booleans())
def test_a_removed_entry_is_found(chain: Chain, place: int, renumbered: bool) -> None:
    ledger, file, rows = chain
    left = rows[:place] + rows[place + 1 :]
    rewrite(file, [(number, *row[1:]) for number, row in enumerate(left, 1)] if renumbered else left)
    assert ledger.verify() == place + 1


@settings(max_examples=20, deadline=None)
@given(order=some.permutations(range(ENTRIES)))
def test_entries_in_another_order_are_found(chain: Chain, order: list[int]) -> None:
    ledger, file, rows = chain
    rewrite(file, [(number, *rows[place][1:]) for number, place in enumerate(order, 1)])
    moved = [number for number, place in enumerate(order, 1) if place != number - 1]
    assert ledger.verify() == (moved[0] if moved else None)


def test_entries_come_back_newest_first_by_kind(ledger: Ledger) -> None:
    assert ledger.last("decision") is None
    for number in range(3):
        ledger.append("decision", {"question": f"q{number % 2}", "at_heart": "好", "n": number})
        ledger.append("access", {"n": number})
    assert [entry["n"] for entry in ledger.all("decision")] == [2, 1, 0]
    assert [entry["number"] for entry in ledger.all("decision")] == [5, 3, 1]
    assert ledger.last("decision")["at_heart"] == "好"  # type: ignore[index]
    assert ledger.decision("q0")["n"] == 2  # type: ignore[index]
    assert ledger.decision("never asked") is None
    assert ledger.verify() is None


def together(work: Callable[[int], Any], workers: int) -> list[Any]:
    """What `work` returns for each number, all started at the same moment."""
    gate, results = threading.Barrier(workers), [None] * workers

    def go(number: int) -> None:
        gate.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_entries_of_many_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    Ledger(url(tmp_path))
    together(lambda number: [Ledger(url(tmp_path)).append("access", {"by": number}) for _ in range(5)], 4)
    assert len(Ledger(url(tmp_path)).all("access")) == 20
    assert Ledger(url(tmp_path)).verify() is None


FIRST_USE = """
import pathlib, sys, time
from pipelines.ledger import Ledger
deadline = time.monotonic() + 60
print("ready", flush=True)
for turn in range(20):
    folder = pathlib.Path(sys.argv[1]) / str(turn)
    while not folder.exists():
        time.monotonic() < deadline or sys.exit(1)
    Ledger(f"sqlite:///{folder}/ledger.db").append("access", {})
    print("done", flush=True)
"""


def test_processes_that_use_a_ledger_first_at_once_wait_for_each_other(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FIRST_USE, str(tmp_path)]
    started = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [process.stdout for process in started if process.stdout]
    assert [output.readline() for output in outputs] == ["ready\n"] * 3
    for turn in range(20):
        (tmp_path / str(turn)).mkdir()
        assert [output.readline() for output in outputs] == ["done\n"] * 3
        assert len(Ledger(url(tmp_path / str(turn))).all("access")) == 3
    assert [process.wait(timeout=30) for process in started] == [0, 0, 0]


@pytest.mark.parametrize("epoch", [0, 1, 5])
def test_of_many_promoters_at_once_exactly_one_is_crowned(tmp_path: Path, epoch: int) -> None:
    ledger = Ledger(url(tmp_path))
    for reign in range(epoch):
        assert ledger.crown("m", reign, 100 + reign, {}, {"version": 100 + reign})
    crowned = together(lambda n: Ledger(url(tmp_path)).crown("m", epoch, n + 1, {"n": n}, {"version": n + 1}), 6)
    assert crowned.count(True) == 1
    champion = ledger.champion("m")
    assert champion is not None
    assert (champion.version, champion.epoch) == (crowned.index(True) + 1, epoch + 1)
    assert champion.body == {"n": crowned.index(True)}
    # The losers left no entry behind: the newest decision is the winner's.
    assert len(ledger.all("decision")) == epoch + 1
    assert ledger.last("decision")["version"] == champion.version  # type: ignore[index]
    assert ledger.verify() is None


@pytest.mark.parametrize("epoch", [0, 2, 7])
def test_whoever_compared_with_another_champion_is_not_crowned(ledger: Ledger, epoch: int) -> None:
    assert ledger.crown("m", 0, 1, {}, {})
    assert not ledger.crown("m", epoch, 2, {}, {})
    assert ledger.champion("m").version == 1  # type: ignore[union-attr]
    assert len(ledger.all("decision")) == 1


def test_models_have_champions_of_their_own(ledger: Ledger) -> None:
    assert ledger.champion("a") is None
    ledger.crown("a", 0, 1, {}, {})
    ledger.crown("b", 0, 9, {}, {})
    assert ledger.champion("a").version == 1  # type: ignore[union-attr]
    assert ledger.champion("b").version == 9  # type: ignore[union-attr]


def test_a_run_that_was_killed_is_called_interrupted_by_the_next(ledger: Ledger) -> None:
    assert ledger.last_run() is None
    ledger.start_run("first", {"reason": "a"})
    ledger.start_run("second", {"reason": "b"})
    ledger.end_run("second", "completed", {"reason": "b", "feedback_until": 4})
    last = ledger.last_run()
    assert last is not None
    assert (last.id, last.outcome, last.body["feedback_until"]) == ("second", "completed", 4)
    with ledger.engine.connect() as connection:
        outcomes = dict(connection.exec_driver_sql("SELECT id, outcome FROM runs").all())
    assert outcomes == {"first": "interrupted", "second": "completed"}


def test_what_was_learnt_is_what_the_last_completed_run_took_in(ledger: Ledger) -> None:
    assert ledger.learnt_until() == 0
    for run, outcome, until in (("a", "completed", 3), ("b", "completed", 8), ("c", "failed", 99)):
        ledger.start_run(run, {})
        ledger.end_run(run, outcome, {"feedback_until": until})
    assert ledger.learnt_until() == 8


def test_a_digest_covers_the_body_as_it_was_written(chain: Chain) -> None:
    """Another spelling of the same JSON is another body."""
    ledger, file, rows = chain
    spelled = [(n, at, kind, json.dumps(json.loads(body), indent=1), p, d) for n, at, kind, body, p, d in rows]
    rewrite(file, spelled)
    assert ledger.verify() == 1
