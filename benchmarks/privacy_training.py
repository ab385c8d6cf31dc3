"""Learning with differential privacy: how right it is, and what a step costs beside one without.

    FLYWHEEL_DATASETS=DIR python benchmarks/privacy_training.py

DIR holds mnist/ and adult/. What MNIST's training is like was chosen on its last 10,000 training pictures; Adult's
was not tuned at all. The test parts are looked at here alone. One core, CPU seconds.
"""

import gzip
import os
import statistics
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reporting import Figure, report
from scattering import scattering, standardised

DELTA = 1e-5
KEY = b"a benchmark has nothing to hide"
Step = Callable[[], Any]


def figures() -> list[Figure]:
    """What private training reaches and costs on this machine."""
    prepare()
    found = costs()
    data = os.environ.get("FLYWHEEL_DATASETS")
    for folder, measure in (("mnist", mnist), ("adult", adult)):
        if data and (Path(data) / folder).is_dir():
            found += measure(Path(data) / folder)
        else:
            print(f"{folder}: left out, FLYWHEEL_DATASETS holds no such folder")
    return found


def prepare() -> None:
    """One core, one thread, as the stages set TensorFlow up."""
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def costs() -> list[Figure]:
    """A private step beside a plain one and a vectorised one, for the three networks of the anchors."""
    found = []
    bars = {"adult MLP": (1.5, 27), "IMDB bag of embeddings": (3.3, 20), "MNIST CNN": (4.3, 8.6)}
    for (name, (bar, peer)), make in zip(bars.items(), (adult_mlp, imdb_bag, mnist_cnn), strict=True):
        network, inputs, labels = make()
        plain, private, vectorised = timed(steps(network, inputs, labels))
        how = f"{1e3 * plain:.2f} ms plain, {1e3 * private:.2f} ms private; SGD, best of 15, one thread"
        what = f"DP step: {name}, {network.count_params():,} parameters, batch {len(labels)}"
        anchor = f"vectorized_map here {vectorised / plain:.3g} x, published {peer} x"
        found.append(Figure(what, private / plain, "x plain", "lower", anchor, bar, how))
        how = f"{1e3 * vectorised:.2f} ms, in the same process"
        found.append(Figure(f"peer tf.vectorized_map: {name}", vectorised / plain, "x plain", "lower", "", None, how))
    return found


def network_of(shape: tuple[int, ...], *layers: Any, labels: int, dtype: str = "float32") -> Any:
    """A network of `layers` and a softmax over `labels`."""
    import keras

    given = keras.Input(shape, dtype=dtype)
    found = given
    for layer in layers:
        found = layer(found)
    network = keras.Model(given, keras.layers.Dense(labels, activation="softmax")(found))
    network.compile(optimizer=keras.optimizers.SGD(0.1))
    network.optimizer.build(network.trainable_variables)
    return network


def adult_mlp() -> tuple[Any, NDArray[Any], NDArray[Any]]:
    """Two layers on 48 columns, 256 rows."""
    from keras.layers import Dense

    chance = np.random.default_rng(7)
    network = network_of((48,), Dense(32, activation="relu"), Dense(16, activation="relu"), labels=2)
    return network, chance.normal(size=(256, 48)).astype(np.float32), chance.integers(0, 2, 256)


def imdb_bag() -> tuple[Any, NDArray[Any], NDArray[Any]]:
    """The mean of 256 embeddings, 512 texts; words as frequent and texts as long as such are."""
    from keras.layers import Dense, Embedding, GlobalAveragePooling1D

    chance = np.random.default_rng(7)
    layers = (Embedding(10_000, 16), GlobalAveragePooling1D(), Dense(16, activation="relu"))
    tokens = (chance.zipf(1.2, (512, 256)) % 9_998 + 2).astype(np.int32)
    lengths = np.clip(chance.lognormal(5.2, 0.65, 512), 10, 256)
    tokens[np.arange(256)[None] >= lengths[:, None]] = 0
    return network_of((256,), *layers, labels=2, dtype="int32"), tokens, chance.integers(0, 2, 512)


def mnist_cnn() -> tuple[Any, NDArray[Any], NDArray[Any]]:
    """The network of TensorFlow Privacy's tutorial, 256 pictures."""
    from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D

    chance = np.random.default_rng(7)
    layers = (
        Conv2D(16, 8, strides=2, padding="same", activation="relu"),
        MaxPooling2D(2, 1),
        Conv2D(32, 4, strides=2, activation="relu"),
        MaxPooling2D(2, 1),
        Flatten(),
        Dense(32, activation="relu"),
    )
    network = network_of((28, 28, 1), *layers, labels=10)
    return network, chance.random((256, 28, 28, 1), dtype=np.float32), chance.integers(0, 10, 256)


