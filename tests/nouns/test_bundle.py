"""The portable model: what was measured is what is served, byte by byte and row by row."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sklearn.linear_model import LogisticRegression
from workspaces import lines

from pipelines.bundle import Bundle, read_bundle, write_bundle
from pipelines.errors import BundleError
from pipelines.features import Table, Terms, to_json
from pipelines.models import Part, Problem
from pipelines.models.linear import fit
from pipelines.models.options import Linear
from pipelines.privacy.text_rules import TextRules
from pipelines.record import Column, Record

TEXT = Record("texts", (Column("text", "text", "text"), Column("mood", "category", "label")))
TABLE = Record(
    "rows",
    (
        Column("age", "integer", "feature"),
        Column("city", "category", "feature"),
        Column("mood", "category", "label"),
    ),
)
WORDS = {0: ["awful", "broke", "很差"], 1: ["fine", "average", "还行"], 2: ["great", "lovely", "很好"]}


def problem(labels: int, *, table: bool) -> Problem:
    """Rows of `labels` classes that a linear model can tell apart, most of the time."""
    rng = np.random.default_rng(3)
    true = rng.integers(0, labels, 120)
    if table:
        columns: dict[str, list[Any]] = {
            "age": [None if rng.random() < 0.1 else int(30 + 20 * k + rng.integers(0, 15)) for k in true],
            "city": [str(rng.choice(["Paris", "Rome"][: 1 + k % 2])) for k in true],
        }
    else:
        mixed = [k if rng.random() < 0.8 else int(rng.integers(0, labels)) for k in true]
        columns = {"text": [" ".join(rng.choice(WORDS[k] + ["the", "it"], rng.integers(1, 30))) for k in mixed]}
    part = Part(columns, true.astype(np.int64))
    names = ("bad", "fair", "good")[:labels]
    return Problem(TABLE if table else TEXT, names, part, part, np.ones(labels), 7)


def bundle_of(posed: Problem) -> Bundle:
    fitted = fit(posed, Linear(words=2, characters=2, terms=500))
    return Bundle("linear", posed.labels, fitted.features, fitted.graph, fitted.about)


POSED = {
    "two classes of text": problem(2, table=False),
    "three classes of text": problem(3, table=False),
    "two classes of rows": problem(2, table=True),
    "three classes of rows": problem(3, table=True),
}
BUNDLES = {name: bundle_of(posed) for name, posed in POSED.items()}
each = pytest.mark.parametrize("name", POSED)


def matrix(features: Any, columns: Any) -> Any:
    """The rows as scikit-learn would be given them."""
    if isinstance(features, Table):
        return features.arrays(columns)["table"]
    assert isinstance(features, Terms)
    found = np.zeros((len(columns["text"]), len(features.vocabulary)))
    for row, text in enumerate(columns["text"]):
        ids, weights = features.weigh(text)
        found[row, ids] = weights
    return found


@each
def test_a_bundle_predicts_what_scikit_learn_predicts(name: str) -> None:
    posed, bundle = POSED[name], BUNDLES[name]
    rows = matrix(bundle.features, posed.train.columns)
    oracle = LogisticRegression(C=10.0, max_iter=1000).fit(rows, posed.train.labels)
    found = bundle.probabilities(posed.train.columns)
    np.testing.assert_allclose(found, oracle.predict_proba(rows), atol=1e-6)


@each
def test_rows_sum_to_one_and_the_model_has_learnt(name: str) -> None:
    found = BUNDLES[name].probabilities(POSED[name].train.columns)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == POSED[name].train.labels).mean() > 0.6


@each
def test_a_row_is_predicted_alone_as_among_others(name: str) -> None:
    bundle, columns = BUNDLES[name], POSED[name].train.columns
    together = bundle.probabilities(columns)
    alone = [bundle.probabilities({n: [v[row]] for n, v in columns.items()})[0] for row in range(len(together))]
    np.testing.assert_allclose(np.array(alone), together, atol=1e-6)


@settings(deadline=None, max_examples=30)
@given(rows=some.lists(some.integers(0, 119), min_size=1, max_size=20))
def test_company_and_order_change_no_prediction(rows: list[int]) -> None:
    bundle, texts = BUNDLES["three classes of text"], POSED["three classes of text"].train.columns["text"]
    expected = bundle.probabilities({"text": texts})[rows]
    np.testing.assert_allclose(bundle.probabilities({"text": [texts[row] for row in rows]}), expected, atol=1e-6)


def test_more_rows_than_a_batch_are_predicted_as_few() -> None:
    bundle, texts = BUNDLES["two classes of text"], list(POSED["two classes of text"].train.columns["text"])
    expected = bundle.probabilities({"text": texts})
    np.testing.assert_allclose(bundle.probabilities({"text": texts * 5}), np.tile(expected, (5, 1)), atol=1e-6)


@each
def test_no_rows_and_unknown_ones_are_predicted_too(name: str) -> None:
    bundle, columns = BUNDLES[name], POSED[name].train.columns
    assert bundle.probabilities({n: [] for n in columns}).shape == (0, len(bundle.labels))
    unknown = {"text": ["", None, "zzz"]} if "text" in columns else {"age": [None] * 3, "city": [None, "Oslo", ""]}
    found = bundle.probabilities(unknown)
    assert found.shape == (3, len(bundle.labels))
    assert np.isfinite(found).all()


@each
def test_a_bundle_comes_back_from_the_disk_as_it_was(name: str, tmp_path: Path) -> None:
    digest = write_bundle(BUNDLES[name], tmp_path / "model")
    back = read_bundle(tmp_path / "model", digest, threads=1)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["bundle.json", "model.onnx"]
    assert (back.family, back.labels, back.graph) == ("linear", BUNDLES[name].labels, BUNDLES[name].graph)
    assert json.dumps(to_json(back.features)) == json.dumps(to_json(BUNDLES[name].features))
    columns = POSED[name].train.columns
    np.testing.assert_array_equal(back.probabilities(columns), BUNDLES[name].probabilities(columns))


def test_equal_bundles_have_one_digest_and_training_twice_makes_equal_ones(tmp_path: Path) -> None:
    again = bundle_of(POSED["two classes of text"])
    first, second = (
        write_bundle(bundle, tmp_path / name) for name, bundle in (("a", BUNDLES["two classes of text"]), ("b", again))
    )
    assert first == second


def refuse(folder: Path, expected: str | None = None) -> list[str]:
    with pytest.raises(BundleError, match="bundle") as caught:
        read_bundle(folder, expected)
    return lines(caught.value)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def relabel(path: Path) -> None:
    card = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(card | {"labels": card["labels"][::-1]}), "utf-8")


@pytest.mark.parametrize("part", ["bundle.json", "model.onnx"])
def test_an_incomplete_bundle_is_refused(part: str, tmp_path: Path) -> None:
    write_bundle(BUNDLES["two classes of text"], tmp_path / "model")
    (tmp_path / "model" / part).unlink()
    assert refuse(tmp_path / "model")[0] == "No model bundle stands in model."


def test_an_altered_graph_is_refused_without_knowing_its_digest(tmp_path: Path) -> None:
    write_bundle(BUNDLES["two classes of text"], tmp_path / "model")
    flip(tmp_path / "model" / "model.onnx")
    assert "not the one that was measured" in refuse(tmp_path / "model")[0]


@pytest.mark.parametrize(("part", "alter"), [("model.onnx", flip), ("bundle.json", relabel)])
def test_an_altered_bundle_is_not_the_one_whose_digest_is_known(
    part: str, alter: Callable[[Path], None], tmp_path: Path
) -> None:
    digest = write_bundle(BUNDLES["two classes of text"], tmp_path / "model")
    alter(tmp_path / "model" / part)
    assert "not the one that was measured" in refuse(tmp_path / "model", digest)[0]


def test_a_bundle_of_another_format_is_refused(tmp_path: Path) -> None:
    write_bundle(BUNDLES["two classes of text"], tmp_path / "model")
    card = json.loads((tmp_path / "model" / "bundle.json").read_text("utf-8"))
    (tmp_path / "model" / "bundle.json").write_text(json.dumps(card | {"format": 99}), "utf-8")
    refuse(tmp_path / "model")


def test_a_bundle_tells_how_its_texts_were_cleaned(tmp_path: Path) -> None:
    bundle = replace(BUNDLES["two classes of text"], text=TextRules("surrogate", ("patterns",), "all"))
    write_bundle(bundle, tmp_path / "bundle")
    assert read_bundle(tmp_path / "bundle").text == bundle.text


def card_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "bundle.json").read_text("utf-8"))
    return found


def test_a_bundle_from_before_there_were_rules_has_the_default_ones(tmp_path: Path) -> None:
    write_bundle(BUNDLES["two classes of text"], tmp_path / "bundle")
    card = card_of(tmp_path / "bundle")
    del card["text"]
    (tmp_path / "bundle" / "bundle.json").write_text(json.dumps(card), "utf-8")
    assert read_bundle(tmp_path / "bundle").text == TextRules()


@pytest.mark.parametrize("rules", [{"mode": "blur", "finders": ["patterns"]}, {"finders": ["patterns"]}, [], "mask"])
def test_a_bundle_whose_rules_are_not_known_here_is_refused(tmp_path: Path, rules: object) -> None:
    write_bundle(BUNDLES["two classes of text"], tmp_path / "bundle")
    card = card_of(tmp_path / "bundle") | {"text": rules}
    (tmp_path / "bundle" / "bundle.json").write_text(json.dumps(card), "utf-8")
    with pytest.raises(BundleError, match="a way that this version does not know"):
        read_bundle(tmp_path / "bundle")
