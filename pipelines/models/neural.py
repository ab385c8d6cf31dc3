"""Training, as one function for all neural families: seeded, watched, stopped early, resumed where it was killed."""

import hashlib
import os
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import TrainingError
from pipelines.files import replacing
from pipelines.models import Problem, Schedule, Watcher
from pipelines.models.heads import loss, measures

if TYPE_CHECKING:
    import keras

Arrays = dict[str, NDArray[Any]]

# Of an epoch; a private training tells no loss of its training rows.
MEASURES = ("loss", "valid_loss", "valid_accuracy", "valid_r2")


@dataclass
class Progress:
    """How far a training has come; all of it stands in the checkpoint."""

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)


def prepare(seed: int) -> None:
    """Seed everything, before a network is built."""
    import keras

    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        # The gradient of an embedding adds up in the order in which threads come by, unless told otherwise.
        tensorflow.config.experimental.enable_op_determinism()


def train(
    network: "keras.Model", problem: Problem, arrays: tuple[Arrays, Arrays], schedule: Schedule, watcher: Watcher
) -> Progress:
    """Teach `network` in place; it ends with the weights of its best epoch on the validation rows.

    Order and dropout of an epoch depend on the seed and the epoch's number alone, so a training that was
    killed and resumed ends where an undisturbed one does.
    """
    import keras

    if schedule.private is not None:
        from pipelines.models.privately import train_privately

        return train_privately(network, problem, arrays, schedule, schedule.private, watcher)
    network.compile(
        optimizer=keras.optimizers.Adam(schedule.learning_rate, clipnorm=1.0),
        loss=loss(problem),
    )
    network.optimizer.build(network.trainable_variables)
    best = network.get_weights()
    checkpoint = Checkpoint(schedule.checkpoint, identity(network, problem, arrays[0], schedule))
    progress, best = checkpoint.restore(network, best)
    while progress.epoch < schedule.epochs and progress.epoch - progress.best_epoch < schedule.patience:
        best = _epoch(network, problem, arrays, schedule, watcher, progress, best)
        checkpoint.save(network, best, progress)
    network.set_weights(best)
    checkpoint.remove()
    return progress


def _epoch(
    network: "keras.Model",
    problem: Problem,
    arrays: tuple[Arrays, Arrays],
    schedule: Schedule,
    watcher: Watcher,
    progress: Progress,
    best: list[NDArray[Any]],
) -> list[NDArray[Any]]:
    """One pass over the training rows; the best weights so far."""
    train, valid = arrays
    order = np.random.default_rng([problem.seed, progress.epoch]).permutation(len(problem.train.labels))
    seed_dropout(network, problem.seed, progress.epoch)
    learnt = _learn(network, {n: v[order] for n, v in train.items()}, problem, order, schedule, watcher, progress.epoch)
    found = {"loss": learnt, **validate(network, valid, problem)}
    if not np.isfinite(found["loss"]) or not np.isfinite(found["valid_loss"]):
        raise TrainingError(
            f"train: the loss became infinite in epoch {progress.epoch + 1}.",
            "Expected a finite loss.",
            "lower `train.learning_rate` in params.yaml.",
        )
    progress.epoch += 1
    progress.history.append(found)
    watcher.epoch(progress.epoch, schedule.epochs, found)
    if found["valid_loss"] < progress.best_loss:
        progress.best_loss, progress.best_epoch = found["valid_loss"], progress.epoch
        return list(network.get_weights())
    return best


