"""N-grams by their hashes: the same pieces for one text as for many, cut within words, and a model of them as ONNX."""

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.bundle import Bundle
from pipelines.features import from_json, to_json
from pipelines.models import Part, Problem, ngrams
from pipelines.models.options import Ngrams
from pipelines.ngrams import NGrams
from pipelines.record import Column, Record

RECORD = Record("texts", (Column("text", "text", "text"), Column("mood", "category", "label")))
TEXTS = ["good food, good service!", "bad food", "goods were bad", "味道很好 好吃", "味道不好", "", "good GOOD"]
FEATURES = NGrams.fit(TEXTS, "text", 2, 3, 1, 10_000)


def moods(count: int, labels: int = 2) -> Problem:
    """Texts whose words tell their label, in part."""
    rng = np.random.default_rng(5)
    words = [[f"{kind}{n}" for n in range(12)] for kind in ("good", "bad", "plain")]
    answers = rng.integers(labels, size=count)
    texts = [
        " ".join([*rng.choice(words[a], 2), *rng.choice(words[2], 2), rng.choice(words[1 - a % 2])]) for a in answers
    ]
    part = Part({"text": texts}, answers.astype(np.int64))
    return Problem(RECORD, tuple("abc"[:labels]), part, part, np.ones(labels), 3)


def ids(text: str) -> set[int]:
    return set(FEATURES.sparse([text])[1].tolist())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="godb a!好味<>_", max_size=12), min_size=1, max_size=6))
def test_a_text_has_the_same_pieces_alone_as_among_others(texts: list[str]) -> None:
    starts, together, weights = FEATURES.sparse(texts)
    for place, text in enumerate(texts):
        _, alone, own = FEATURES.sparse([text])
        assert together[starts[place] : starts[place + 1]].tolist() == alone.tolist()
        assert np.allclose(weights[starts[place] : starts[place + 1]], own)


def test_pieces_are_counted_whatever_the_case_and_not_beyond_a_word() -> None:
    assert ids("GOOD") == ids("good")
    assert ids("good") & ids("goods")
    # "d f" reaches over a space: no piece of letters, and as words these two stand beside each other nowhere.
    letters = NGrams.fit(["ab cd", "ab cd"], "text", 0, 4, 0, 100)
    assert len(letters.vocabulary) == len({" a", " ab", " ab ", "ab", "ab ", "b "}) * 2


def test_a_pair_of_words_is_another_piece_with_a_word_between_them() -> None:
    pairs = NGrams.fit(["not very good", "not so good", "not good"], "text", 2, 0, 1, 100, 1)
    near, far = (set(pairs.sparse([text])[1].tolist()) for text in ("not good", "not odd good"))
    words = set(pairs.sparse(["not"])[1].tolist()) | set(pairs.sparse(["good"])[1].tolist())
    assert far - near - words
    assert near - far - words


def test_the_words_of_a_text_weigh_as_much_as_its_letters() -> None:
    _, found, weights = FEATURES.sparse(["good food"])
    kinds = np.array(FEATURES.vocabulary)[found] & 1
    assert np.isclose(np.square(weights[kinds == 0]).sum(), 1)
    assert np.isclose(np.square(weights[kinds == 1]).sum(), 1)


def test_features_come_back_from_json_as_they_went() -> None:
    again: Any = from_json(json.loads(json.dumps(to_json(FEATURES))))
    assert again == FEATURES
    assert "good" not in json.dumps(to_json(FEATURES))


def test_the_graph_answers_as_the_regression_does() -> None:
    problem = moods(120)
    fitted = ngrams.fit(problem, Ngrams(words=2, letters=3))
    found = Bundle("ngrams", problem.labels, fitted.features, fitted.graph, threads=1).probabilities(
        problem.train.columns
    )
    assert (found.argmax(axis=1) == problem.train.labels).mean() > 0.95
    from sklearn.linear_model import LogisticRegression

    texts: Any = problem.train.columns["text"]
    features = NGrams.fit(texts, "text", 2, 3, 1, 500_000, 2)
    dense = np.zeros((len(texts), len(features.vocabulary)))
    starts, columns, weights = features.sparse(texts)
    dense[np.repeat(np.arange(len(texts)), np.diff(starts)), columns] = weights
    own = problem.train.labels == 1
    dense *= ngrams.log_count_ratio(dense, own, 0.3)
    model = LogisticRegression(C=10.0, solver="liblinear", dual=True, max_iter=1000, random_state=3).fit(dense, own)
    assert np.abs(found - model.predict_proba(dense)).max() < 1e-5


def test_a_label_that_no_row_has_is_never_the_answer() -> None:
    problem = moods(60)
    three = Problem(RECORD, ("a", "b", "c"), problem.train, problem.valid, np.ones(3), 3)
    fitted = ngrams.fit(three, Ngrams(words=1, letters=0))
    found = Bundle("ngrams", three.labels, fitted.features, fitted.graph, threads=1).probabilities(
        {"text": ["good1", ""]}
    )
    assert (found[:, 2] < 1e-6).all()
