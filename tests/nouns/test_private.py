"""Private steps: exact norms, sums of clipped gradients, noise as strong as it says, samples by independent coins."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from workspaces import lines

from pipelines.errors import TrainingError
from pipelines.models.chance import Secret, secret_for
from pipelines.units import of_rows, of_subjects

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
from pipelines.models.private import LARGEST, Mechanism, PrivateStep, Units, normal  # noqa: E402 - after TensorFlow

L = keras.layers
ROWS, LABELS = 12, 3
SECRET = Secret(bytes(32))


def network(shape: tuple[int | None, ...], *layers: Any, dtype: str = "float32") -> Any:
    given = keras.Input(shape, dtype=dtype)
    found = given
    for layer in layers:
        found = layer(found)
    model = keras.Model(given, L.Dense(LABELS, activation="softmax")(found))
    model.compile(optimizer=keras.optimizers.SGD(1.0))
    return model


def numbers(*shape: int, rows: int = ROWS) -> NDArray[Any]:
    return np.random.default_rng(3).normal(size=(rows, *shape)).astype(np.float32)


def words() -> NDArray[Any]:
    """Token ids with repetitions, and padding at the end."""
    found = np.random.default_rng(3).integers(1, 6, (ROWS, 9)).astype(np.int32)
    found[::2, 6:] = 0
    return found


def text(*layers: Any) -> Any:
    return network((None,), L.Embedding(6, 4, mask_zero=True), *layers, dtype="int32")


CASES: dict[str, Callable[[], tuple[Any, NDArray[Any]]]] = {
    "mlp": lambda: (network((5,), L.Dense(8, activation="relu"), L.Dense(4, activation="relu")), numbers(5)),
    "dense without bias": lambda: (network((5,), L.Dense(8, use_bias=False)), numbers(5)),
    "dense at many places": lambda: (network((7, 5), L.Dense(8), L.GlobalMaxPooling1D()), numbers(7, 5)),
    "dense at a few wide places": lambda: (network((2, 40), L.Dense(30), L.GlobalMaxPooling1D()), numbers(2, 40)),
    "bag of embeddings": lambda: (text(L.GlobalAveragePooling1D()), words()),
    "lstm": lambda: (text(L.LSTM(5)), words()),
    "lstm of a sequence, backwards": lambda: (
        network((6, 4), L.LSTM(5, return_sequences=True), L.LSTM(3, go_backwards=True)),
        numbers(6, 4),
    ),
    "bidirectional lstm": lambda: (text(L.Bidirectional(L.LSTM(5))), words()),
    "conv1d": lambda: (network((9, 4), L.Conv1D(5, 3, strides=2, padding="same"), L.Flatten()), numbers(9, 4)),
    "conv1d, causal": lambda: (
        network((9, 4), L.Conv1D(5, 3, dilation_rate=2, padding="causal"), L.Flatten()),
        numbers(9, 4),
    ),
    "cnn": lambda: (
        network(
            (14, 14, 1),
            L.Conv2D(6, 5, strides=2, padding="same", activation="tanh"),
            L.MaxPooling2D(2, 1),
            L.Conv2D(5, 3, activation="tanh"),
            L.Flatten(),
            L.Dense(6, activation="tanh"),
        ),
        numbers(14, 14, 1),
    ),
    "no rule: gru": lambda: (network((6, 4), L.GRU(5)), numbers(6, 4)),
    "no rule: layer normalisation": lambda: (network((4,), L.Dense(6), L.LayerNormalization()), numbers(4)),
    "no rule: depthwise convolution": lambda: (network((7, 7, 2), L.DepthwiseConv2D(3), L.Flatten()), numbers(7, 7, 2)),
    "no rule: dense at each time": lambda: (network((5, 3), L.TimeDistributed(L.Dense(4)), L.Flatten()), numbers(5, 3)),
}


def units(inputs: NDArray[Any], table: NDArray[np.int32] | None = None, weighted: bool = True) -> Units:
    generator = np.random.default_rng(5)
    weights = generator.uniform(0.5, 2, len(inputs)) if weighted else np.ones(len(inputs))
    return Units(
        inputs, generator.integers(0, LABELS, len(inputs)), weights, of_rows(len(inputs)) if table is None else table
    )


def true_gradients(model: Any, given: Units) -> list[list[NDArray[Any]]]:
    """Each unit's gradient, by a tape of its own."""
    found = []
    for own in given.table:
        at = own[own >= 0]
        with tf.GradientTape() as tape:
            answers = model(given.inputs[at], training=False)
            losses = keras.losses.sparse_categorical_crossentropy(given.labels[at], answers)
            loss = tf.reduce_sum(losses * given.weights[at].astype(np.float32))
        gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
        found.append([tf.convert_to_tensor(each).numpy() for each in gradients])
    return found


