"""What a step of our training costs beside a hand-written `model.fit` on the same rows and network.

    FLYWHEEL_DATASETS=DIR python benchmarks/models_loop.py

Both train the same network with the same optimizer and batches; they take turns in one process, on one thread, and
the median of their ratios is told, in CPU seconds and by the clock. Texts are as long as those of IMDB's training
part where DIR holds it. No quality is measured and no test row is read.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reporting import Figure, report

Run = Callable[[], Any]
# Words as they come in texts; the first are the commonest.
WORDS = 5000
LONGEST = 400


class Silent:
    """Watches without a word."""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """A batch was learnt."""

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """An epoch ended."""


def figures() -> list[Figure]:
    """The ratios of this machine."""
    prepare()
    from pipelines.models.neural import prepare as seeded

    found = []
    for name, make, rows in (("mlp", mlp, 16_000), ("bilstm", bilstm, 1_600), ("cnn", cnn, 3_200)):
        seeded(7)
        arrays, labels = table(rows) if name == "mlp" else texts(np.full(rows, 40))
        found += compare(f"a step of the loop: {name}, batch 64", make, arrays, labels, 1.05, turns=9)
    lengths, whose = imdb_lengths()
    for name, make, rows in (("bilstm", bilstm, 512), ("cnn", cnn, 2_048)):
        seeded(7)
        arrays, labels = texts(lengths[:rows])
        found += compare(f"a step of the loop: {name}, texts as long as {whose}", make, arrays, labels, 1.0, turns=5)
    return found


def prepare() -> None:
    """One core, one thread, as the stages set TensorFlow up."""
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.path.insert(0, str(Path(__file__).parent.parent))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def compare(
    what: str, make: Callable[[], Any], arrays: Any, labels: NDArray[Any], bar: float, turns: int
) -> list[Figure]:
    """Ours over theirs: the median ratio of pairs, each pair one epoch of both."""
    ours, theirs = loop(make(), arrays, labels), by_hand(make(), arrays, labels)
    for run in (ours, theirs):  # compile
        run()
    spent = [(timed(ours), timed(theirs)) if turn % 2 else timed_back(ours, theirs) for turn in range(turns)]
    cpu = statistics.median(mine[0] / other[0] for mine, other in spent)
    clock = statistics.median(mine[1] / other[1] for mine, other in spent)
    steps = -(-len(labels) // 64)
    mine, other = (1e3 * statistics.median(pair[place][0] for pair in spent) / steps for place in (0, 1))
    how = f"{mine:.2f} ms and {other:.2f} ms CPU a step, {clock:.2f} by the clock; {turns} pairs, one thread, seed 7"
    return [Figure(what, cpu, "x model.fit", "lower", "a hand-written model.fit", bar, how)]


def loop(network: Any, arrays: Any, labels: NDArray[Any]) -> Run:
    """One epoch by the loop of neural.py: no validation and no checkpoint, which the other side has not either."""
    from pipelines.models import Part, Problem, Schedule
    from pipelines.models.checkpoints import Progress
    from pipelines.models.neural import _course, _learn
    from pipelines.record import Record

    part = Part({}, labels)
    problem = Problem(Record("rows", ()), ("a", "b"), part, Part({}, labels[:2]), np.ones(2), 7)
    schedule = Schedule(99, 64, 0.001, 99, Path(tempfile.gettempdir()) / "models_loop.npz")
    valid = {name: values[:2] for name, values in arrays.items()}
    course = _course(network, problem, (arrays, valid), schedule, Silent())
    epoch = iter(range(10_000))
    return lambda: _learn(course, Progress(epoch=next(epoch)), [])


def by_hand(network: Any, arrays: Any, labels: NDArray[Any]) -> Run:
    """One epoch by Keras's `fit`, as its guides write it: texts are padded to the longest of all."""
    import keras

    network.compile(
        optimizer=keras.optimizers.Adam(0.001, global_clipnorm=1.0),
        loss="sparse_categorical_crossentropy",
        jit_compile=False,
    )
    (only,) = arrays.values()
    return lambda: network.fit(only, labels, batch_size=64, epochs=1, verbose=0)


def timed(run: Run) -> tuple[float, float]:
    """CPU seconds and seconds by the clock."""
    clock, cpu = time.perf_counter(), time.process_time()
    run()
    return time.process_time() - cpu, time.perf_counter() - clock


def timed_back(ours: Run, theirs: Run) -> tuple[tuple[float, float], tuple[float, float]]:
    """Both, the other one first."""
    other = timed(theirs)
    return timed(ours), other


def table(rows: int) -> tuple[Any, NDArray[np.int64]]:
    """As wide as Adult."""
    chance = np.random.default_rng(7)
    return {"table": chance.normal(size=(rows, 108)).astype(np.float32)}, chance.integers(0, 2, rows)


def texts(lengths: NDArray[np.int64]) -> tuple[Any, NDArray[np.int64]]:
    """Words of chance, as common as words are, in texts of these lengths."""
    chance = np.random.default_rng(7)
    tokens = (chance.zipf(1.2, (len(lengths), int(lengths.max()))) % (WORDS - 2) + 2).astype(np.int32)
    tokens[np.arange(tokens.shape[1])[None] >= lengths[:, None]] = 0
    return {"tokens": tokens}, chance.integers(0, 2, len(lengths))


def imdb_lengths() -> tuple[NDArray[np.int64], str]:
    """How many words the texts of IMDB's training part have, cut at LONGEST; without it, lengths like them."""
    chance = np.random.default_rng(7)
    path = Path(os.environ.get("FLYWHEEL_DATASETS", "")) / "imdb" / "train.csv.gz"
    if not path.is_file():
        return np.clip(chance.lognormal(5.2, 0.65, 4096), 10, LONGEST).astype(np.int64), "reviews of films (drawn)"
    import polars as pl

    words = pl.read_csv(path)["text"].str.split(" ").list.len().to_numpy()
    return np.minimum(chance.permutation(words), LONGEST).astype(np.int64), "IMDB's"


def mlp() -> Any:
    """Two layers with dropout."""
    import keras

    given = keras.Input((108,), name="table")
    hidden = given
    for units in (128, 64):
        hidden = keras.layers.Dropout(0.2)(keras.layers.Dense(units, activation="relu")(hidden))
    return keras.Model(given, keras.layers.Dense(2, activation="softmax")(hidden))


def bilstm() -> Any:
    """A bidirectional LSTM over embeddings."""
    import keras

    given = keras.Input((None,), dtype="int32", name="tokens")
    hidden = keras.layers.Embedding(WORDS, 64, mask_zero=True)(given)
    hidden = keras.layers.Bidirectional(keras.layers.LSTM(32))(hidden)
    return keras.Model(given, keras.layers.Dense(2, activation="softmax")(hidden))


def cnn() -> Any:
    """Kim's convolutions of three widths over embeddings, and their largest answers."""
    import keras
    from keras import layers

    given = keras.Input((None,), dtype="int32", name="tokens")
    embedded = layers.Embedding(WORDS, 64)(given)
    found = [layers.Conv1D(64, width, padding="same", activation="relu")(embedded) for width in (3, 4, 5)]
    hidden = layers.Dropout(0.5)(layers.concatenate([layers.GlobalMaxPooling1D()(each) for each in found]))
    return keras.Model(given, layers.Dense(2, activation="softmax")(hidden))


if __name__ == "__main__":
    report("models_loop", figures())