def _learn(
    network: "keras.Model",
    shuffled: Arrays,
    problem: Problem,
    order: NDArray[np.int64],
    schedule: Schedule,
    watcher: Watcher,
    epoch: int,
) -> float:
    import keras

    total = -(-len(order) // schedule.batch_size)

    class Tell(keras.callbacks.Callback):  # type: ignore[misc]  # keras ships no types
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            watcher.batch(epoch + 1, batch + 1, total, float((logs or {}).get("loss", float("nan"))))

    labels = problem.train.labels[order]
    history = network.fit(
        feed(shuffled),
        labels,
        sample_weight=problem.weights_of(labels),
        batch_size=schedule.batch_size,
        epochs=1,
        shuffle=False,
        verbose=0,
        callbacks=[Tell()],
    )
    return float(history.history["loss"][0])


def validate(network: "keras.Model", arrays: Arrays, problem: Problem) -> dict[str, float]:
    """The measures of `network` on the validation rows."""
    found = np.asarray(network.predict(feed(arrays), batch_size=512, verbose=0), dtype=np.float64)
    return measures(problem, found, problem.valid.labels)


def feed(arrays: Arrays) -> "NDArray[Any] | Arrays":
    """The inputs of the network by name; Keras takes a lone array without asking for its name."""
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def seed_dropout(network: "keras.Model", seed: int, epoch: int) -> None:
    """Set every layer's generator as a function of seed and epoch: a checkpoint then needs no generator states."""
    generators = [v for v in network.non_trainable_variables + network.variables if "seed_generator" in v.path]
    for place, state in enumerate({v.path: v for v in generators}.values()):
        state.assign(np.array([(seed * 1000 + place) % 2**31, epoch * 1_000_000], dtype=str(state.dtype)))


def about(network: "keras.Model", progress: Progress) -> dict[str, Any]:
    """What there is to tell of a trained network; `weights` is the SHA-256 of its weights, in order.

    The exported graph is another matter: the exporter names and orders nodes anew in each process.
    """
    total = hashlib.sha256()
    for weight in network.get_weights():
        total.update(np.ascontiguousarray(weight).tobytes())
    return {"parameters": network.count_params(), "weights": total.hexdigest(), **vars(progress)}


def export(network: "keras.Model", example: Arrays) -> bytes:
    """`network` as an ONNX graph with a dynamic batch."""
    network(feed(example), training=False)  # the exporter wants a network that was called
    with tempfile.TemporaryDirectory(prefix="flywheel-export-") as folder:
        path = Path(folder) / "model.onnx"
        with warnings.catch_warnings():
            # The exporter still probes numpy for a name that went away.
            warnings.filterwarnings("ignore", message="In the future `np.object`", category=FutureWarning)
            network.export(str(path), format="onnx", verbose=False)
        return path.read_bytes()


def identity(network: "keras.Model", problem: Problem, arrays: Arrays, schedule: Schedule) -> str:
    """What a checkpoint must agree in to be gone on from: network, data, schedule, seed."""
    total = hashlib.sha256(network.to_json().encode())
    for name, values in sorted(arrays.items()):
        total.update(name.encode() + values.tobytes())
    total.update(problem.train.labels.tobytes() + problem.valid.labels.tobytes() + problem.weights.tobytes())
    # More epochs or more patience continue the same training; another batch size or rate is another one.
    total.update(
        f"{problem.seed} {schedule.batch_size} {schedule.learning_rate} {os.environ.get('OMP_NUM_THREADS')}".encode()
    )
    return total.hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training after its last whole epoch, in one file."""

    path: Path
    identity: str

    def save(self, network: "keras.Model", best: list[NDArray[Any]], progress: Progress) -> None:
        """Write the state, whole or not at all."""
        state: dict[str, Any] = {f"weight_{i}": value for i, value in enumerate(network.get_weights())}
        state |= {f"best_{i}": value for i, value in enumerate(best)}
        state |= {f"optimizer_{i}": np.asarray(v) for i, v in enumerate(network.optimizer.variables)}
        history = [[h.get(name, np.nan) for name in MEASURES] for h in progress.history]
        scalars = np.array([progress.epoch, progress.best_epoch, progress.best_loss])
        with replacing(self.path) as draft, draft.open("wb") as file:
            np.savez(file, identity=np.array(self.identity), scalars=scalars, history=np.array(history), **state)

    def restore(self, network: "keras.Model", best: list[NDArray[Any]]) -> tuple[Progress, list[NDArray[Any]]]:
        """Bring `network` to the saved state, if it is of this very training; the progress and the best weights."""
        if not self.path.is_file():
            return Progress(), best
        with np.load(self.path, allow_pickle=False) as state:
            if str(state["identity"]) != self.identity:
                return Progress(), best
            network.set_weights([state[f"weight_{i}"] for i in range(len(best))])
            for place, variable in enumerate(network.optimizer.variables):
                variable.assign(state[f"optimizer_{place}"])
            epoch, best_epoch, best_loss = state["scalars"]
            history = [
                {name: float(value) for name, value in zip(MEASURES, row, strict=True) if not np.isnan(value)}
                for row in state["history"]
            ]
            weights = [state[f"best_{i}"] for i in range(len(best))]
        return Progress(int(epoch), int(best_epoch), float(best_loss), history), weights

    def remove(self) -> None:
        """A finished training needs no checkpoint."""
        self.path.unlink(missing_ok=True)
