"""What a fold lacks: a rare class, a second one, a time; families and searches answer all labels or say why not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workspaces import lines

pytest.importorskip("optuna")
from test_boosting import OPTIONS, table
from test_ngrams import moods

from pipelines.bundle import Bundle
from pipelines.coded import Coded
from pipelines.errors import ParameterError, TrainingError
from pipelines.features import Table
from pipelines.models import Part, Problem, Schedule, auto, boosting, linear, nbsvm, ngrams
from pipelines.models.distilling import lesson
from pipelines.models.folds import apart, chosen
from pipelines.models.options import Auto, Linear, Nbsvm, Ngrams
from pipelines.models.trials import WATCHED, Silence
from pipelines.models.vocabularies import at_most
from pipelines.models.worth import gain, standard_error
from pipelines.record import Column, Record

LABELS = ("sad", "odd", "glad")


def rare(count: int = 60) -> Problem:
    """Moods of three labels, of which no row is odd."""
    problem = moods(count)
    part = replace(problem.train, labels=problem.train.labels * 2)
    return replace(problem, labels=LABELS, train=part, valid=part, weights=np.ones(3))


FITS: dict[str, Any] = {
    "linear": lambda problem: linear.fit(problem, Linear(words=1)),
    "ngrams": lambda problem: ngrams.fit(problem, Ngrams(words=1, letters=3)),
    "nbsvm": lambda problem: nbsvm.fit(problem, Nbsvm()),
}


@pytest.mark.parametrize("family", FITS)
def test_a_label_without_a_row_has_a_place_and_hardly_a_chance(family: str) -> None:
    problem = rare()
    fitted = FITS[family](problem)
    found = Bundle(family, LABELS, fitted.features, fitted.graph, threads=1).probabilities(problem.train.columns)
    assert found.shape == (len(problem.train.labels), 3)
    assert found[:, 1].max() < 0.01
    assert (found.argmax(axis=1) == problem.train.labels).mean() > 0.9


def test_trees_of_fewer_labels_answer_all_of_them() -> None:
    problem = table(400, 2)
    shifted = replace(problem.train, labels=problem.train.labels + 1)
    wider = replace(problem, labels=("none", "a", "b"), train=shifted, valid=shifted, weights=np.ones(3))
    narrow, wide = (boosting.fit(each, OPTIONS) for each in (problem, wider))
    known = Bundle("boosting", problem.labels, narrow.features, narrow.graph, threads=1)
    found = Bundle("boosting", wider.labels, wide.features, wide.graph, threads=1).probabilities(shifted.columns)
    assert found[:, 0].max() < 1e-6
    assert np.abs(found[:, 1:] - known.probabilities(shifted.columns)).max() < 1e-5


def owned(problem: Problem, rare_rows: int) -> Problem:
    """Each person wrote two rows, but all the odd ones are one person's."""
    count = len(problem.train.labels)
    labels = problem.train.labels * 2
    labels[:rare_rows] = 1
    subjects = tuple("p0" if row < rare_rows else f"p{1 + row // 2}" for row in range(count))
    part = replace(problem.train, labels=labels, subjects=subjects)
    return replace(problem, labels=LABELS, train=part, valid=chosen(part, np.zeros(0, np.int64)), weights=np.ones(3))


@pytest.mark.parametrize("family", ["linear", "ngrams"])
def test_a_search_goes_on_where_all_rows_of_a_class_are_one_persons(tmp_path: Path, family: Any) -> None:
    options = Auto(trials=2, folds=3, minutes=5, families=(family,))
    problem = owned(moods(80), 6)
    fitted = auto.fit(problem, options, Schedule(1, 64, 0.001, 1, tmp_path / "auto.npz"), Silence())
    bundle = Bundle("auto", LABELS, fitted.features, fitted.graph, threads=1)
    assert bundle.probabilities(problem.train.columns).shape == (80, 3)


def refused(problem: Problem, options: Auto, folder: Path) -> list[str]:
    with pytest.raises((TrainingError, ParameterError)) as caught:
        auto.pose_to_all(problem, options, Schedule(1, 64, 0.001, 1, folder / "auto.npz"))
    return lines(caught.value)


def test_folds_that_leave_one_class_are_refused(tmp_path: Path) -> None:
    problem = moods(40)
    part = replace(problem.train, subjects=tuple(f"p{label}" for label in problem.train.labels))
    told = refused(replace(problem, train=part, valid=chosen(part, np.zeros(0, np.int64))), Auto(folds=2), tmp_path)
    assert told[0] == "Folds by subject leave rows of a single class on one side."
    assert "by: label" in told[2]


