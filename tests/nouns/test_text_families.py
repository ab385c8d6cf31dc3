"""The families that read texts: what they learn, that padding says nothing, and one answer in both runtimes."""

import dataclasses
import hashlib
import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from workspaces import lines

from pipelines.bundle import Bundle
from pipelines.errors import ParameterError, TrainingError
from pipelines.features import PADDING, UNKNOWN, Tokens
from pipelines.models import FAMILIES, Fitted, Part, Problem, Schedule, fit
from pipelines.models.augmenting import words_changed, words_dropped, words_swapped
from pipelines.models.dense import dense_layers
from pipelines.models.nbsvm import log_count_ratio
from pipelines.models.options import Bilstm, Cnn, Mlp, Nbsvm, Privacy, Transformer
from pipelines.models.vectors import known_vectors
from pipelines.protection import check_privacy
from pipelines.record import Column, Record

RECORD = Record("texts", (Column("text", "text", "text"), Column("mood", "category", "label")))
GOOD = ("good", "fine", "lovely", "很好")
BAD = ("bad", "poor", "awful", "很差")
SMALL: dict[str, Any] = {
    "cnn": Cnn(embedding=8, filters=8, length=12),
    "bilstm": Bilstm(embedding=6, units=4, length=12, layers=2),
    "transformer": Transformer(embedding=8, inner=8, length=12),
}
# A word alone, nothing at all, words that nobody knows, Han beside Latin, more than is read, and a usual one.
ASKED = ["good", "", "zyx qqq", "很差 bad", "fine thing " * 20, "this thing is awful"]
NOTHING = Part({"text": []}, np.array([], dtype=np.int64))


def texts(rows: int, labels: int = 2) -> Part:
    """Short texts whose words tell their label."""
    chance = np.random.default_rng(rows)
    answers = chance.integers(0, labels, rows)
    kinds = (BAD, GOOD, ("odd", "strange", "weird"))
    found = [f"this {'thing ' * int(chance.integers(0, 4))}is {chance.choice(kinds[a])}" for a in answers]
    return Part({"text": found}, answers.astype(np.int64))


def problem(labels: int = 2, rows: int = 64) -> Problem:
    return Problem(RECORD, ("bad", "good", "odd")[:labels], texts(rows, labels), texts(24, labels), np.ones(labels), 7)


