"""What is proposed to learn from texts and tables: the quick trials of a search, which need no network."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from proposed import chinese, look, made, roles, sentence, table

from pipelines.models import Part, Problem
from pipelines.models.spaces import first_trials, spaces
from pipelines.parameters import check_parameters
from pipelines.proposing.families import VAST, WIDE
from pipelines.proposing.proposal import Proposal
from pipelines.proposing.writing import MANY_ROWS, MANY_WORDS, QUICK, written
from pipelines.proposing.writing import parameters_of as parameters
from pipelines.record import Column, Record

HEADER = ["body", "label"]


def said(dice: random.Random, place: int) -> Sequence[object]:
    return [sentence(dice, good=place % 2 == 0), ("good", "bad")[place % 2]]


def rare(dice: random.Random, place: int) -> Sequence[object]:
    return [sentence(dice, good=place % 2 == 0), "none" if place % 8 else ("good", "bad")[place % 16 // 8]]


def stars(dice: random.Random, place: int) -> Sequence[object]:
    return [sentence(dice, good=place % 2 == 0), 5 if place % 4 else place // 4 % 5 + 1]


def train(found: Proposal) -> dict[str, Any]:
    check_parameters(parameters(found, "a.csv"))
    return dict(parameters(found, "a.csv")["train"])


def problem(*columns: Column) -> Problem:
    part = Part({column.name: [] for column in columns}, np.zeros(0, dtype=np.int64))
    label = Column("label", "category", "label")
    return Problem(Record("any", (*columns, label)), ("a", "b"), part, part, np.ones(2), 0)


@pytest.mark.parametrize(("frauds", "measure"), [(40, "macro_f1"), (400, None)])
def test_where_one_of_two_classes_is_rare_models_are_sought_and_compared_by_macro_f1(
    tmp_path: Path, frauds: int, measure: str | None
) -> None:
    rows = made(2000, lambda dice, place: [dice.random(), dice.random(), int(place < frauds)])
    proposed = parameters(look(table(tmp_path / "cards.csv", ["v1", "v2", "is_fraud"], rows)), "cards.csv")
    check_parameters(proposed)
    assert proposed["train"]["auto"].get("measure") == measure
    assert proposed["promote"].get("measure") == measure
    assert "class_weight" not in proposed["train"]
    told = written(proposed, look(tmp_path / "cards.csv"))
    assert ("# Some labels are rare" in told) == (measure is not None)


@pytest.mark.parametrize(
    ("kind", "column"), [("text", Column("said", "text", "text")), ("table", Column("size", "number", "feature"))]
)
def test_quick_trials_are_all_that_come_before_the_first_network(kind: str, column: Column) -> None:
    found = spaces(problem(column), ())
    slow = [found[trial["family"]].slow for trial in first_trials(found)]
    assert QUICK[kind] == (slow.index(True) if True in slow else len(slow))


def test_a_text_with_classes_is_searched_quickly(tmp_path: Path) -> None:
    found = look(table(tmp_path / "a.csv", HEADER, made(300, said)))
    assert train(found) == {
        "family": "auto",
        "linear": {"words": 2, "characters": 3, "terms": 200_000, "c": 10.0},
        "auto": {"trials": 5},
    }
    text = written(parameters(found, "a.csv"), found)
    assert "# Quick trials, of n-grams and linear models. `flywheel tune --minutes 15 --write`" in text
    assert yaml.safe_load(text)["train"] == train(found)


def test_rare_classes_count_in_the_search_as_they_do_in_training(tmp_path: Path) -> None:
    found = train(look(table(tmp_path / "a.csv", HEADER, made(320, rare))))
    assert found["class_weight"] == "balanced"
    assert found["auto"] == {"trials": 5, "measure": "macro_f1"}


def test_steps_of_a_scale_are_searched_by_how_far_away_an_answer_is(tmp_path: Path) -> None:
    found = look(table(tmp_path / "a.csv", ["body", "stars"], made(320, stars)))
    label = found.holder("label")
    assert label is not None
    assert label.entry["ordered"]
    assert train(found)["class_weight"] == "balanced"
    assert train(found)["auto"] == {"trials": 5}


def test_much_data_is_searched_in_fewer_folds_and_vast_data_not_at_all(tmp_path: Path) -> None:
    texts = look(table(tmp_path / "a.csv", HEADER, made(300, said)))
    sizes = {count: replace(texts, lengths=(count // 300 + 1, 9)) for count in (MANY_WORDS, VAST)}
    assert train(sizes[MANY_WORDS])["auto"] == {"trials": 5, "folds": 2}
    assert train(sizes[VAST]) == {"family": "ngrams", "linear": train(texts)["linear"]}
    assert [found.families[0] for found in (texts, *sizes.values())] == ["auto", "auto", "ngrams"]
    rows = look(table(tmp_path / "b.csv", ["size", "price", "target"], made(300, numbers)))
    assert train(rows)["auto"] == {"trials": 3}
    many = replace(rows.sampled, read=MANY_ROWS + 1)
    assert train(replace(rows, sampled=many))["auto"] == {"trials": 3, "folds": 2}


def numbers(dice: random.Random, place: int) -> Sequence[object]:
    return [dice.random(), round(dice.gauss(9, 3), 2), place % 2]


@pytest.mark.parametrize(("classes", "family"), [(2, "auto"), (3, "mlp")])
def test_a_table_of_many_columns_and_classes_begins_with_a_network(tmp_path: Path, classes: int, family: str) -> None:
    """As pixels are: boosting grows a tree for each class in each round, and two classes share one."""
    columns = [f"pixel{place}" for place in range(WIDE // 3 + 1)]
    rows = made(60, lambda dice, place: [*(dice.random() for _ in columns), place % classes])
    found = look(table(tmp_path / "a.csv", [*columns, "label"], rows))
    assert (found.families[0], train(found)["family"]) == (family, family)
    assert ("# Boosted trees take minutes" in written(parameters(found, "a.csv"), found)) == (family == "mlp")


def test_a_number_told_by_a_table_is_searched_too(tmp_path: Path) -> None:
    rows = made(300, lambda dice, _: [dice.random(), dice.random(), round(dice.gauss(9, 3), 3)])
    found = look(table(tmp_path / "a.csv", ["rooms", "area", "target"], rows))
    assert train(found) == {"family": "auto", "linear": {"c": 1.0}, "auto": {"trials": 3}}
    assert "boosted trees" in written(parameters(found, "a.csv"), found)


def test_a_text_whose_label_is_a_number_asks_for_a_network(tmp_path: Path) -> None:
    rows = made(300, lambda dice, place: [chinese(dice, good=place % 2 == 0), round(dice.gauss(9, 3), 3)])
    found = look(table(tmp_path / "a.csv", ["body", "target"], rows))
    assert roles(found) == {"label": "target", "text": "body"}
    assert found.families == ("lstm", "linear")
    assert train(found)["family"] == "lstm"
