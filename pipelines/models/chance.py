"""Chance that nobody can foretell and that yet comes out the same again: which units a step sees, and its noise.

Both are functions of a key. Noise is the keystream of SHAKE-128, since it shows through in what is released and a
generator whose state can be worked out would give the rest of it away; who is sampled never shows.
"""

import hashlib
import hmac
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Secret:
    """The chance of one training, by a `key` that belongs to it alone."""

    key: bytes

    @property
    def mark(self) -> str:
        """By which the secret is known to those who may not know it."""
        return hashlib.sha256(b"mark" + self.key).hexdigest()

    def bits(self, step: int, size: int) -> NDArray[np.int32]:
        """Uniform 32-bit numbers, with sign, for the noise of `step`: `size` of them, or one more to make pairs."""
        stream = hashlib.shake_128(b"noise" + step.to_bytes(8, "big") + self.key)
        return np.frombuffer(stream.digest(4 * (size + size % 2)), dtype="<i4")

    def sample(self, step: int, units: int, rate: float) -> NDArray[np.int32]:
        """The units of `step`, each taken with probability `rate` by itself (Poisson sampling), in order.

        How many come is binomial, and which, a uniform choice of so many: the same law as a coin for each.
        """
        seed = int.from_bytes(hashlib.sha256(b"sample" + step.to_bytes(8, "big") + self.key).digest(), "big")
        generator = np.random.default_rng(seed)
        taken = generator.choice(units, generator.binomial(units, rate), replace=False, shuffle=False)
        return np.sort(taken).astype(np.int32)


def secret_for(master: bytes, training: str) -> Secret:
    """The secret of the `training` with this identity; two trainings share none of their noise."""
    return Secret(hmac.digest(master, b"differential privacy\0" + training.encode(), "sha256"))
