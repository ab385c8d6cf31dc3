"""What a network learns on: devices, their precision, and the one place where backends of Keras differ.

Nothing else that trains calls TensorFlow, but for private training, which is TensorFlow's own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import TrainingError
from pipelines.models.batches import Arrays, Batch
from pipelines.models.options import Pace

if TYPE_CHECKING:
    import keras


def settle() -> None:
    """Before a network is built: let equal trainings be equal, and share it among the devices that there are."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        # The gradient of an embedding adds up in the order in which threads come by, unless told otherwise.
        tf.config.experimental.enable_op_determinism()
        names = _names()
        if len(names) > 1 and not tf.distribute.has_strategy():
            tf.distribute.experimental_set_strategy(tf.distribute.MirroredStrategy(names))
    elif backend == "jax" and len(_names()) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))


def _names() -> list[str]:
    """The devices that a training is shared among: all accelerators, or else the processors that TensorFlow or jax see.

    What is seen is the machine's to say (CUDA_VISIBLE_DEVICES). Keras shares no training of torch's.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return [device.name for device in found]
    if backend == "jax":
        import jax

        return [f"{device.platform}:{device.id}" for device in jax.devices()]
    import torch

    return ["cuda:0" if torch.cuda.is_available() else "cpu:0"]


def refuse_private() -> None:
    """Raise TrainingError where steps that protect rows cannot be taken."""
    import keras

    if keras.backend.backend() != "tensorflow" or count() > 1:
        raise TrainingError(
            f"train: `train.privacy` is set, on {count()} x {keras.backend.backend()}.",
            "Expected one device and TensorFlow: clipping each unit's gradient and its noise are written for them.",
            "unset KERAS_BACKEND, and let CUDA_VISIBLE_DEVICES name one device.",
        )


def count() -> int:
    """How many devices share a training."""
    return len(_names())


def accelerated() -> bool:
    """Whether there is anything but processors."""
    return "cpu" not in _names()[0].lower()


def compiled() -> bool:
    """Whether a step is compiled for each shape anew: by XLA on jax, by torch on an accelerator.

    Not on TensorFlow: its XLA and equal results for equal seeds exclude each other.
    """
    import keras

    backend = keras.backend.backend()
    return backend == "jax" or (backend == "torch" and accelerated())


def threads() -> int:
    """How many threads compute."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        chosen = int(tf.config.threading.get_intra_op_parallelism_threads())
        chosen = chosen or int(os.environ.get("TF_NUM_INTRAOP_THREADS") or 0)
    else:
        chosen = int(os.environ.get("OMP_NUM_THREADS") or 0)
    return chosen or len(os.sched_getaffinity(0))


def told(pace: Pace) -> dict[str, Any]:
    """What the manifest says of where a network learnt."""
    import keras

    names = _names()
    return {
        "backend": f"{keras.backend.backend()} (Keras {keras.__version__})",
        "device": f"{len(names)} x {'accelerator' if accelerated() else 'processor'}",
        "precision": precision(pace),
        "threads": threads(),
    }


def precision(pace: Pace) -> str:
    """In which numbers a step is computed; weights are float32 whatever it is."""
    if pace.precision == "auto":
        return "bfloat16" if accelerated() else "float32"
    return pace.precision


@contextmanager
def computing(network: "keras.Model", pace: Pace) -> Iterator[None]:
    """Let the layers of `network` compute in this precision for a while; those that answer stay in float32."""
    if precision(pace) == "float32":
        yield
        return
    answers = {id(tensor._keras_history.operation) for tensor in network.outputs}
    layers = [layer for layer in network._flatten_layers(include_self=False) if id(layer) not in answers]
    before = [layer.dtype_policy for layer in layers]
    for layer in layers:
        layer.dtype_policy = "mixed_bfloat16"
    try:
        yield
    finally:
        for layer, policy in zip(layers, before, strict=True):
            layer.dtype_policy = policy


def feed(arrays: Arrays) -> "NDArray[Any] | Arrays":
    """The inputs of the network by name; Keras takes a lone array without asking for its name."""
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def learn(network: "keras.Model", batch: Batch) -> float:
    """Take one step; the mean loss of the batch."""
    if shared():
        return _learn_together(network, batch)
    return float(np.asarray(network.train_on_batch(feed(batch.inputs), batch.labels, sample_weight=batch.weights)))


def answer(network: "keras.Model", arrays: Arrays) -> NDArray[Any]:
    """What `network` says to a few rows."""
    found = network(feed(arrays), training=False) if shared() else network.predict_on_batch(feed(arrays))
    return np.asarray(found)


def shared() -> bool:
    """Whether TensorFlow shares the training among devices."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return bool(tf.distribute.has_strategy())


def _learn_together(network: "keras.Model", batch: Batch) -> float:
    """Give each device its part of the batch; what they find out is added up before the weights change."""
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    size = len(batch.labels) // strategy.num_replicas_in_sync

    def part(context: Any) -> Any:
        here = slice(context.replica_id_in_sync_group * size, (context.replica_id_in_sync_group + 1) * size)
        inputs = {name: tf.constant(values[here]) for name, values in batch.inputs.items()}
        return feed(inputs), tf.constant(batch.labels[here]), tf.constant(batch.weights[here])

    network.make_train_function()
    network.reset_metrics()
    data = strategy.experimental_distribute_values_from_function(part)
    return float(network.train_function(iter([data]))["loss"])


@contextmanager
def alone() -> Iterator[None]:
    """A while in which networks belong to one device."""
    if not shared():
        yield
        return
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    tf.distribute.experimental_set_strategy(None)
    try:
        yield
    finally:
        tf.distribute.experimental_set_strategy(strategy)