def steps(network: Any, inputs: NDArray[Any], labels: NDArray[Any]) -> list[Step]:
    """A plain, a private and a vectorised private step; all find their rows in memory by a list of numbers."""
    from pipelines.models.chance import secret_for
    from pipelines.models.private import Mechanism, PrivateStep, Units
    from pipelines.units import of_rows

    rows = of_rows(len(labels))
    secret, sample = secret_for(KEY, "cost"), rows[:, 0]
    given = Units(inputs, labels, np.ones(len(labels)), rows)
    private, numbers = PrivateStep(network, Mechanism(1.0, 1.0, len(labels)), given, secret), count()
    plain, vectorised = plain_step(network, inputs, labels), vectorised_step(network, inputs, labels)
    return [lambda: plain(sample), lambda: private(sample, next(numbers)), lambda: vectorised(sample)]


def plain_step(network: Any, inputs: NDArray[Any], labels: NDArray[Any]) -> Callable[[Any], Any]:
    """An ordinary step of gradient descent."""
    import keras
    import tensorflow as tf

    all_inputs, all_labels = tf.constant(inputs), tf.constant(labels)
    values = [v.value for v in network.trainable_variables]

    def step(sample: Any) -> None:
        with tf.GradientTape() as tape:
            found = network(tf.gather(all_inputs, sample), training=True)
            losses = keras.losses.sparse_categorical_crossentropy(tf.gather(all_labels, sample), found)
            loss = tf.reduce_mean(losses)
        network.optimizer.apply(tape.gradient(loss, values), network.trainable_variables)

    return tf.function(step, input_signature=[tf.TensorSpec((None,), tf.int32)], autograph=False)  # type: ignore[no-any-return]


def vectorised_step(network: Any, inputs: NDArray[Any], labels: NDArray[Any]) -> Callable[[Any], Any]:
    """A private step by `tf.vectorized_map`: every row's gradient is made."""
    import keras
    import tensorflow as tf

    all_inputs, all_labels = tf.constant(inputs), tf.constant(labels)
    values = [v.value for v in network.trainable_variables]

    def of_one(pair: tuple[Any, Any]) -> list[Any]:
        with tf.GradientTape() as tape:
            found = network(pair[0][None], training=True)
            loss = tf.reduce_sum(keras.losses.sparse_categorical_crossentropy(pair[1][None], found))
        return [tf.convert_to_tensor(each) for each in tape.gradient(loss, values)]

    def step(sample: Any) -> None:
        each = tf.vectorized_map(of_one, (tf.gather(all_inputs, sample), tf.gather(all_labels, sample)))
        squares = [tf.reduce_sum(tf.square(one), axis=list(range(1, len(one.shape)))) for one in each]
        scale = tf.minimum(1.0, tf.math.rsqrt(tf.add_n(squares) + 1e-24))
        sums = [tf.tensordot(scale, one, 1) + tf.random.normal(one.shape[1:]) for one in each]
        network.optimizer.apply([one / len(labels) for one in sums], network.trainable_variables)

    return tf.function(step, autograph=False)  # type: ignore[no-any-return]


def timed(alternatives: list[Step], turns: int = 15) -> list[float]:
    """The best CPU seconds of each, over `turns` in which they take turns."""
    best = [float("inf")] * len(alternatives)
    for step in alternatives:
        step()
    for _ in range(turns):
        for place, step in enumerate(alternatives):
            often = max(1, int(0.02 / best[place]))
            started = time.process_time()
            for _ in range(often):
                step()
            best[place] = min(best[place], (time.process_time() - started) / often)
    return best


def mnist(folder: Path) -> list[Figure]:
    """A linear layer on fixed wavelets, epsilon 3: 60,000 training pictures, the test pictures once."""
    from keras.optimizers import SGD

    started = time.process_time()
    pictures, labels = idx(folder / "train-images-idx3-ubyte.gz"), idx(folder / "train-labels-idx1-ubyte.gz")
    inputs = seen(pictures)
    network = network_of(inputs.shape[1:], labels=10)
    network.compile(optimizer=SGD(8.0, momentum=0.9, use_ema=True, ema_momentum=0.9))
    reached = learn(network, inputs, labels.astype(np.int64), epsilon=3.0, batch=4096, epochs=40, clip=0.1)
    test = seen(idx(folder / "t10k-images-idx3-ubyte.gz"))
    right = accuracy(network, test, idx(folder / "t10k-labels-idx1-ubyte.gz").astype(np.int64))
    how = f"scattering (fixed) + linear layer, {reached}, delta 1e-5, {time.process_time() - started:.0f} CPU-s in all"
    anchor = "Opacus 96.8, best end-to-end CNN 98.1, ScatterNet 98.7"
    return [
        Figure(
            "MNIST at epsilon 3 (linear on fixed scattering coefficients)",
            100 * right,
            "%",
            "higher",
            anchor,
            96.8,
            how,
        )
    ]


