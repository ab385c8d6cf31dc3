"""How far a training has come, in one file: killed anywhere, it goes on from the batch that it had learnt last."""

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.files import replacing
from pipelines.models import Problem, Schedule
from pipelines.models.batches import Arrays
from pipelines.models.devices import threads

if TYPE_CHECKING:
    import keras

Weights = list[NDArray[Any]]


@dataclass
class Progress:
    """How far a training has come; all of it stands in the checkpoint.

    `epoch` epochs are over; of the next one `batch` batches were learnt, `rows` rows with `loss` as the sum of theirs.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)
    batch: int = 0
    rows: int = 0
    loss: float = 0.0

    @property
    def told(self) -> dict[str, Any]:
        """What is told of a training that is over."""
        return {name: getattr(self, name) for name in ("epoch", "best_epoch", "best_loss", "history")}

    def learnt(self, rows: int, loss: float) -> float:
        """Add a batch of so many rows with this mean loss; the mean over the epoch so far."""
        self.batch, self.rows, self.loss = self.batch + 1, self.rows + rows, self.loss + rows * loss
        return self.loss / self.rows

    def ended(self, measures: dict[str, float]) -> None:
        """An epoch is over, with these measures."""
        self.epoch, self.batch, self.rows, self.loss = self.epoch + 1, 0, 0, 0.0
        self.history.append(measures)


@dataclass
class Checkpoint:
    """The state of a training in one file, written every `seconds` and after every epoch."""

    path: Path
    identity: str
    seconds: float = 60.0
    saved: float = field(default_factory=time.monotonic)

    @property
    def due(self) -> bool:
        """Whether a kill would now cost more than it should."""
        return time.monotonic() - self.saved >= self.seconds

    def save(self, network: "keras.Model", best: Weights, progress: Progress) -> None:
        """Write the state, whole or not at all."""
        state: dict[str, Any] = {f"variable_{place}": np.asarray(each) for place, each in enumerate(variables(network))}
        state |= {f"best_{place}": value for place, value in enumerate(best)}
        told = np.array([self.identity, json.dumps(asdict(progress))])
        with replacing(self.path) as draft, draft.open("wb") as file:
            np.savez(file, progress=told, **state)
        self.saved = time.monotonic()

    def restore(self, network: "keras.Model", best: Weights) -> tuple[Progress, Weights]:
        """Bring `network` to the saved state, if it is of this very training; the progress and the best weights."""
        if not self.path.is_file():
            return Progress(), best
        with np.load(self.path, allow_pickle=False) as state:
            whose, told = (str(each) for each in state["progress"])
            if whose != self.identity:
                return Progress(), best
            for place, variable in enumerate(variables(network)):
                variable.assign(state[f"variable_{place}"])
            weights = [state[f"best_{place}"] for place in range(len(best))]
        return Progress(**json.loads(told)), weights

    def remove(self) -> None:
        """A finished training needs no checkpoint."""
        self.path.unlink(missing_ok=True)


def variables(network: "keras.Model") -> list[Any]:
    """All that a training changes: weights, states of dropout, and the optimizer's."""
    return [*network.variables, *network.optimizer.variables]


def identity(network: "keras.Model", problem: Problem, arrays: Arrays, schedule: Schedule) -> str:
    """What a checkpoint must agree in to be gone on from: network, weights at the start, data, schedule, seed.

    More epochs or more patience continue the same training, but where the learning rate falls towards the last epoch.
    """
    total = hashlib.sha256(structure(network).encode())
    for values in [*network.get_weights(), problem.train.labels, problem.valid.labels, problem.weights]:
        total.update(_bytes(values))
    for name, values in sorted(arrays.items()):
        total.update(name.encode())
        total.update(_bytes(values))
    pace = schedule.pace
    last = schedule.epochs if pace.decay == "cosine" or pace.warmup else None
    chosen = (problem.seed, schedule.batch_size, schedule.learning_rate, last, pace, threads(), repr(schedule.augment))
    total.update(repr(chosen).encode())
    return total.hexdigest()


def structure(network: "keras.Model") -> str:
    """How `network` is built, as JSON. Parts bear numbers: Keras names them by how many a process has made."""
    parts = [network, *network.operations, *network._flatten_layers(include_self=False)]
    places = {name: place for place, name in enumerate(dict.fromkeys(part.name for part in parts))}

    def numbered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: numbered(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [numbered(inner) for inner in value]
        return places.get(value, value) if isinstance(value, str) else value

    return json.dumps(numbered({**json.loads(network.to_json()), "compile_config": None}))


def digest_of(weights: Weights) -> str:
    """The SHA-256 of weights, in order."""
    total = hashlib.sha256()
    for weight in weights:
        total.update(_bytes(weight))
    return total.hexdigest()


def _bytes(values: NDArray[Any]) -> memoryview:
    """The bytes of `values`, which may be many, without a copy of them."""
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
