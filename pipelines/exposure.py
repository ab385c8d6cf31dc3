"""Exposure: how much more a model believes a secret that it has seen than the secrets that it might have seen.

Carlini et al., "The Secret Sharer", USENIX Security 2019 (arXiv 1802.08232). Works on any loss: that of a language
model on a sequence, or that of a classifier on a made-up text with a random label.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.bootstrap import Floats

# Below this a canary could not be drawn from the model in a thousand guesses; the anchors' threshold.
THRESHOLD = 10.0
# The largest skewness that a skew-normal law can have is .9953.
STEEPEST, MOST = 0.99, 1000.0
# Parts of made-up words, which no text of people holds: nothing but memory knows them.
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu", "xe")


@dataclass(frozen=True)
class Exposure:
    """Bits by which the canaries were exposed, over so many `references`; a coin's mean is 1.44 bits."""

    canaries: int
    references: int
    largest: float
    mean: float
    extrapolated: float


@dataclass(frozen=True)
class Canaries:
    """Texts that say nothing, the class (a coin's) that each is said to have, and whether it is to be trained on."""

    texts: list[str]
    classes: NDArray[np.int64]
    included: NDArray[np.bool_]


def make_canaries(number: int, labels: int, seed: int, vocabulary: int, words: int = 6) -> Canaries:
    """So many texts of made-up words, each with a class of its own and included by a fair coin; equal per seed.

    The words come from a `vocabulary` of so many, so that a family that drops rare words keeps them: a text is known
    by which of them stand together.
    """
    rng = np.random.default_rng(seed)
    parts = rng.permutation(len(SYLLABLES) ** 3)[:vocabulary]
    spoken = [
        "".join(SYLLABLES[part // len(SYLLABLES) ** place % len(SYLLABLES)] for place in range(3)) for part in parts
    ]
    texts = [" ".join(spoken[place] for place in text) for text in rng.integers(0, vocabulary, size=(number, words))]
    return Canaries(texts, rng.integers(0, labels, number), rng.random(number) < 0.5)


def exposure(canaries: Floats, references: Floats) -> Exposure:
    """The exposure of `canaries` by their losses, against the losses of `references`, equally made and not seen."""
    ranked, fitted = by_rank(canaries, references), by_distribution(canaries, references)
    return Exposure(canaries.size, references.size, float(ranked.max()), float(ranked.mean()), float(fitted.max()))


def by_rank(canaries: Floats, references: Floats) -> Floats:
    """log2(all) - log2(rank) of each loss among the references and itself: (canaries,), at most log2(all) bits.

    Where losses are equal, half of the references with this very loss stand before it. A canary that nothing tells
    from a reference has 1 / ln 2 = 1.44 bits on average.
    """
    rising = np.sort(references)
    lower, equal = np.searchsorted(rising, canaries, side="left"), np.searchsorted(rising, canaries, side="right")
    ranks = 1 + (lower + equal) / 2
    return np.asarray(math.log2(rising.size + 1) - np.log2(ranks), dtype=np.float64)


def by_distribution(canaries: Floats, references: Floats) -> Floats:
    """-log2 of the chance of so small a loss under a skew-normal law fitted to the references: (canaries,).

    Unlike ranks it can exceed the logarithm of their number; at MOST bits the law has no more digits. It is fitted by
    moments (Azzalini 1985), which takes no search. Where all references have one loss, ranks stand in.
    """
    from scipy.stats import skewnorm

    spread = references.std()
    if spread == 0:
        return by_rank(canaries, references)
    skewness = float(np.clip(((references - references.mean()) ** 3).mean() / spread**3, -STEEPEST, STEEPEST))
    part = abs(skewness) ** (2 / 3)
    delta = math.copysign(math.sqrt(math.pi / 2 * part / (part + ((4 - math.pi) / 2) ** (2 / 3))), skewness)
    scale = spread / math.sqrt(1 - 2 * delta**2 / math.pi)
    place = references.mean() - scale * delta * math.sqrt(2 / math.pi)
    chances = skewnorm.logcdf(canaries, delta / math.sqrt(1 - delta**2), place, scale)
    return np.asarray(np.minimum(-chances / math.log(2), MOST), dtype=np.float64)
