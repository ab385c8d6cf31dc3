"""Sealing: what was sealed opens for its own row alone, and a forgotten person is unreadable in every version."""

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some
from workspaces import ACCESS, MASTER_KEY, REPOSITORY, lines

from pipelines.cells import encode_rows
from pipelines.errors import SealError
from pipelines.keys import HEAD
from pipelines.vault import BODY, Vault, open_vault

CELLS = ["canary@example.org", None, "好", ""]
OTHER_KEY = "c3" * 32
cell = some.none() | some.text() | some.text("\x1d\x1e\x1f[", max_size=3)
cells = some.lists(cell, max_size=6)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    found = open_vault(tmp_path, MASTER_KEY, "people")
    yield found
    found.close()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return open_vault(tmp_path_factory.mktemp("lasting"), MASTER_KEY, "people")


def seal(vault: Vault, row: str = "r1", subject: str = "s1") -> bytes:
    (sealed,) = vault.seal([(row, subject, CELLS)])
    return sealed


@given(cells)
def test_what_was_sealed_opens_as_it_was(lasting: Vault, cells: list[str | None]) -> None:
    (sealed,) = lasting.seal([("r", "s", cells)])
    assert lasting.open([("r", "s", sealed)], ACCESS) == [cells]


@given(some.integers(1, 4).flatmap(lambda width: some.lists(some.tuples(*[cell] * width), min_size=1, max_size=5)))
def test_a_frame_is_sealed_and_opened_as_its_rows_are(lasting: Vault, table: list[tuple[str | None, ...]]) -> None:
    names = [f"column {place}" for place in range(len(table[0]))]
    frame = pl.DataFrame(table, dict.fromkeys(names, pl.String), orient="row")
    rows, subjects = [f"r{place}" for place in range(len(table))], [f"s{place % 2}" for place in range(len(table))]
    sealed = lasting.seal_contents(rows, subjects, encode_rows(frame, names).to_list())
    assert sealed == lasting.seal(zip(rows, subjects, table, strict=True))
    stored = pl.DataFrame({"row": rows, "subject": subjects, "sealed": sealed})
    assert lasting.open_frame(stored, names, ACCESS).select(names).equals(frame)


def test_rows_of_one_content_have_nonces_of_their_own(vault: Vault) -> None:
    # GCM forgets its secrets where one key meets two messages under one nonce.
    sealed = [seal(vault, row, subject)[HEAD:BODY] for row in ("r1", "r2") for subject in ("s1", "s2")]
    (other,) = vault.seal([("r1", "s1", ["another content"])])
    assert len({*sealed, other[HEAD:BODY]}) == 5


def test_rows_of_an_earlier_format_are_told_apart_from_damage(vault: Vault) -> None:
    with pytest.raises(SealError, match="another format"):
        vault.open([("r1", "s1", b"\x01" + seal(vault)[1:])], ACCESS)


def test_sealed_bytes_show_nothing_of_their_cells(vault: Vault, tmp_path: Path) -> None:
    sealed = seal(vault)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"canary" not in sealed + stored
    assert "好".encode() not in sealed + stored


def test_sealing_is_deterministic_and_no_two_rows_or_people_look_alike(vault: Vault) -> None:
    sealed = seal(vault)
    assert seal(vault) == sealed
    assert len({sealed, seal(vault, row="r2"), seal(vault, subject="s2")}) == 3


def test_a_later_vault_opens_what_an_earlier_one_sealed(vault: Vault, tmp_path: Path) -> None:
    sealed = seal(vault)
    later = open_vault(tmp_path, MASTER_KEY, "people")
    assert later.open([("r1", "s1", sealed)], ACCESS) == [CELLS]
    assert seal(later) == sealed
    assert later.pseudonym("ann") == vault.pseudonym("ann")


@given(place=some.integers(min_value=0), bit=some.integers(0, 7))
def test_altered_bytes_are_refused(lasting: Vault, place: int, bit: int) -> None:
    altered = bytearray(seal(lasting))
    altered[place % len(altered)] ^= 1 << bit
    with pytest.raises(SealError, match="does not open") as caught:
        lasting.open([("r1", "s1", bytes(altered))], ACCESS)
    assert "canary" not in "\n".join(lines(caught.value))


def test_a_key_that_is_merely_not_here_is_an_error_and_no_forgotten_person(vault: Vault, tmp_path: Path) -> None:
    sealed = seal(vault)
    elsewhere = open_vault(tmp_path / "another-machine", MASTER_KEY, "people")
    with pytest.raises(SealError, match="has no key for a sealed row"):
        elsewhere.open([("r1", "s1", sealed)], ACCESS)


@pytest.mark.parametrize("kept", [0, 5, 10, 21])
def test_cut_bytes_are_refused(vault: Vault, kept: int) -> None:
    with pytest.raises(SealError, match="does not open"):
        vault.open([("r1", "s1", seal(vault)[:kept])], ACCESS)


def test_rows_that_were_swapped_are_refused(vault: Vault) -> None:
    first, second = seal(vault, "r1"), seal(vault, "r2")
    with pytest.raises(SealError, match="does not open"):
        vault.open([("r1", "s1", second), ("r2", "s1", first)], ACCESS)


def test_a_row_does_not_open_as_another_persons(vault: Vault) -> None:
    sealed, theirs = seal(vault, subject="s1"), seal(vault, subject="s2")
    for forged in (sealed, theirs[:9] + sealed[9:]):
        with pytest.raises(SealError, match="does not open"):
            vault.open([("r1", "s2", forged)], ACCESS)


