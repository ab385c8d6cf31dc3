"""Training with differential privacy: the schedule of DP-SGD, watched without looking at the training rows.

The weights that come out are a moving average over the last steps, which costs no privacy. Nothing is chosen by
the validation rows: no early stop, no best epoch. The training loss is not told: it would be read off the rows.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import TrainingError
from pipelines.models import Private, Problem, Schedule, Watcher
from pipelines.models.batches import Arrays, Batches
from pipelines.models.checkpoints import Checkpoint, Progress, identity
from pipelines.models.devices import refuse_private
from pipelines.models.measuring import validate, validation
from pipelines.models.neural import seed_dropout
from pipelines.models.private import Mechanism, PrivateStep, Units

if TYPE_CHECKING:
    import keras

AVERAGE = 0.95


def train_privately(
    network: "keras.Model",
    problem: Problem,
    arrays: tuple[Arrays, Arrays],
    schedule: Schedule,
    private: Private,
    watcher: Watcher,
) -> Progress:
    """Teach `network` in place, as `private` says; it ends with the average of the weights of its last steps.

    Samples, noise and dropout of a step depend on the training's secret and on the step's number alone: a training
    that was killed and resumed repeats the noise that was drawn before, and ends where an undisturbed one does.
    """
    import keras

    refuse_private()
    optimizer = keras.optimizers.Adam(schedule.learning_rate, use_ema=True, ema_momentum=AVERAGE)
    network.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
    optimizer.build(network.trainable_variables)
    whose = f"{identity(network, problem, arrays[0], schedule)} {private.secret.mark}"
    checkpoint = Checkpoint(schedule.checkpoint, whose)
    progress, average = checkpoint.restore(network, network.get_weights())
    step, valid = _step(network, problem, arrays[0], private), validation(network, problem, arrays[1])
    while progress.epoch < private.epochs:
        seed_dropout(network, int.from_bytes(private.secret.key[:3], "big"), progress.epoch)
        for number in range(progress.epoch * private.steps_per_epoch, (progress.epoch + 1) * private.steps_per_epoch):
            step(private.secret.sample(number, len(private.table), private.spending.rate), number)
            watcher.batch(
                progress.epoch + 1, number % private.steps_per_epoch + 1, private.steps_per_epoch, float("nan")
            )
        average = _after(network, problem, valid, private, watcher, progress)
        checkpoint.save(network, average, progress)
    network.set_weights(average)
    checkpoint.remove()
    return progress


def _step(network: "keras.Model", problem: Problem, arrays: Arrays, private: Private) -> PrivateStep:
    mechanism = Mechanism(private.clip, private.spending.sigma, private.spending.rate * len(private.table))
    labels = problem.train.labels
    (only,) = arrays.values()  # no family that learns privately reads more
    return PrivateStep(network, mechanism, Units(only, labels, problem.weights[labels], private.table), private.secret)


def _after(
    network: "keras.Model", problem: Problem, valid: Batches, private: Private, watcher: Watcher, progress: Progress
) -> list[Any]:
    """The averaged weights at the end of an epoch; their measures on the validation rows are told."""
    weights = network.get_weights()
    network.optimizer.finalize_variable_values(network.trainable_variables)
    average = list(network.get_weights())
    measures = validate(network, problem, valid)
    network.set_weights(weights)
    if not all(np.isfinite(weight).all() for weight in weights):
        raise TrainingError(
            f"train: the weights became infinite in epoch {progress.epoch + 1}.",
            "Expected finite weights.",
            "lower `train.learning_rate` in params.yaml.",
        )
    progress.ended(measures)
    progress.best_epoch, progress.best_loss = progress.epoch, measures["valid_loss"]
    watcher.epoch(progress.epoch, private.epochs, measures)
    return average
