"""The champion's profile: what its training data, and its answers to the test rows, were like.

It is kept beside the champion on this machine and goes nowhere else: a model that was trained with differential privacy
promises nothing about exact counts of its training data.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.drift.traits import UNKNOWN, Trait, subjects_of, trait_of, values_of, vocabulary_of
from pipelines.files import replacing
from pipelines.record import Record

# Rows that are looked at, chosen by their ids: what a trait is worth does not grow with more.
MOST = 100_000
CLASS, CONFIDENCE, VALUE = "prediction: class", "prediction: confidence", "prediction: value"


@dataclass(frozen=True)
class Profile:
    """The traits of the champion's training data, the words it knows, and which rows were there already (`seen`)."""

    rows: int
    traits: Mapping[str, Trait]
    vocabulary: NDArray[np.bool_]
    seen: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))


def profile_of(rows: pl.DataFrame, record: Record, predictions: pl.DataFrame | None = None) -> Profile:
    """The profile of training `rows` (row, the record's columns) and of `predictions` (class, confidence; or value).

    Half of the texts say which words are known, and the other half how many words are unknown to them: words of the
    text that taught a vocabulary are never new to it.
    """
    known = at_most(rows, MOST)
    vocabulary = np.zeros(0, dtype=np.bool_)
    teaching = _ids(known["row"]) % np.uint64(2) == 0 if record.text else np.zeros(known.height, dtype=np.bool_)
    if record.text is not None:
        vocabulary = vocabulary_of(known.filter(pl.Series(teaching))[record.text.name].fill_null("").to_list())
    values = values_of(known, record, vocabulary)
    traits = {}
    for name, each in values.items():
        which = ~teaching if name.endswith(UNKNOWN) and teaching.any() else np.ones(known.height, dtype=np.bool_)
        traits[name] = trait_of(each[which] if name.endswith(UNKNOWN) else each, subjects_of(known.filter(which)))
    if predictions is not None:
        people = subjects_of(predictions)
        traits |= {name: trait_of(each, people) for name, each in answers_of(predictions).items()}
    return Profile(rows.height, traits, vocabulary)


def answers_of(predictions: pl.DataFrame) -> dict[str, Any]:
    """The values behind the traits of `predictions`: each row's class and how sure the model was, or its number."""
    if "value" in predictions.columns:
        return {VALUE: predictions["value"].cast(pl.Float64).to_numpy().astype(np.float64)}
    confidence = predictions["confidence"].cast(pl.Float64).to_numpy().astype(np.float64)
    return {CLASS: predictions["class"].cast(pl.String), CONFIDENCE: confidence}


def at_most(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """`rows`, or so many of them, chosen by their ids, which are as good as chance."""
    return rows if rows.height <= most else rows.sort("row").head(most)


def unseen(rows: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """The rows that were not there when the champion was made."""
    return rows.filter(pl.Series(~np.isin(_ids(rows["row"]), profile.seen), dtype=pl.Boolean))


def seen_in(rows: pl.Series) -> NDArray[np.uint64]:
    """The ids of rows, as a profile keeps them: 8 bytes each."""
    return np.sort(_ids(rows))


def write_profile(path: Path, profile: Profile) -> None:
    """Write `profile` to one file, whole or not at all."""
    card = {"rows": profile.rows, "traits": {name: trait.to_dict() for name, trait in profile.traits.items()}}
    text = np.frombuffer(json.dumps(card, ensure_ascii=False).encode(), dtype=np.uint8)
    with replacing(path) as draft, draft.open("wb") as file:
        np.savez_compressed(file, card=text, vocabulary=np.packbits(profile.vocabulary), seen=profile.seen)


def read_profile(path: Path) -> Profile:
    """The profile that `write_profile` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        card: dict[str, Any] = json.loads(stored["card"].tobytes())
        vocabulary, seen = np.unpackbits(stored["vocabulary"]).astype(np.bool_), stored["seen"]
    traits = {
        name: Trait(
            entry["kind"],
            entry["rows"],
            tuple(entry["counts"]),
            tuple(entry["edges"]),
            tuple(entry["names"]),
            entry["design"],
        )
        for name, entry in card["traits"].items()
    }
    return Profile(card["rows"], traits, vocabulary, seen)


def _ids(rows: pl.Series) -> NDArray[np.uint64]:
    """Keyed names as numbers of 64 bits."""
    found = [int.from_bytes(hashlib.blake2b(row.encode(), digest_size=8).digest()) for row in rows]
    return np.array(found, dtype=np.uint64)