def lengths(gradients: list[list[NDArray[Any]]]) -> NDArray[Any]:
    return np.sqrt([sum(float((each.astype(np.float64) ** 2).sum()) for each in unit) for unit in gradients])


def as_batch(given: Units) -> tuple[Any, ...]:
    """The rows of all units side by side; places without a row have weight zero."""
    at = given.table.reshape(-1)
    weights = np.where(at >= 0, given.weights[at], 0).astype(np.float32)
    return given.inputs[at], given.labels[at], weights


TABLES = {
    "rows": of_rows(ROWS),
    "subjects": of_subjects([*"aabcccddbbef"], 3),
}


# What takes long to build is built once, for the table that asks more: mapping the loop of a recurrent layer without
# a rule of its own, and two recurrent layers in one network. One such layer is built for both tables.
ONCE = {"no rule: gru", "bidirectional lstm", "lstm of a sequence, backwards"}


@pytest.mark.parametrize(
    ("case", "table"), [(case, table) for case in CASES for table in TABLES if table == "subjects" or case not in ONCE]
)
@pytest.mark.no_cover  # long, over lines that others count
def test_norms_and_clipped_sums_are_those_of_single_gradients(case: str, table: str) -> None:
    keras.utils.set_random_seed(11)
    model, inputs = CASES[case]()
    given = units(inputs, TABLES[table])
    true = true_gradients(model, given)
    clip = float(np.median(lengths(true)))  # half of them are clipped, half are not
    step = PrivateStep(model, Mechanism(clip, 1.0, 4.0), given, SECRET)
    norms = np.sqrt(tf.function(step.squares, autograph=False)(*as_batch(given)).numpy())
    np.testing.assert_allclose(norms, lengths(true), rtol=1e-5)
    sums = tf.function(step.clipped, autograph=False)(*as_batch(given))
    scale = np.minimum(1, clip / lengths(true))
    for place, found in enumerate(sums):
        wanted = sum(s * unit[place] for s, unit in zip(scale, true, strict=True))
        np.testing.assert_allclose(found.numpy(), wanted, atol=2e-6 * max(1, np.abs(wanted).max()))


def test_a_step_without_noise_moves_by_the_mean_over_the_units_that_were_expected() -> None:
    keras.utils.set_random_seed(11)
    model, inputs = CASES["mlp"]()
    given = units(inputs)
    true = true_gradients(model, given)
    before = [v.numpy() for v in model.trainable_variables]
    sample = np.array([1, 4, 5], dtype=np.int32)
    PrivateStep(model, Mechanism(1e9, 0.0, 6.0), given, SECRET)(sample, 0)
    for place, variable in enumerate(model.trainable_variables):
        moved = sum(true[unit][place] for unit in sample) / 6.0
        np.testing.assert_allclose(before[place] - variable.numpy(), moved, atol=1e-5)


def test_a_large_sample_is_learnt_in_parts_and_gets_noise_once() -> None:
    rows = LARGEST + 300
    results = []
    for most in (LARGEST, 2 * LARGEST):
        keras.utils.set_random_seed(11)
        model = network((5,), L.Dense(3))
        step = PrivateStep(model, Mechanism(0.1, 1.0, rows), units(numbers(5, rows=rows)), SECRET)
        step.most = most
        step(np.arange(rows, dtype=np.int32), 3)
        results.append([v.numpy() for v in model.trainable_variables])
    for parts, whole in zip(*results, strict=True):
        np.testing.assert_allclose(parts, whole, atol=1e-6)


def noise_of(sample: list[int], sigma: float, clip: float, expected: float, number: int = 0) -> NDArray[Any]:
    """By how much a step moves weights that the rows say nothing about."""
    keras.utils.set_random_seed(11)
    model = network((50,), L.Dense(400))
    given = units(np.zeros((4, 50), dtype=np.float32))
    before = model.layers[1].kernel.numpy()
    PrivateStep(model, Mechanism(clip, sigma, expected), given, SECRET)(np.array(sample, dtype=np.int32), number)
    return (before - model.layers[1].kernel.numpy()).ravel()