class Silent:
    """A watcher who says nothing."""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Say nothing."""

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """Say nothing."""


def learnt(family: Any, options: Any, folder: Path, asked: Problem, epochs: int = 1) -> Fitted:
    return fit(family, asked, options, Schedule(epochs, 16, 0.01, 5, folder / "none.npz"), Silent())


def bundle(family: str, fitted: Fitted, asked: Problem) -> Bundle:
    return Bundle(family, asked.labels, fitted.features, fitted.graph, fitted.about, threads=1)


@pytest.fixture(scope="module", params=SMALL)
def both(request: pytest.FixtureRequest) -> tuple[Any, Bundle]:
    """A network of any weights as Keras has it, and as it is exported."""
    pytest.importorskip("keras")
    from pipelines.models.neural import export, prepare

    family, asked = str(request.param), problem()
    made = importlib.import_module(f"pipelines.models.{family}")
    features = Tokens.fit(asked.train.columns["text"], "text", SMALL[family].length, 100)
    prepare(7)
    network = made.network(asked, features, features, SMALL[family])
    chance = np.random.default_rng(7)
    network.set_weights([chance.normal(0, 0.4, weight.shape) for weight in network.get_weights()])
    given = features.arrays(asked.train.columns)
    graph = export(network, {"tokens": given["tokens"][:2]})
    return network, Bundle(family, asked.labels, features, graph, threads=1)


def answers(network: Any, bundle: Bundle, rows: list[str]) -> NDArray[Any]:
    """What Keras says of `rows`, together in one batch."""
    return np.asarray(network(bundle.features.arrays({"text": rows})["tokens"], training=False))


def test_both_runtimes_give_one_answer_whatever_is_asked(both: tuple[Any, Bundle]) -> None:
    network, bundle = both
    for rows in (ASKED, texts(40).columns["text"], *([row] for row in ASKED)):
        assert np.abs(answers(network, bundle, list(rows)) - bundle.probabilities({"text": rows})).max() < 1e-5


@pytest.mark.skipif("FLYWHEEL_DATASETS" not in os.environ, reason="FLYWHEEL_DATASETS names no folder of data sets")
def test_both_runtimes_give_one_answer_to_real_rows(both: tuple[Any, Bundle]) -> None:
    network, bundle = both
    path = Path(os.environ["FLYWHEEL_DATASETS"]) / "waimai_10k" / "waimai_10k.csv"
    rows = pl.read_csv(path, n_rows=60)["review"].to_list()
    features = dataclasses.replace(
        bundle.features, vocabulary={each: 2 + place for place, each in enumerate("很好差不快")}
    )
    known = dataclasses.replace(bundle, features=features)
    assert np.abs(answers(network, known, rows) - known.probabilities({"text": rows})).max() < 1e-5


def test_a_text_alone_gets_the_answer_that_it_gets_beside_longer_ones(both: tuple[Any, Bundle]) -> None:
    _, bundle = both
    together = bundle.probabilities({"text": ASKED})
    alone = np.concatenate([bundle.probabilities({"text": [row]}) for row in ASKED])
    assert np.abs(together - alone).max() < 1e-6
    assert np.ptp(together[:, 0]) > 1e-3  # it does not say the same of everything


def test_two_trainings_of_one_seed_give_equal_weights(tmp_path: Path) -> None:
    asked = problem(rows=32)
    first, again = (learnt("cnn", SMALL["cnn"], tmp_path, asked) for _ in range(2))
    assert first.about["weights"] == again.about["weights"]
    assert first.features.vocabulary["good"] > UNKNOWN
    assert bundle("cnn", first, asked).probabilities({"text": ["good"]}).shape == (1, 2)


@pytest.mark.parametrize("labels", [2, 3])
def test_nbsvm_learns_and_its_probabilities_mean_something(labels: int, tmp_path: Path) -> None:
    asked = problem(labels)
    found = bundle("nbsvm", learnt("nbsvm", Nbsvm(), tmp_path, asked), asked)
    valid = texts(90, labels)
    given = found.probabilities(valid.columns)
    assert (given.argmax(axis=1) == valid.labels).mean() > 0.9
    assert np.allclose(given.sum(axis=1), 1)
    assert np.allclose(found.probabilities({"text": ["", "zyx"]}), 1 / labels)


def test_nbsvm_counts_a_word_once_however_often_it_stands_there(tmp_path: Path) -> None:
    asked = dataclasses.replace(problem(), valid=NOTHING)  # so its probabilities stay away from 0 and 1
    found = bundle("nbsvm", learnt("nbsvm", Nbsvm(words=1), tmp_path, asked), asked)
    once, often, other = found.probabilities({"text": ["good thing", "good good good thing", "good"]})
    assert np.abs(once - often).max() < 1e-6
    assert 0.01 < once[0] < 0.49
    assert np.abs(once - other).max() > 1e-4


def test_nbsvm_needs_no_validation_rows(tmp_path: Path) -> None:
    asked = dataclasses.replace(problem(), valid=NOTHING)
    assert learnt("nbsvm", Nbsvm(), tmp_path, asked).about["sharpness"] == 1


def test_the_ratio_of_a_term_is_that_of_its_shares() -> None:
    presence = csr_matrix(np.array([[1, 1], [1, 0], [0, 1]]))
    ratio = log_count_ratio(presence, np.array([True, True, False]))
    # Own texts: 1 + (2, 1), of 5; others: 1 + (0, 1), of 3.
    assert ratio == pytest.approx(np.log([3 / 5 / (1 / 3), 2 / 5 / (2 / 3)]))


tokens_of_some_texts = some.lists(some.lists(some.integers(2, 9), max_size=7), min_size=1, max_size=5)


def padded(rows: list[list[int]]) -> NDArray[np.int32]:
    found = np.full((len(rows), max([len(row) for row in rows] + [1])), PADDING, dtype=np.int32)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


@given(tokens_of_some_texts, some.floats(0, 1), some.integers(0, 99))
def test_dropped_words_are_unknown_and_nothing_else_changes(rows: list[list[int]], share: float, seed: int) -> None:
    before = padded(rows)
    after = words_dropped({"tokens": before}, np.random.default_rng(seed), share)["tokens"]
    assert after.dtype == before.dtype
    assert ((after == before) | ((after == UNKNOWN) & (before != PADDING))).all()
    assert share > 0 or (after == before).all()


@given(tokens_of_some_texts, some.floats(0, 1), some.integers(0, 99))
def test_swapped_words_stay_in_their_text_and_move_by_one(rows: list[list[int]], share: float, seed: int) -> None:
    numbered = [[2 + place for place in range(len(row))] for row in rows]
    before = padded(numbered)
    after = words_swapped({"tokens": before}, np.random.default_rng(seed), share)["tokens"]
    assert (np.sort(after) == np.sort(before)).all()
    assert ((after == PADDING) == (before == PADDING)).all()
    assert (np.abs(after - before) <= 1).all()


def test_words_change_as_often_as_asked_and_the_same_again() -> None:
    tokens = np.tile(np.arange(2, 102, dtype=np.int32), (50, 1))
    change = words_changed(0.1, 0.2)
    assert change is not None
    first, again = (change({"tokens": tokens}, np.random.default_rng(3))["tokens"] for _ in range(2))
    assert (first == again).all()
    assert (first == UNKNOWN).mean() == pytest.approx(0.1, abs=0.02)
    moved = (first != tokens) & (first != UNKNOWN)
    assert moved.mean() == pytest.approx(0.2 * 0.9, abs=0.03)
    assert words_changed(0, 0) is None
    assert repr(change) == repr(words_changed(0.1, 0.2)) != repr(words_changed(0.1, 0.3))


VECTORS = "good 1 2\n. . . 5 6\nnobody 7 8\nfine 3 4\n"
KNOWN = Tokens("text", 9, {"good": 2, "fine": 3, "bad": 4})


def written(path: Path, text: str | bytes) -> tuple[str, str]:
    """The file of `text`, and its digest."""
    content = text.encode() if isinstance(text, str) else text
    path.write_bytes(content)
    return str(path), hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("text", [VECTORS, "4 2\n" + VECTORS, VECTORS.replace("\n", " \r\n")])
def test_vectors_of_known_words_come_from_the_file_and_others_stay(text: str, tmp_path: Path) -> None:
    begun = np.full((5, 2), 9, dtype=np.float32)
    found = known_vectors(begun, KNOWN, *written(tmp_path / "vectors.txt", text))
    assert found.tolist() == [[9, 9], [9, 9], [1, 2], [3, 4], [9, 9]]
    assert (begun == 9).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("good 1 2\nfine 3\n", "line 2 of vectors.txt holds 1 numbers"),
        ("good 1 two\n", "line 1 of vectors.txt holds something else"),
        ("good 1 nan\n", "line 1 of vectors.txt holds a number that is not finite"),
        (b"good 1 2\n\xff 1 2\n", "vectors.txt is not UTF-8"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(text: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=said) as caught:
        known_vectors(np.zeros((5, 2), np.float32), KNOWN, *written(tmp_path / "vectors.txt", text))
    lines(caught.value)
    assert "two" not in str(caught.value)


def test_another_file_than_the_one_that_is_named_is_refused(tmp_path: Path) -> None:
    path, digest = written(tmp_path / "vectors.txt", VECTORS)
    begun = np.zeros((5, 2), np.float32)
    with pytest.raises(ParameterError, match="whose `vectors_sha256`") as caught:
        known_vectors(begun, KNOWN, path, "")
    assert f"`vectors_sha256: {digest}`" in lines(caught.value)[2]
    with pytest.raises(ParameterError, match="is not there"):
        known_vectors(begun, KNOWN, str(tmp_path / "none.txt"), digest)
    with pytest.raises(ParameterError, match="by their hash"):
        known_vectors(begun, dataclasses.replace(KNOWN, buckets=3), path, digest)


def test_a_bilstm_begins_with_the_vectors_of_its_file(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    from pipelines.models.bilstm import network

    path, digest = written(tmp_path / "vectors.txt", VECTORS)
    options = Bilstm(embedding=2, units=2, vectors=path, vectors_sha256=digest)
    assert network(problem(), KNOWN, KNOWN, options).get_layer("words").get_weights()[0][3].tolist() == [3, 4]


@pytest.mark.parametrize("start", ["he_normal", "orthogonal"])
def test_dense_layers_are_as_they_were_chosen(start: Any) -> None:
    keras = pytest.importorskip("keras")
    given = keras.Input((5,))
    options = Mlp(normalised=True, l1=0.1, l2=0.2, weights=start, dropout=0.3)
    network = keras.Model(given, dense_layers(given, (4, 3), options))
    kinds = [type(layer).__name__ for layer in network.layers[1:]]
    assert kinds == ["Dense", "BatchNormalization", "Activation", "Dropout"] * 2
    dense = network.layers[1]
    assert (float(dense.kernel_regularizer.l1), float(dense.kernel_regularizer.l2)) == pytest.approx((0.1, 0.2))
    assert type(dense.kernel_initializer) is type(keras.initializers.get(start))
    plain = keras.Model(given, dense_layers(given, (4,), Mlp()))
    assert [type(layer).__name__ for layer in plain.layers[1:]] == ["Dense", "Activation", "Dropout"]


def test_families_that_read_texts_stand_in_the_registry_with_options_of_their_own() -> None:
    wanted = {"nbsvm": Nbsvm, "cnn": Cnn, "bilstm": Bilstm, "transformer": Transformer}
    assert {name: FAMILIES[name].options for name in wanted} == wanted
    assert all("text" in FAMILIES[name].reads for name in wanted)


@pytest.mark.parametrize("family", ["linear", "nbsvm"])
def test_families_without_gradients_are_not_trained_privately(family: str) -> None:
    with pytest.raises(ParameterError, match=f"'{family}', which is not trained by noisy gradients"):
        check_privacy(Privacy(), family, RECORD, "none")
