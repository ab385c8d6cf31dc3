"""Training, as one function for all neural families: seeded, watched, stopped early, resumed where it was killed.

It runs on every backend of Keras that learns; devices.py holds what differs. Keras's own `fit` is not used: it can not
go on in the middle of an epoch, and a step of it costs more.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import TrainingError
from pipelines.models import Problem, Schedule, Watcher, devices
from pipelines.models.batches import Arrays, Batches, ahead, cut
from pipelines.models.checkpoints import Checkpoint, Progress, Weights, digest_of, identity
from pipelines.models.exporting import export
from pipelines.models.heads import loss
from pipelines.models.measuring import better, validate, validation
from pipelines.models.options import Pace
from pipelines.models.schedules import lower, optimizer_for, smoothed
from pipelines.models.starting import begin, keep

if TYPE_CHECKING:
    import keras

__all__ = ["about", "export", "prepare", "train"]


@dataclass(frozen=True)
class Course:
    """A training: who learns what, from which rows, and who watches."""

    network: "keras.Model"
    problem: Problem
    rows: Batches
    valid: Batches
    schedule: Schedule
    watcher: Watcher
    checkpoint: Checkpoint


def prepare(seed: int) -> None:
    """Seed everything, before a network is built."""
    import keras

    keras.utils.set_random_seed(seed)
    devices.settle()


def train(
    network: "keras.Model", problem: Problem, arrays: tuple[Arrays, Arrays], schedule: Schedule, watcher: Watcher
) -> Progress:
    """Teach `network` in place; it ends with the weights of its best epoch on the validation rows.

    Order and dropout of an epoch depend on the seed and the epoch's number alone, so a training that was
    killed and resumed ends where an undisturbed one does.
    """
    if schedule.private is not None:
        from pipelines.models.privately import train_privately

        progress = train_privately(network, problem, arrays, schedule, schedule.private, watcher)
    else:
        begin(network, schedule.start)
        with devices.computing(network, schedule.pace):
            progress = _train(_course(network, problem, arrays, schedule, watcher))
    keep(network, schedule)
    return progress


def _course(
    network: "keras.Model", problem: Problem, arrays: tuple[Arrays, Arrays], schedule: Schedule, watcher: Watcher
) -> Course:
    """Everything that stays as it is while `network` learns."""
    labels, pace = problem.train.labels, schedule.pace
    # A weight belongs to a label; answers that are numbers, or one for each place of a text, have none.
    weighted = labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)
    weights = problem.weights[labels] if weighted else np.ones(labels.shape)
    rows = cut(
        network,
        arrays[0],
        labels,
        weights.astype(np.float32),
        schedule.batch_size,
        bucketing=pace.bucketing,
        compiled=devices.compiled(),
        devices=devices.count(),
    )
    steps = schedule.epochs * rows.count
    network.compile(
        optimizer=optimizer_for(pace, schedule.learning_rate, steps),
        loss=smoothed(loss(problem), pace.label_smoothing),
        jit_compile=devices.compiled(),
    )
    network.optimizer.build(network.trainable_variables)
    checkpoint = Checkpoint(schedule.checkpoint, identity(network, problem, arrays[0], schedule), schedule.save_every)
    return Course(network, problem, rows, validation(network, problem, arrays[1]), schedule, watcher, checkpoint)


def _train(course: Course) -> Progress:
    network, schedule = course.network, course.schedule
    progress, best = course.checkpoint.restore(network, _copied(network))
    while _goes_on(schedule, progress):
        if not progress.batch:
            seed_dropout(network, course.problem.seed, progress.epoch)
        _learn(course, progress, best)
        best = _judge(course, progress, best)
        course.checkpoint.save(network, best, progress)
    network.set_weights(best)
    # What comes after it may be killed, too, and then asks how long this was.
    if schedule.until or not schedule.pace.refit:
        course.checkpoint.remove()
    return progress


def _goes_on(schedule: Schedule, progress: Progress) -> bool:
    """Whether there is another epoch to learn."""
    if schedule.until:
        return progress.epoch < schedule.until
    return progress.epoch < schedule.epochs and progress.epoch - progress.best_epoch < schedule.patience


def _learn(course: Course, progress: Progress, best: Weights) -> None:
    """What is left of an epoch."""
    for batch in _batches(course, progress):
        mean = progress.learnt(batch.rows, devices.learn(course.network, batch))
        if course.checkpoint.due and progress.batch < course.rows.count:
            course.checkpoint.save(course.network, best, progress)
        course.watcher.batch(progress.epoch + 1, progress.batch, course.rows.count, mean)


def _batches(course: Course, progress: Progress) -> Any:
    """The batches of an epoch that were not learnt yet; made beside the step where that takes long."""
    schedule = course.schedule
    made = course.rows.epoch(course.problem.seed, progress.epoch, progress.batch, schedule.augment)
    return ahead(made) if schedule.augment is not None or devices.accelerated() else made


def _judge(course: Course, progress: Progress, best: Weights) -> Weights:
    """End an epoch: its measures are told; the best weights so far."""
    network, pace = course.network, course.schedule.pace
    learning = _copied(network) if pace.ema else []
    if pace.ema:
        network.optimizer.finalize_variable_values(network.trainable_variables)
        # On jax weight and average are now one array, which the next step would use up for both.
        network.set_weights(_copied(network))
    measures = {"loss": progress.loss / progress.rows, **validate(network, course.problem, course.valid)}
    if not np.isfinite(measures["loss"]) or not np.isfinite(measures["valid_loss"]):
        raise TrainingError(
            f"train: the loss became infinite in epoch {progress.epoch + 1}.",
            "Expected a finite loss.",
            "lower `train.learning_rate` in params.yaml.",
        )
    if course.schedule.until or better(measures, progress, pace.monitor):
        progress.best_loss, progress.best_epoch = measures["valid_loss"], progress.epoch + 1
        best = _copied(network)
    progress.ended(measures)
    course.watcher.epoch(progress.epoch, course.schedule.until or course.schedule.epochs, measures)
    _slow_down(course, progress)
    if pace.ema:
        network.set_weights(learning)
    return best


def _copied(network: "keras.Model") -> Weights:
    """The weights as they are now, whatever becomes of the memory that a backend holds them in."""
    return [np.array(weight) for weight in network.get_weights()]


def _slow_down(course: Course, progress: Progress) -> None:
    """On a plateau, half way to giving up, learn more slowly."""
    waited, patience = progress.epoch - progress.best_epoch, max(1, course.schedule.patience // 2)
    if course.schedule.pace.decay == "plateau" and waited and waited % patience == 0:
        lower(course.network.optimizer)


def seed_dropout(network: "keras.Model", seed: int, epoch: int) -> None:
    """Set every layer's generator as a function of seed and epoch: no chance is carried over from one to the next."""
    generators = [v for v in network.non_trainable_variables + network.variables if "seed_generator" in v.path]
    for place, state in enumerate({v.path: v for v in generators}.values()):
        state.assign(np.array([(seed * 1000 + place) % 2**31, epoch * 1_000_000], dtype=str(state.dtype)))


def about(network: "keras.Model", progress: Progress, pace: Pace = Pace()) -> dict[str, Any]:
    """What there is to tell of a trained network; `weights` is the SHA-256 of its weights, in order.

    The exported graph is another matter: the exporter names and orders nodes anew in each process.
    """
    weights = digest_of(network.get_weights())
    return {"parameters": network.count_params(), "weights": weights, **progress.told, **devices.told(pace)}
