"""What a language model's bundle says of a text: how surprising each part of it is, and how it goes on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.bundle import Bundle
from pipelines.errors import DataError
from pipelines.letters import END, UNKNOWN, Letters, padded

# A piece outside the vocabulary is one character of so many: then models of different vocabularies can be compared.
UNICODE = 150_000
SMALLEST = 1e-15
# How many probabilities are computed at once.
AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Manner:
    """How the next piece is chosen: from the `top_k` likeliest (0: from all), as likely as `temperature` makes them.

    At temperature 0 it is the likeliest one; at 1 each comes as often as the model says, above 1 more evenly.
    """

    temperature: float = 0.8
    top_k: int = 0
    seed: int = 0


def letters_of(bundle: Bundle) -> Letters:
    """The pieces that a language model reads. Raises DataError where `bundle` is another kind of model."""
    if isinstance(bundle.features, Letters):
        return bundle.features
    raise DataError(
        f"The model is a {bundle.family}, which answers rows and writes no text.",
        "Expected a language model: a record whose text has no label.",
        "train one (`family: gpt`), or ask this one (`flywheel predict`).",
    )


class Nats(NamedTuple):
    """How surprising each of some texts is, (texts,): its nats, and the pieces and characters that they are spread on.

    The end of a text is foretold too, and counts as one of both.
    """

    nats: NDArray[np.float64]
    pieces: NDArray[np.int64]
    characters: NDArray[np.int64]


def text_nats(bundle: Bundle, texts: Sequence[str | None]) -> Nats:
    """How surprising each text is, read from its beginning in stretches as long as the model sees at once."""
    features = letters_of(bundle)
    rows, owners = [], []
    pieces = np.zeros(len(texts), dtype=np.int64)
    for owner, text in enumerate(texts):
        stream = [END, *features.read(text or ""), END]
        pieces[owner] = len(stream) - 1
        for start in range(0, len(stream) - 1, features.length):
            rows.append(stream[start : start + features.length + 1])
            owners.append(owner)
    characters = np.array([len(text or "") + 1 for text in texts], dtype=np.int64)
    nats = np.bincount(owners, _surprise(bundle, rows), len(texts)).astype(np.float64)
    return Nats(nats, pieces, characters)


def text_losses(bundle: Bundle, texts: Sequence[str | None]) -> NDArray[np.float64]:
    """How surprising each text is: (texts,) nats for each of its characters and its end, averaged over them."""
    found = text_nats(bundle, texts)
    return found.nats / found.characters


def _surprise(bundle: Bundle, rows: list[list[int]]) -> NDArray[np.float64]:
    """The nats that the pieces of each row but its first one take."""
    features = letters_of(bundle)
    size = max(1, AT_ONCE // (features.length * features.rows))
    found = np.zeros(len(rows))
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        given, lengths = padded(batch), np.array([len(row) - 1 for row in batch])
        likely = bundle.run({"letters": given[:, :-1]})
        right = np.take_along_axis(likely, given[:, 1:, None].astype(np.int64), axis=2)[..., 0]
        nats = -np.log(np.maximum(right, SMALLEST)) + np.where(given[:, 1:] == UNKNOWN, math.log(UNICODE), 0)
        found[start : start + size] = np.where(np.arange(nats.shape[1]) < lengths[:, None], nats, 0).sum(axis=1)
    return found


def go_on(bundle: Bundle, prompt: str, length: int, manner: Manner) -> str:
    """At most `length` pieces of text behind `prompt`, fewer where the model ends it, and one at least.

    Equal seeds give equal texts.
    """
    features = letters_of(bundle)
    chance = np.random.default_rng(manner.seed)
    stream = [END, *features.read(prompt)]
    begun = len(stream)
    while len(stream) - begun < length:
        seen = np.array([stream[-features.length :]], dtype=np.int32)
        likely = np.array(bundle.run({"letters": seen})[0, -1])
        if len(stream) == begun:
            likely[END] = 0  # who asks for more of a text that seems whole wants more than nothing
        number = chosen(likely, manner, chance)
        if number == END:
            break
        stream.append(number)
    return features.write(stream[begun:])


def chosen(likely: NDArray[np.float64], manner: Manner, chance: np.random.Generator) -> int:
    """One number by its probability (vocabulary,); never the one that stands for what cannot be written."""
    likely = likely.copy()
    likely[UNKNOWN] = 0
    if manner.temperature == 0:
        return int(likely.argmax())
    logs = np.log(np.maximum(likely, SMALLEST)) / manner.temperature
    if 0 < manner.top_k < len(logs):
        # The stable order keeps exactly so many where several are equally likely.
        logs[np.argsort(-logs, kind="stable")[manner.top_k :]] = -np.inf
    logs[UNKNOWN] = -np.inf
    weights = np.exp(logs - logs.max())
    return int(chance.choice(len(weights), p=weights / weights.sum()))