def test_folds_by_time_want_a_time(tmp_path: Path) -> None:
    assert "no time stands beside the rows" in refused(moods(40), Auto(folds=2, by="time"), tmp_path)[0]


def test_the_only_rows_of_a_class_teach_and_are_not_watched() -> None:
    problem = moods(100)
    labels = np.zeros(100, dtype=np.int64)
    pool = replace(problem.train, subjects=tuple(f"p{row // 10}" for row in range(100)))
    for person in range(10):  # all rows of the class are one person's, and one of ten people is watched
        labels[:] = 0
        labels[10 * person : 10 * person + 4] = 1
        teach, watched = apart(problem, replace(pool, labels=labels), WATCHED, "subject")
        assert set(range(10 * person, 10 * person + 4)) <= set(teach.tolist())
        assert sorted([*teach, *watched]) == list(range(100))


def test_what_a_student_watches_it_was_never_shown() -> None:
    pool = Part({"text": list("abcdef")}, np.array([0, 1, 0, 1, 0, 1]))
    asked, teach = np.array([5, 4, 3, 2, 1, 0]), np.array([0, 1, 3, 4])
    answers = np.eye(2)[[1, 0, 1, 0, 1, 0]]
    shown = lesson(pool, asked, answers, 0, teach)
    assert list(shown.columns["text"]) == list("abde" + "edba" * 2)
    assert shown.labels.tolist() == [0, 1, 1, 0] * 3


def test_the_error_of_an_area_leaves_out_resamples_without_a_positive() -> None:
    rng = np.random.default_rng(2)
    true = (np.arange(60) < 3).astype(np.int64)
    found = np.stack([1 - (yes := rng.random(60)), yes], axis=1)
    assert 0 < standard_error("roc_auc", true, found, 1) < 0.5
    assert np.isfinite(gain("roc_auc", true, found, found[:, ::-1], 1))


PLACES = Record("places", (Column("town", "category", "feature", "quasi"), Column("mood", "category", "label")))


def test_a_rare_value_that_arrives_in_the_clear_is_read_as_the_rare_ones_that_taught() -> None:
    towns = {"town": ["Ulm", "Bonn", "other", "Ulm", None]}
    asked = {"town": ["Hamlet", "other", "Ulm", None]}
    one_hot = Table.fit(towns, PLACES).arrays(asked)["table"]
    assert one_hot[0].tolist() == one_hot[1].tolist() != one_hot[3].tolist()
    codes = Coded.fit(towns, PLACES).arrays(asked)["table"][:, 0]
    assert codes[0] == codes[1]
    assert np.isnan(codes[3])
    never = Table.fit({"town": ["Ulm", "Bonn"]}, PLACES).arrays(asked)["table"]
    assert never[0].tolist() == never[3].tolist()  # no value was rare: what is not known is missing


def test_a_code_of_every_row_and_terms_of_many_labels_stay_within_memory() -> None:
    codes = {"town": [f"t{place}" for place in range(5000)] + ["t7"]}
    table_of = Table.fit(codes, PLACES)
    assert table_of.width == 1001
    assert "t7" in table_of.categories["town"]
    assert at_most(500_000, 6) == 500_000
    assert at_most(500_000, 1000) == 20_000
    assert at_most(500_000, 1_000_000) == 1000


@pytest.mark.parametrize("places", [(0, 1), (0, 2), (1, 2)])
def test_whichever_label_the_rows_lack_the_others_keep_their_places(places: tuple[int, int]) -> None:
    problem = table(400, 2)
    spread = replace(problem.train, labels=np.array(places)[problem.train.labels])
    wider = replace(problem, labels=LABELS, train=spread, valid=spread, weights=np.ones(3))
    narrow, wide = (boosting.fit(each, OPTIONS) for each in (problem, wider))
    known = Bundle("boosting", problem.labels, narrow.features, narrow.graph, threads=1)
    found = Bundle("boosting", LABELS, wide.features, wide.graph, threads=1).probabilities(spread.columns)
    assert np.abs(found[:, places] - known.probabilities(spread.columns)).max() < 1e-5


def test_a_label_alone_in_its_rows_is_what_every_text_is_taken_for() -> None:
    problem = moods(40)
    alone = replace(problem.train, labels=np.ones(len(problem.train.labels), np.int64))
    for family, fit in FITS.items():
        if family == "linear":  # scikit-learn's own refuses one class, as training and folds do before it
            continue
        fitted = fit(replace(problem, labels=LABELS, train=alone, valid=alone, weights=np.ones(3)))
        found = Bundle(family, LABELS, fitted.features, fitted.graph, threads=1)
        assert (found.probabilities(alone.columns).argmax(axis=1) == 1).all()
