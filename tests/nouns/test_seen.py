"""Names that were seen: a set, in a sixth of the memory."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as some

from pipelines.seen import Seen, halves, halves_of

# Few different halves, so that names are often equal, and often alike in their first half alone.
half = some.binary(min_size=1, max_size=1).map(lambda byte: bytes(7) + byte)
batches = some.lists(some.lists(some.tuples(half, some.sampled_from([bytes(8), b"\xff" * 8])), max_size=8), max_size=8)


@given(batches)
def test_a_name_is_known_from_its_second_coming_on(found: list[list[tuple[bytes, bytes]]]) -> None:
    there, known = Seen(), set[bytes]()
    for batch in ([a + b for a, b in each] for each in found):
        again = [name in known or name in batch[:place] for place, name in enumerate(batch)]
        assert there.has(halves(batch)).tolist() == [name in known for name in batch]
        assert there.add(halves(batch)).tolist() == again
        known |= set(batch)
    assert there.count == len(known)


def test_many_names_are_found_again_whatever_run_they_lie_in() -> None:
    names = np.random.default_rng(7).integers(0, 2**63, (20_000, 2)).astype(np.uint64)
    there = Seen()
    for start in range(0, len(names), 700):
        assert not there.add(names[start : start + 700]).any()
    assert there.has(names).all()
    assert not there.has(names + np.uint64(1)).any()


def test_a_name_that_is_no_number_is_known_by_its_hash() -> None:
    names = pl.Series(["a row", "0" * 32, "f" * 32, "another"])
    there = Seen()
    there.add(halves_of(names[:3]))
    assert there.has(halves_of(names)).tolist() == [True, True, True, False]
    assert halves_of(names[1:3]).tolist() == [[0, 0], [2**64 - 1, 2**64 - 1]]
