"""The key store and its master key: rotated without touching data, and finished where a rotation was killed."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from workspaces import ACCESS, MASTER_KEY

from pipelines.errors import SealError
from pipelines.keys import KeyStore
from pipelines.master import NEXT, read_master_key, rotate
from pipelines.vault import open_vault

OTHER_KEY = "c3" * 32
CELLS = ["somebody", None, "好"]


def sealed_in(home: Path, key: str | None, name: str = "people") -> list[tuple[str, str, bytes]]:
    vault = open_vault(home, key, name)
    rows = [(f"r{n}", vault.pseudonym(f"s{n}")) for n in range(700)]
    blobs = vault.seal((row, subject, CELLS) for row, subject in rows)
    vault.close()
    return [(row, subject, blob) for (row, subject), blob in zip(rows, blobs, strict=True)]


def test_a_rotation_changes_no_sealed_row_and_no_name(tmp_path: Path) -> None:
    before = {name: sealed_in(tmp_path, None, name) for name in ("people", "others")}
    old = read_master_key(tmp_path / "master.key")
    assert rotate(tmp_path, None, None) == 2 * (700 + 3)
    assert read_master_key(tmp_path / "master.key") != old
    assert not (tmp_path / NEXT).exists()
    for name, rows in before.items():
        assert sealed_in(tmp_path, None, name) == rows
        assert open_vault(tmp_path, None, name).open(rows, ACCESS) == [CELLS] * 700


def test_the_old_master_key_opens_nothing_any_more(tmp_path: Path) -> None:
    rows = sealed_in(tmp_path, MASTER_KEY)
    assert rotate(tmp_path, MASTER_KEY, OTHER_KEY) == 703
    with pytest.raises(SealError, match="another master key"):
        open_vault(tmp_path, MASTER_KEY, "people")
    assert open_vault(tmp_path, OTHER_KEY, "people").open(rows, ACCESS) == [CELLS] * 700


@pytest.mark.parametrize("done", [[], ["others"], ["others", "people"]])
def test_a_rotation_that_was_killed_anywhere_is_finished_by_the_next_who_opens(tmp_path: Path, done: list[str]) -> None:
    rows = {name: sealed_in(tmp_path, None, name) for name in ("people", "others")}
    old = read_master_key(tmp_path / "master.key")
    new = read_master_key(tmp_path / NEXT)  # made, as a rotation does first
    for name in done:
        KeyStore(tmp_path / "keys" / f"{name}.db", lambda: old).rotate(new)
    assert open_vault(tmp_path, None, "people").open(rows["people"], ACCESS) == [CELLS] * 700
    assert not (tmp_path / NEXT).exists()
    assert read_master_key(tmp_path / "master.key") == new
    assert open_vault(tmp_path, None, "others").open(rows["others"], ACCESS) == [CELLS] * 700


def test_a_vault_that_is_open_meanwhile_goes_on(tmp_path: Path) -> None:
    rows = sealed_in(tmp_path, None)
    vault = open_vault(tmp_path, None, "people")
    rotate(tmp_path, None, None)
    assert vault.open(rows, ACCESS) == [CELLS] * 700
    assert len(vault.seal([("new", "somebody new", CELLS)])) == 1


def test_a_key_that_is_made_after_a_rotation_elsewhere_opens_for_everybody(tmp_path: Path) -> None:
    sealed_in(tmp_path, None)
    vault = open_vault(tmp_path, None, "people")
    rotate(tmp_path, None, None)
    # Nothing was opened under the new master key yet, as in a service that is asked by strangers.
    row = [("new", "somebody new", blob) for blob in vault.seal([("new", "somebody new", CELLS)])]
    for _ in range(2):
        again = open_vault(tmp_path, None, "people")
        assert again.open(row, ACCESS) == [CELLS]
        assert len(again.keys.heads()) == 701
        rotate(tmp_path, None, None)
    assert not (tmp_path / NEXT).exists()


def test_a_key_that_is_lost_keeps_no_other_from_being_opened_or_rotated(tmp_path: Path) -> None:
    rows = sealed_in(tmp_path, None)
    stray = KeyStore(tmp_path / "keys" / "stray.db", lambda: bytes(32))
    stray.ensure(["stranger"])
    with closing(sqlite3.connect(tmp_path / "keys" / "people.db")) as people, people:
        people.execute(f"ATTACH '{tmp_path / 'keys' / 'stray.db'}' AS other")
        people.execute("INSERT INTO subject_keys SELECT * FROM other.subject_keys")
    stray.close()
    (tmp_path / "keys" / "stray.db").unlink()
    assert len(open_vault(tmp_path, None, "people").keys.heads()) == 700
    assert rotate(tmp_path, None, None) > 700
    vault = open_vault(tmp_path, None, "people")
    assert vault.open(rows, ACCESS) == [CELLS] * 700
    with pytest.raises(SealError, match="another master key"):
        vault.keys.find(["stranger"])


def test_rotations_at_once_leave_one_key_that_opens_everything(tmp_path: Path) -> None:
    rows = sealed_in(tmp_path, None)
    threads = [threading.Thread(target=rotate, args=(tmp_path, None, None)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert open_vault(tmp_path, None, "people").open(rows, ACCESS) == [CELLS] * 700


def test_a_key_from_outside_needs_its_successor_from_outside(tmp_path: Path) -> None:
    sealed_in(tmp_path, MASTER_KEY)
    with pytest.raises(SealError, match="new master key is missing"):
        rotate(tmp_path, MASTER_KEY, None)


def test_a_forgotten_person_stays_forgotten_after_a_rotation(tmp_path: Path) -> None:
    rows = sealed_in(tmp_path, None)
    open_vault(tmp_path, None, "people").forget({rows[0][1]})
    rotate(tmp_path, None, None)
    vault = open_vault(tmp_path, None, "people")
    assert vault.open(rows, ACCESS) == [None, *[CELLS] * 699]
    assert vault.keys.is_forgotten(rows[0][1])
    assert not vault.keys.is_forgotten(rows[1][1])
