"""Text and rows become arrays: the same in training and serving, and after a trip through JSON."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sklearn.feature_extraction.text import TfidfVectorizer

from pipelines.features import PADDING, UNKNOWN, Features, Table, Terms, Tokens, from_json, terms, to_json, tokens
from pipelines.record import Column, Record

TEXTS = [
    "The battery is good, very good!",
    "电池很好，屏幕很好",
    "battery bad 电池 bad battery",
    "Don't buy <EMAIL> <EMAIL>",
    "don't, 很好 very good",
    "",
]
PEOPLE = Record(
    "people",
    (
        Column("age", "integer", "feature"),
        Column("income", "number", "feature"),
        Column("city", "category", "feature"),
        Column("member", "boolean", "feature"),
        Column("label", "category", "label"),
    ),
)
ROWS: dict[str, list[Any]] = {
    "age": [20, 30, None, 40],
    "income": [1.0, 1.0, 1.0, None],
    "city": ["Paris", "Rome", None, "Paris"],
    "member": [True, False, True, None],
}
texts = some.text(some.sampled_from("abcé'’12 !？很好电池<EMAIL>_-\n🙂"), max_size=40)


@given(texts)
def test_the_tokens_of_tokens_are_themselves(text: str) -> None:
    found = [token for token in tokens(text) if not token.startswith("<")]
    assert tokens(" ".join(found)) == found


@given(texts)
def test_tokens_are_pieces_of_the_text_in_order(text: str) -> None:
    place, lower = 0, text.lower()
    for token in tokens(text):
        place = lower.find(token, place)
        assert place >= 0
        place += len(token)


@given(texts, texts)
def test_a_line_break_keeps_two_texts_apart(one: str, two: str) -> None:
    assert tokens(f"{one}\n{two}") == tokens(one) + tokens(two)


def test_a_placeholder_is_one_token() -> None:
    assert tokens("call <PHONE> or <CREDIT_CARD>!") == ["call", "<phone>", "or", "<credit_card>", "!"]


@given(texts)
def test_single_words_and_characters_are_the_tokens(text: str) -> None:
    assert terms(text, 1, 1) == tokens(text)


@given(texts, some.integers(1, 3), some.integers(1, 3))
def test_longer_terms_only_add_to_the_shorter(text: str, words: int, characters: int) -> None:
    longer = terms(text, words + 1, characters + 1)
    assert all(longer.count(term) >= 1 for term in terms(text, words, characters))
    assert all(len(term.split(" ")) <= words for term in terms(text, words, characters))


def test_no_term_runs_from_one_script_into_the_other() -> None:
    found = terms("good 电池 bad", 3, 3)
    assert set(found) == {"good", "电", "电池", "池", "bad"}


def dense(features: Terms, rows: list[str]) -> Any:
    arrays = features.arrays({"text": rows})
    found = np.zeros((len(rows), len(features.vocabulary) + 1))
    for row, (ids, weights) in enumerate(zip(arrays["terms"], arrays["weights"], strict=True)):
        np.add.at(found[row], ids, weights)
    return found[:, :-1]


@pytest.mark.parametrize(("words", "characters"), [(1, 1), (2, 3)])
def test_tf_idf_is_that_of_scikit_learn(words: int, characters: int) -> None:
    oracle = TfidfVectorizer(analyzer=lambda text: terms(text, words, characters), sublinear_tf=True, min_df=2)
    expected = oracle.fit_transform(TEXTS).toarray()
    features = Terms.fit(TEXTS, "text", words, characters, 1000)
    assert set(features.vocabulary) == set(oracle.vocabulary_)
    columns = [features.vocabulary[term] for term in oracle.get_feature_names_out()]
    np.testing.assert_allclose(dense(features, TEXTS)[:, columns], expected, atol=1e-6)


@given(some.lists(texts, min_size=2, max_size=8))
def test_tf_idf_is_that_of_scikit_learn_for_any_texts(rows: list[str]) -> None:
    features = Terms.fit(rows, "text", 2, 2, 1000)
    counted = [set(terms(text, 2, 2)) for text in rows]
    assert all(sum(term in found for found in counted) >= 2 for term in features.vocabulary)
    if features.vocabulary:
        vocabulary = dict(features.vocabulary)
        oracle = TfidfVectorizer(analyzer=lambda text: terms(text, 2, 2), sublinear_tf=True, vocabulary=vocabulary)
        np.testing.assert_allclose(dense(features, rows), oracle.fit_transform(rows).toarray(), atol=1e-6)


def test_the_commonest_terms_stay_where_there_are_too_many() -> None:
    features = Terms.fit(["a b", "a b", "a c", "c"], "text", 1, 1, 2)
    assert list(features.vocabulary) == ["a", "b"]


def test_a_text_without_known_terms_weighs_nothing() -> None:
    features = Terms.fit(TEXTS, "text", 1, 1, 100)
    arrays = features.arrays({"text": ["zzz", None]})
    assert arrays["weights"].tolist() == [[0.0], [0.0]]
    assert arrays["terms"].tolist() == [[len(features.vocabulary)]] * 2


def test_tokens_are_numbered_in_order_cut_and_padded() -> None:
    features = Tokens.fit(["b a a", "b a b"], "text", 10, 100)
    assert features.vocabulary == {"a": 2, "b": 3}
    found = features.arrays({"text": ["a b zzz", "b", "", None, "a a a a"]})["tokens"]
    assert found.tolist() == [
        [2, 3, UNKNOWN],
        [3, PADDING, PADDING],
        [UNKNOWN, PADDING, PADDING],
        [UNKNOWN, PADDING, PADDING],
        [2, 2, 2],
    ]


def test_the_vocabulary_counts_padding_and_the_unknown_in_its_size() -> None:
    features = Tokens.fit(["a a b b c c"], "text", 10, 4)
    assert features.vocabulary == {"a": 2, "b": 3}


def table(rows: dict[str, list[Any]]) -> dict[str, Any]:
    """The columns of the array that each column of `rows` becomes, by its name."""
    features = Table.fit(ROWS, PEOPLE)
    widths = {name: scale.width for name, scale in features.numbers.items()}
    widths |= {name: len(values) + 1 for name, values in features.categories.items()}
    found = features.arrays(rows)["table"]
    assert found.shape == (len(rows["age"]), features.width)
    parts = np.split(found, np.cumsum(list(widths.values()))[:-1], axis=1)
    return dict(zip(widths, parts, strict=True))


def test_numbers_are_standardised_and_a_missing_one_is_the_mean_with_its_flag() -> None:
    found = table(ROWS)
    deviation = np.std([20, 30, 40])
    np.testing.assert_allclose(found["age"][:, 0], [-10 / deviation, 0, 0, 10 / deviation], atol=1e-6)
    assert found["age"][:, -1].tolist() == [0, 0, 1, 0]
    np.testing.assert_array_equal(found["age"][2, :-1], found["age"][1, :-1])
    assert found["income"][:, 0].tolist() == [0, 0, 0, 0]  # a constant column divides by one, not by zero
    assert found["income"][:, -1].tolist() == [0, 0, 0, 1]


@given(some.floats(-1e9, 1e9), some.floats(-1e9, 1e9))
def test_a_larger_number_is_never_smaller_in_any_column(one: float, two: float) -> None:
    rows = {name: [values[0]] * 2 for name, values in ROWS.items()} | {"age": sorted([one, two])}
    smaller, larger = table(rows)["age"]
    assert (smaller <= larger).all()


def test_a_number_far_out_cannot_drown_the_others() -> None:
    far = {name: [values[0]] for name, values in ROWS.items()} | {"age": [10**9]}
    assert table(far)["age"].max() == 10


def test_a_category_that_was_never_seen_has_a_column_of_its_own() -> None:
    assert Table.fit(ROWS, PEOPLE).categories == {"city": ["Paris", "Rome"], "member": ["False", "True"]}
    seen = {name: [values[0]] * 3 for name, values in ROWS.items()} | {"city": ["Rome", "Oslo", None]}
    assert table(seen)["city"].tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_a_generalised_cell_counts_as_the_middle_of_its_interval_or_as_a_share_of_each_value() -> None:
    lists = {
        "age": [[20, 40], [30, 30], None, [20, 20]],
        "income": [1.0, 1.0, 1.0, None],
        "city": [["Paris", "Rome"], ["Rome"], ["Paris", None], ["Oslo", "Paris", "Rome", "Bonn"]],
        "member": [["True"], ["False", "True"], True, None],
    }
    found = table(lists)
    raw = table(ROWS | {"age": [30, 30, None, 20]})
    np.testing.assert_array_equal(found["age"], raw["age"])
    assert found["city"].tolist() == [[0.5, 0.5, 0], [0, 1, 0], [0.5, 0, 0.5], [0.25, 0.25, 0.5]]
    assert found["member"].tolist() == [[0, 1, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]]


def test_features_of_generalised_rows_know_the_values_themselves() -> None:
    lists = {name: [None if value is None else [value] for value in values] for name, values in ROWS.items()}
    lists["member"] = [None if value is None else [str(value)] for value in ROWS["member"]]
    assert to_json(Table.fit(lists, PEOPLE)) == to_json(Table.fit(ROWS, PEOPLE))
    for name, array in table(ROWS).items():
        np.testing.assert_array_equal(array, table(lists)[name])


FITTED: list[tuple[Features, dict[str, list[Any]]]] = [
    (Terms.fit(TEXTS, "text", 2, 3, 1000), {"text": TEXTS}),
    (Tokens.fit(TEXTS, "text", 5, 100), {"text": TEXTS}),
    (Table.fit(ROWS, PEOPLE), ROWS),
]


@pytest.mark.parametrize(("features", "rows"), FITTED, ids=["terms", "tokens", "table"])
def test_arrays_are_equal_after_a_trip_through_json(features: Features, rows: dict[str, list[Any]]) -> None:
    back = from_json(json.loads(json.dumps(to_json(features))))
    assert json.dumps(to_json(back)) == json.dumps(to_json(features))
    before, after = features.arrays(rows), back.arrays(rows)
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])
        assert array.dtype == after[name].dtype


@pytest.mark.parametrize(("features", "rows"), FITTED, ids=["terms", "tokens", "table"])
def test_no_rows_give_empty_arrays(features: Features, rows: dict[str, list[Any]]) -> None:
    found = features.arrays({name: [] for name in rows})
    assert all(len(array) == 0 for array in found.values())


@pytest.mark.parametrize("features", [features for features, _ in FITTED], ids=["terms", "tokens", "table"])
def test_fitting_the_same_rows_twice_gives_the_same_features(features: Features) -> None:
    again = {
        "terms": lambda: Terms.fit(TEXTS, "text", 2, 3, 1000),
        "tokens": lambda: Tokens.fit(TEXTS, "text", 5, 100),
        "table": lambda: Table.fit(ROWS, PEOPLE),
    }
    assert json.dumps(to_json(again[features.kind]())) == json.dumps(to_json(features))
