"""How well a model foresees texts: perplexity and bits per character, with 95 % bootstrap intervals."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipelines.bootstrap import Floats, Integers, Measure, measure_of, resampled_weights


def text_measures(
    nats: Floats, characters: Integers, usual: Floats, people: Integers | None = None, *, draws: int, seed: int
) -> dict[str, Measure]:
    """From each text's `nats` and `characters` (texts,): what a character costs on average.

    By characters, models that read pieces of other sizes can be compared. perplexity is exp of nats per character: as
    unsure as among so many. unigram_bits is what characters by their frequency alone cost, by `usual` (texts,) nats.
    Of texts by `people` (texts,) whole people are drawn.
    """
    rng = np.random.default_rng(seed)
    rows = np.stack([nats, characters, usual], axis=1).astype(np.float64)
    once = _of_sums(rows.sum(axis=0, keepdims=True))
    blocks = [_of_sums(weights @ rows) for weights in resampled_weights(len(nats), draws, rng, people)]
    return {name: measure_of(float(once[name][0]), np.concatenate([b[name] for b in blocks])) for name in once}


def _of_sums(sums: Floats) -> dict[str, Floats]:
    nats, characters, usual = sums.T
    each = nats / np.maximum(characters, 1)
    return {
        "log_loss": each,
        "perplexity": np.exp(each),
        "bits_per_character": each / np.log(2),
        "unigram_bits": usual / np.log(2) / np.maximum(characters, 1),
    }


def unigram_nats(learnt: Sequence[str], asked: Sequence[str]) -> Floats:
    """What each text of `asked` costs, in nats, by the frequencies of single characters in `learnt`.

    Every character, and one that never came, is counted once more than it occurred (Laplace).
    """
    counts: Counter[str] = Counter()
    for text in learnt:
        counts.update(text)
    total = sum(counts.values()) + len(counts) + 1
    cost = {character: -np.log((count + 1) / total) for character, count in counts.items()}
    unknown = -np.log(1 / total)
    return np.array([sum(cost.get(each, unknown) for each in text) for text in asked], dtype=np.float64)