def seen(pictures: NDArray[Any]) -> NDArray[np.float32]:
    """Wavelet coefficients of pictures, one row each."""
    found = standardised(scattering(pictures.astype(np.float32) / 255))
    return found.reshape(len(found), -1)


def adult(folder: Path) -> list[Figure]:
    """An MLP at epsilon 3 and 1, beside the same without privacy."""
    import keras

    inputs, labels = census(folder / "adult.data")
    test, answers = census(folder / "adult.test")
    found = []
    for epsilon in (None, 3.0, 1.0):
        keras.utils.set_random_seed(7)
        hidden = [keras.layers.Dense(size, activation="relu") for size in (64, 32)]
        network = network_of(inputs.shape[1:], *hidden, labels=2)
        if epsilon is None:
            network.compile(optimizer=keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy")
            network.fit(inputs, labels, batch_size=256, epochs=20, verbose=0)
            name, how = "Adult without privacy", "20 epochs, batch 256"
        else:
            network.compile(optimizer=keras.optimizers.Adam(0.002, use_ema=True, ema_momentum=0.95))
            how = learn(network, inputs, labels, epsilon=epsilon, batch=512, epochs=20, clip=1.0)
            name = f"Adult at epsilon {epsilon:g}"
        value = 100 * accuracy(network, test, answers)
        how = f"MLP 64, 32 on fixed features; {how}"
        found.append(Figure(f"{name}, test accuracy", value, "%", "higher", "MLP 85.2 without privacy", None, how))
    return found


def census(path: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Rows of UCI Adult as the private MLP reads them, by ranges that are known without the data; and their labels."""
    import polars as pl
    import yaml

    from pipelines.fixed import fixed_table
    from pipelines.record import parse_record

    preset = yaml.safe_load((Path(__file__).parent.parent / "presets/adult.yaml").read_text("utf-8"))
    columns = preset["record"]["columns"]
    ranges = {"age": (0, 120), "fnlwgt": (0, 2_000_000), "capital-gain": (0, 100_000), "capital-loss": (0, 5_000)}
    for name, (low, high) in ranges.items():
        columns[name] |= {"min": low, "max": high}
    record = parse_record(preset["record"])
    names = [name for name in columns if name != "split"]
    rows = pl.read_csv(path, has_header=False, new_columns=names, infer_schema_length=0, comment_prefix="|")
    rows = rows.with_columns(pl.all().str.strip_chars()).filter(pl.col("age").str.contains(r"^\d+$"))
    labels = rows["classification"].str.starts_with(">").cast(pl.Int64).to_numpy()
    values = {
        column.name: rows[column.name].cast(pl.Float64).to_list() if column.is_numeric else rows[column.name].to_list()
        for column in record.features
    }
    return fixed_table(record).arrays(values)["table"], labels


def learn(
    network: Any,
    inputs: NDArray[Any],
    labels: NDArray[np.int64],
    *,
    epsilon: float,
    batch: int,
    epochs: int,
    clip: float,
) -> str:
    """Teach `network` under (`epsilon`, DELTA), a row being a unit; what was done, in words."""
    from pipelines.accounting import epsilon_of, noise_for
    from pipelines.models.chance import secret_for
    from pipelines.models.private import Mechanism, PrivateStep, Units
    from pipelines.units import of_rows

    rate, times = batch / len(labels), round(epochs * len(labels) / batch)
    sigma = noise_for(epsilon, DELTA, rate, times)
    network.optimizer.build(network.trainable_variables)
    given = Units(inputs, labels, np.ones(len(labels)), of_rows(len(labels)))
    secret = secret_for(KEY, f"{epsilon} {batch} {epochs} {clip}")
    step = PrivateStep(network, Mechanism(clip, sigma, batch), given, secret)
    for number in range(times):
        step(secret.sample(number, len(labels), rate), number)
    network.optimizer.finalize_variable_values(network.trainable_variables)
    spent = epsilon_of(sigma, DELTA, rate, times)
    return f"epsilon {spent:.3f}, sigma {sigma:.3f}, {times} steps of {batch} expected, clip {clip:g}"


def accuracy(network: Any, inputs: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """The share of rows that `network` answers rightly."""
    found = network.predict(inputs, batch_size=1000, verbose=0).argmax(axis=1)
    return statistics.fmean((found == labels).tolist())


def idx(path: Path) -> NDArray[np.uint8]:
    """The array in a gzipped IDX file."""
    content = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(content[4 + 4 * place : 8 + 4 * place], "big") for place in range(content[3])]
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * content[3]).reshape(shape)


if __name__ == "__main__":
    report("privacy_training", figures())