@pytest.mark.parametrize("sample", [[], [2], [0, 1, 2, 3]])
def test_noise_has_the_deviation_that_the_accountant_counts_on_however_many_came(sample: list[int]) -> None:
    sigma, clip, expected = 1.7, 0.4, 8.0
    noise = noise_of(sample, sigma, clip, expected)
    wanted, n = sigma * clip / expected, 20_000
    assert abs(noise.mean()) < 4 * wanted / math.sqrt(n)
    assert noise.std() == pytest.approx(wanted, rel=4 / math.sqrt(2 * n))
    assert (np.abs(noise) > 2 * wanted).mean() == pytest.approx(0.0455, abs=4 * math.sqrt(0.0455 / n))


def test_every_step_has_noise_of_its_own_and_the_same_again() -> None:
    first, again, other = (noise_of([], 1.0, 1.0, 1.0, number) for number in (0, 0, 1))
    assert (first == again).all()
    assert abs(np.corrcoef(first, other)[0, 1]) < 4 / math.sqrt(len(first))


def test_normal_numbers_reach_far_and_are_finite_at_the_edges() -> None:
    edges = np.array([0, -1, 1, 2**31 - 1, -(2**31), 0], dtype=np.int32)
    assert np.isfinite(normal(tf.constant(edges)).numpy()).all()
    assert np.abs(normal(tf.constant(np.zeros(2, dtype=np.int32))).numpy()).max() > 6


def test_samples_are_poisson_samples() -> None:
    secret, count, rate, steps = secret_for(b"key", "training"), 200, 0.1, 3000
    taken = np.zeros((steps, count))
    for step in range(steps):
        sample = secret.sample(step, count, rate)
        assert len(set(sample.tolist())) == len(sample)
        taken[step, sample] = 1
    assert taken.mean() == pytest.approx(rate, abs=4 * math.sqrt(rate * (1 - rate) / taken.size))
    # How many come varies as coins do; a shuffled batch of one size would not vary at all.
    assert taken.sum(axis=1).var() == pytest.approx(count * rate * (1 - rate), rel=4 * math.sqrt(2 / steps))
    assert np.abs(taken.mean(axis=0) - rate).max() < 5 * math.sqrt(rate * (1 - rate) / steps)
    pairs = np.corrcoef(taken.T)[np.triu_indices(count, 1)]
    assert np.abs(pairs).max() < 6 / math.sqrt(steps)


def test_chance_depends_on_key_and_training() -> None:
    secrets = [secret_for(b"key", "a"), secret_for(b"key", "b"), secret_for(b"other", "a")]
    assert len({secret.bits(0, 10).tobytes() for secret in secrets}) == 3
    assert len({secret.mark for secret in secrets}) == 3
    assert secret_for(b"key", "a") == secrets[0]
    assert not any(secret.key.hex() in secret.mark for secret in secrets)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: network((4,), L.Dense(3), L.BatchNormalization()), "normalises over the batch"),
        (lambda: network((4,), L.Dense(3, activity_regularizer="l2")), "penalised for its outputs"),
    ],
)
def test_layers_that_mix_rows_are_refused(model: Callable[[], Any], said: str) -> None:
    with pytest.raises(TrainingError, match=said) as caught:
        PrivateStep(model(), Mechanism(1.0, 1.0, 1.0), units(numbers(4)), SECRET)
    lines(caught.value)


def test_a_layer_that_is_used_twice_is_refused() -> None:
    shared = L.Dense(4)
    model = network((4,), shared, L.ReLU(), shared)
    step = PrivateStep(model, Mechanism(1.0, 1.0, 1.0), units(numbers(4)), SECRET)
    with pytest.raises(TrainingError, match="used twice") as caught:
        step(np.array([0], dtype=np.int32), 0)
    lines(caught.value)


def test_a_penalty_on_weights_joins_behind_the_noise() -> None:
    keras.utils.set_random_seed(11)
    model = network((4,), L.Dense(3, kernel_regularizer=keras.regularizers.L2(0.25)))
    before = model.layers[1].kernel.numpy()
    PrivateStep(model, Mechanism(1.0, 0.0, 1.0), units(numbers(4)), SECRET)(np.array([], dtype=np.int32), 0)
    np.testing.assert_allclose(model.layers[1].kernel.numpy(), before * 0.5, atol=1e-6)


def test_what_is_kept_of_a_subject_depends_on_that_subject_alone() -> None:
    alone = of_subjects(["a", "a", "a"], 2)
    assert alone.tolist() == [[1, 2]]
    assert of_subjects(["a", "b", "a", "a", "c"], 2).tolist() == [[2, 3], [1, -1], [4, -1]]
    assert of_rows(3).tolist() == [[0], [1], [2]]
