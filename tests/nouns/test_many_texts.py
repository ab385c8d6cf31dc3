"""What the checks of the table do where there is too much: they look at a part of it, one that speaks for all."""

import math
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as some

from pipelines.checks.gathered import SIGNED, gather
from pipelines.checks.nearly import MANY_PAIRS, NEAR, near_pairs, sign
from pipelines.record import Column, Record
from pipelines.shards import Shard
from pipelines.validate import spread

RECORD = Record("notes", (Column("text", "text", "text"), Column("label", "category", "label", categories=("a", "b"))))
WORDS = ["the", "battery", "of", "this", "phone", "great", "and", "holds", "long", "screen", "broke", "after", "one"]


def alike(count: int) -> list[str]:
    """Sentences of few words: all of them are a little alike."""
    return [" ".join(words) for words in np.random.default_rng(0).choice(WORDS, (count, 14))]


def runs(text: str) -> set[str]:
    return {text[place : place + 5] for place in range(len(text) - 4)}


def test_where_all_texts_are_a_little_alike_the_near_ones_are_found_still() -> None:
    texts = alike(6000)
    copies = [text + " so far" for text in texts[:300]]
    signed = sign([str(place) for place in range(6300)], texts + copies)
    met = sum(int((np.diff(np.sort(band)) == 0).sum()) for band in signed.bands.T)
    assert met > MANY_PAIRS
    near = [len(runs(a) & runs(b)) / len(runs(a) | runs(b)) >= NEAR for a, b in zip(texts, copies, strict=False)]
    found = {tuple(pair) for pair in near_pairs(signed).tolist()}
    missed = sum(is_near and (place, 6000 + place) not in found for place, is_near in enumerate(near))
    assert sum(near) > 250
    assert missed <= 0.02 * sum(near)


def test_of_rows_too_many_to_sign_a_share_is_signed_and_it_says_which() -> None:
    texts = alike(4000)
    shard = pl.DataFrame({"row": [str(place) for place in range(4000)], "text": texts, "label": "a", "origin": "x"})
    every = gather([shard], RECORD)
    part = gather([shard.head(1000), shard.tail(3000)], RECORD, some=4 * SIGNED)
    assert every.signatures.kept == 1
    assert 0.25 < part.signatures.kept < 0.4
    assert abs(len(part.signatures.rows) / len(every.signatures.rows) - part.signatures.kept) < 0.05
    assert set(part.signatures.rows) <= set(every.signatures.rows)
    assert part.rows == every.rows == 4000


@given(some.integers(1, 300), some.floats(0.001, 3))
def test_shards_are_spread_evenly_and_the_newest_is_among_them(count: int, share: float) -> None:
    shards = [Shard(str(place), (Path(str(place)),)) for place in range(count)]
    found = [int(shard.name) for shard in spread(shards, share)]
    assert found[-1] == count - 1
    assert len(found) <= max(1, math.floor(count * share))
    assert len(set(np.diff(found))) <= 1
    assert found[0] < (math.ceil(count / max(1, math.floor(count * share))))
