"""Keys that are kept for a while die at once where one is destroyed; frames are sealed and opened as rows are."""

from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as some
from workspaces import ACCESS, MASTER_KEY

from pipelines.kept_keys import Kept
from pipelines.spelling import normal, normals
from pipelines.vault import open_vault


def frame(rows: int, people: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": [f"r{place}" for place in range(rows)],
            "subject": [f"s{place % people}" for place in range(rows)],
            "content": [f"\x1dtext {place}".encode() for place in range(rows)],
        }
    )


def test_a_key_that_is_kept_is_not_used_after_another_vault_destroyed_it(tmp_path: Path) -> None:
    keeping, other = open_vault(tmp_path, MASTER_KEY, "people"), open_vault(tmp_path, MASTER_KEY, "people")
    keeping.keys.keep()
    ready = frame(4, 2)
    stored = ready.select("row", "subject", sealed=keeping.seal_frame(ready))
    assert keeping.open_frame(stored, ["text"], ACCESS)["text"].to_list() == [f"text {place}" for place in range(4)]
    assert other.forget({"s1"}) == {"s1"}
    assert keeping.open_frame(stored, ["text"], ACCESS)["text"].to_list() == ["text 0", "text 2"]
    again = keeping.seal_frame(ready)
    assert [new == old for new, old in zip(again, stored["sealed"], strict=True)] == [True, False, True, False]


def test_more_keys_than_may_be_kept_are_found_all_the_same(tmp_path: Path) -> None:
    vault = open_vault(tmp_path, MASTER_KEY, "people")
    vault.keys.keep(most=5)
    people = pl.Series([f"s{place}" for place in range(12)])
    keys = vault.keys.ensure_each(people[:4]) + vault.keys.ensure_each(people[4:])
    assert len(set(keys)) == 12
    for part in (people[:3], people[2:7], people):
        assert vault.keys.find_each(part) == [keys[int(name[1:])] for name in part]


# Few different halves, so that names are often alike in their first half alone.
names = some.tuples(some.integers(0, 3), some.integers(0, 2))


@given(some.lists(some.sets(names, max_size=5), max_size=5))
def test_a_kept_key_is_its_own_or_none(batches: list[set[tuple[int, int]]]) -> None:
    kept, keys = Kept(), dict[tuple[int, int], bytes]()
    for batch in batches:
        fresh = sorted(batch - keys.keys())
        made = [bytes([first, second]).ljust(32, b"\0") for first, second in fresh]
        kept.take(np.array(fresh, dtype=np.uint64).reshape(-1, 2), made)
        keys |= dict(zip(fresh, made, strict=True))
    asked = [(first, second) for first in range(5) for second in range(4)]
    here, found = kept.find(np.array(asked, dtype=np.uint64))
    assert [key for key, is_here in zip(found, here, strict=True) if is_here] == [
        keys[name] for name, is_here in zip(asked, here, strict=True) if is_here
    ]
    assert {first for first, _ in keys} == {name[0] for name, is_here in zip(asked, here, strict=True) if is_here}
    assert kept.count == len(keys)


def test_many_kept_keys_are_found_again_whatever_run_they_lie_in() -> None:
    names = np.random.default_rng(7).integers(0, 2**63, (20_000, 2)).astype(np.uint64)
    keys, kept = [place.to_bytes(32, "big") for place in range(len(names))], Kept()
    for start in range(0, len(names), 700):
        kept.take(names[start : start + 700], keys[start : start + 700])
    here, found = kept.find(names)
    assert here.all()
    assert found == keys


def test_keys_that_another_vault_made_meanwhile_are_found(tmp_path: Path) -> None:
    keeping, other = open_vault(tmp_path, MASTER_KEY, "people"), open_vault(tmp_path, MASTER_KEY, "people")
    keeping.keys.keep(most=3)
    for people in (2, 5, 9):
        ready = frame(9, people)
        assert other.seal_frame(ready).equals(keeping.seal_frame(ready))


def test_a_frame_larger_than_what_is_worked_on_at_once_keeps_its_order(tmp_path: Path) -> None:
    vault = open_vault(tmp_path, MASTER_KEY, "people")
    ready = frame(5000, 700)
    sealed = vault.seal_frame(ready)
    assert sealed.to_list() == vault.seal_contents(*(ready[name].to_list() for name in ("row", "subject", "content")))
    stored = ready.select("row", "subject", sealed=sealed)
    vault.forget({"s3"})
    left = [place for place in range(5000) if place % 700 != 3]
    opened = vault.open_frame(stored, ["text"], ACCESS)
    assert opened["row"].to_list() == [f"r{place}" for place in left]
    assert opened["text"].to_list() == [f"text {place}" for place in left]


spaced = some.text(some.sampled_from("aB \t\n\r\x0b\x0c\x1c\x1f\x7f\x01Ｇ好É"), max_size=8)


@settings(deadline=None)
@given(some.lists(some.none() | spaced | some.text(max_size=6)))
def test_texts_are_spelled_alike_one_by_one_and_in_a_column(texts: list[str | None]) -> None:
    column = normals(pl.Series(texts, dtype=pl.String))
    assert column.to_list() == [None if text is None else normal(text) for text in texts]
