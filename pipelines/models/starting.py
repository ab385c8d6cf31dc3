"""Going on from a champion: its weights and what it made of the columns, instead of chance.

params.yaml names it by version and digest (`v3-1a2b3c4d5e6f`), so the cache key of a training holds the very weights
that it began with. "The champion" would name another model tomorrow, and DVC would not know.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipelines.bundle import read_bundle
from pipelines.errors import ParameterError, TrainingError
from pipelines.features import Features, Joined
from pipelines.files import digest, replacing

if TYPE_CHECKING:
    import keras

    from pipelines.models import Schedule

FRESH = "fresh"
CHAMPIONS = Path(".flywheel/champions")
WEIGHTS = "weights.npz"
NAMED = re.compile(r"v[0-9]+-([0-9a-f]{12})")
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Start:
    """Where a training begins: the features and weights of the model of this `name`, and the labels it knows."""

    name: str
    family: str
    labels: tuple[str, ...]
    features: Features
    weights: tuple[NDArray[np.float32], ...]


def read_start(name: str, champions: Path, today: str) -> Start | None:
    """The model `name` in the folder of `champions`; None for a fresh start. `today` is the champion's name, to help.

    Raises ParameterError where there is none, or none with weights, or where its bytes are others.
    """
    if name == FRESH:
        return None
    known, folder = NAMED.fullmatch(name), champions / name
    if known is None or not (folder / WEIGHTS).is_file():
        raise ParameterError(
            f"params.yaml: `train.start` is '{name}', and no network of that name ever was the champion here.",
            "Expected `fresh`, or version and digest of a champion: they say which bytes a training begins with.",
            f"write `start: {today or FRESH}`.",
        )
    if not digest(folder).startswith(known[1]):
        raise ParameterError(
            f"params.yaml: `train.start` is '{name}', and the bytes of that model are not those that were measured.",
            "Expected the files that were promoted.",
            "bring .flywheel/champions back from a backup, or write `start: fresh`.",
        )
    bundle = read_bundle(folder)
    with np.load(folder / WEIGHTS, allow_pickle=False) as weights:
        values = tuple(weights[f"weight_{place}"] for place in range(len(weights.files)))
    return Start(name, bundle.family, bundle.labels, bundle.features, values)


def features_of(start: Start | None, kind: type[Kind]) -> Kind | None:
    """The features of this `kind` that a training begins with, or their part of it; None where it fits its own."""
    if start is None:
        return None
    parts = start.features.parts if isinstance(start.features, Joined) else ()
    return next((each for each in (start.features, *parts) if isinstance(each, kind)), None)


def check_start(start: Start | None, family: str, labels: tuple[str, ...]) -> None:
    """Raise TrainingError where a network of `family` for these `labels` cannot go on from `start`."""
    if start is not None and (start.family, start.labels) != (family, labels):
        what = f"a '{start.family}' of {len(start.labels)} labels"
        raise _other(start, what, f"a '{family}' of {len(labels)} labels, and the same ones")


def begin(network: "keras.Model", start: Start | None) -> None:
    """Give `network` the weights of `start`. Raises TrainingError where it is built in another way."""
    if start is None:
        return
    shapes = [tuple(weight.shape) for weight in network.weights]
    if shapes != [weight.shape for weight in start.weights]:
        theirs = sum(weight.size for weight in start.weights)
        raise _other(start, f"a network of {theirs:,} weights", f"{network.count_params():,} in the same layers")
    network.set_weights(list(start.weights))


def check_features(start: Start | None, features: Features) -> None:
    """Raise TrainingError where a family fitted `features` of its own although its weights belong to others."""
    if start is not None and features != start.features:
        raise _other(start, "a model whose columns are read in another way", "the features that its weights belong to")


def keep(network: "keras.Model", schedule: "Schedule") -> None:
    """Leave the weights beside the checkpoint, for the bundle."""
    content = io.BytesIO()
    np.savez(content, **{f"weight_{place}": value for place, value in enumerate(network.get_weights())})
    with replacing(kept(schedule.checkpoint)) as draft:
        draft.write_bytes(content.getvalue())


def kept(checkpoint: Path) -> Path:
    """Where the weights of a training with this `checkpoint` stand when it is over."""
    return checkpoint.with_suffix(f".{WEIGHTS}")


def _other(start: Start, found: str, expected: str) -> TrainingError:
    return TrainingError(
        f"train: `train.start` is '{start.name}', which is {found}.",
        f"Expected {expected}.",
        "write `start: fresh`, or the options that this model was trained with.",
    )