def test_another_master_key_is_refused(vault: Vault, tmp_path: Path) -> None:
    seal(vault)
    with pytest.raises(SealError, match="another master key") as caught:
        open_vault(tmp_path, OTHER_KEY, "people")
    told = "\n".join(lines(caught.value))
    assert OTHER_KEY not in told
    assert MASTER_KEY not in told


@pytest.mark.parametrize("key", ["short", "zz" * 32, "ab" * 31, "ab" * 33])
def test_what_is_no_master_key_is_refused_and_not_repeated(key: str, tmp_path: Path) -> None:
    with pytest.raises(SealError, match="master key is not one") as caught:
        open_vault(tmp_path, key, "people")
    assert key not in "\n".join(lines(caught.value))


def test_a_forgotten_person_is_unreadable_and_nobody_else_is(vault: Vault, tmp_path: Path) -> None:
    mine, theirs = seal(vault, "r1", "s1"), seal(vault, "r2", "s2")
    assert vault.forget({"s1"})
    rows = [("r1", "s1", mine), ("r2", "s2", theirs)]
    assert vault.open(rows, ACCESS) == [None, CELLS]
    assert open_vault(tmp_path, MASTER_KEY, "people").open(rows, ACCESS) == [None, CELLS]


def test_a_forgotten_person_who_comes_back_stays_forgotten_in_old_rows(vault: Vault) -> None:
    before = seal(vault)
    vault.forget({"s1"})
    after = seal(vault)
    assert after != before
    assert vault.open([("r1", "s1", before), ("r1", "s1", after)], ACCESS) == [None, CELLS]


def test_the_key_of_a_forgotten_person_leaves_no_trace_on_the_disk(vault: Vault, tmp_path: Path) -> None:
    seal(vault)
    store = sqlite3.connect(tmp_path / "keys" / "people.db")
    (wrapped,) = store.execute("SELECT wrapped FROM subject_keys").fetchone()
    store.close()
    files = [path for path in (tmp_path / "keys").iterdir() if path.is_file()]
    assert any(wrapped in path.read_bytes() for path in files)
    vault.forget({"s1"})
    assert not any(wrapped in path.read_bytes() for path in (tmp_path / "keys").iterdir())


def test_forgetting_somebody_unknown_says_so(vault: Vault) -> None:
    assert not vault.forget({"nobody"})


def test_names_are_keyed_by_data_set_and_by_master_key(tmp_path: Path) -> None:
    vaults = [
        open_vault(tmp_path / "a", MASTER_KEY, "people"),
        open_vault(tmp_path / "a", MASTER_KEY, "others"),
        open_vault(tmp_path / "b", OTHER_KEY, "people"),
    ]
    assert len({vault.pseudonym("ann") for vault in vaults}) == 3
    assert len({vault.row_id(CELLS, 0) for vault in vaults}) == 3


def test_equal_rows_are_told_apart_by_their_occurrence(vault: Vault) -> None:
    assert vault.row_id(CELLS, 0) == vault.row_id(list(CELLS), 0)
    assert vault.row_id(CELLS, 0) != vault.row_id(CELLS, 1)


@given(cells, cells)
def test_two_rows_have_one_id_only_if_they_are_equal(
    lasting: Vault, one: list[str | None], two: list[str | None]
) -> None:
    assert (lasting.row_id(one, 0) == lasting.row_id(two, 0)) == (one == two)


def test_a_master_key_is_made_once_for_its_owner_alone_and_said_aloud(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed = seal(open_vault(tmp_path, None, "people"))
    path = tmp_path / "master.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys" / "people.db").stat().st_mode) == 0o600
    told = capsys.readouterr().err
    assert str(path) in told
    assert path.read_text("ascii").strip() not in told
    assert open_vault(tmp_path, None, "people").open([("r1", "s1", sealed)], ACCESS) == [CELLS]
    assert capsys.readouterr().err == ""
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


FIRST_USE = """
import pathlib, sys, time
from pipelines.vault import open_vault
deadline = time.monotonic() + 60
print("ready", flush=True)
for turn in range(20):
    folder = pathlib.Path(sys.argv[1]) / str(turn)
    while not folder.exists():
        time.monotonic() < deadline or sys.exit(1)
    vault = open_vault(folder / "home", None, "people")
    (sealed,) = vault.seal([("r", "s", ["x"])])
    print(sealed.hex(), vault.pseudonym("ann"), flush=True)
"""


def test_processes_that_use_a_home_first_at_once_agree_on_its_keys(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FIRST_USE, str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, cwd=REPOSITORY, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    assert [process.stdout.readline() for process in started] == ["ready\n"] * 3
    for turn in range(20):
        (tmp_path / str(turn)).mkdir()
        said = {process.stdout.readline() for process in started}
        assert len(said) == 1
        assert len(said.pop().split()) == 2
    told = [process.communicate(timeout=30)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], told
    assert "".join(told).count("A master key was made") == 20


def test_whoever_makes_a_persons_key_at_once_with_another_takes_the_same(tmp_path: Path) -> None:
    rounds = 25
    vaults = [open_vault(tmp_path, MASTER_KEY, "people") for _ in range(3)]
    gate, sealed = threading.Barrier(len(vaults)), [list[bytes]() for _ in vaults]

    def go(place: int) -> None:
        for turn in range(rounds):
            gate.wait()
            sealed[place] += vaults[place].seal([("r", f"s{turn}", CELLS)])

    threads = [threading.Thread(target=go, args=(place,)) for place in range(len(vaults))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sealed[0]) == rounds
    assert sealed[0] == sealed[1] == sealed[2]
