"""A search over what is no text with classes: numbers, an order, pictures, a table beside a text; one graph of each."""

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspaces import lines

pytest.importorskip("optuna")
from test_ngrams import moods
from test_search import schedule

from pipelines.bundle import Bundle
from pipelines.errors import ParameterError
from pipelines.models import Part, Problem, auto
from pipelines.models.budgets import Budget
from pipelines.models.ensembles import pooled
from pipelines.models.options import Auto, Boosting, Cnn, Convolved, Linear, Member, Pace
from pipelines.models.searching import Course, reached, search, worse
from pipelines.models.spaces import first_trials, spaces
from pipelines.models.trials import Asked, Silence, Trial, asked, settled
from pipelines.models.worth import MEASURES, gain, measured, standard_error
from pipelines.pictures import stored_png
from pipelines.record import Column, Record, Task

DICE = np.random.default_rng(11)
AREA, SIDE = DICE.uniform(20, 120, 200), DICE.choice(["north", "south"], 200)
RENT = 8 * AREA + 300 * (SIDE == "south") + DICE.normal(0, 40, 200)
FLATS = (Column("area", "number", "feature"), Column("side", "category", "feature"))
SAID = ["bright and quiet" if rent > 700 else "gloomy" for rent in RENT]


def flats(*more: Column, labels: Any = RENT, names: tuple[str, ...] = (), task: Task = "regression") -> Problem:
    """Rents, or what is made of them, by area, side and whatever column comes besides."""
    label = Column("rent", "category" if names else "number", "label", categories=names, ordered=task == "ordinal")
    columns: dict[str, Any] = {"area": AREA.tolist(), "side": SIDE.tolist(), "said": SAID}
    parts = [Part({k: v[at] for k, v in columns.items()}, labels[at]) for at in (slice(150), slice(150, 200))]
    return Problem(Record("flats", (*FLATS, *more, label)), names, *parts, np.ones(len(names)), 3, task)


@given(st.lists(st.floats(-100, 100), min_size=4, max_size=30), st.integers(0, 1000))
def test_errors_count_below_zero_and_nothing_is_better_than_the_truth(true: list[float], seed: int) -> None:
    values = np.array(true)
    other = values[:, None] + np.random.default_rng(seed).normal(size=(len(true), 1))
    assert measured("mae", values, values[:, None]) == 0 > measured("mae", values, other)
    assert measured("r2", values, other) <= measured("r2", values, values[:, None]) <= 1
    assert gain("mae", values, values[:, None], other, seed) > 0 > gain("r2", values, other, values[:, None], seed)


def test_in_an_order_the_middle_is_asked_and_a_far_error_is_worse_than_a_near_one() -> None:
    true = np.array([0, 0])
    near, far = np.array([[0.4, 0.6, 0.0]] * 2), np.array([[0.4, 0.0, 0.6]] * 2)
    assert measured("accuracy", true, near) == measured("accuracy", true, far) == 0
    assert (measured("mae", true, near), measured("mae", true, far)) == (-1, -2)


def test_numbers_are_weighed_so_that_the_better_ones_count_and_a_shift_is_put_right() -> None:
    dice = np.random.default_rng(2)
    good, poor = (RENT + 50 + dice.normal(0, spread, 200) for spread in (10, 200))
    pool = pooled("regression", "r2", RENT, [good[:, None], poor[:, None]])
    assert pool.numbers
    assert pool.weights[0] > 0.9 > 0.1 > pool.weights[1]
    assert abs((pool.answers([good[:, None], poor[:, None]])[:, 0] - RENT).mean()) < 1
    assert standard_error("r2", RENT, good[:, None], 3) < 0.05


@pytest.mark.parametrize("joined", [False, True])
def test_an_ensemble_of_numbers_is_one_graph(joined: bool, tmp_path: Path) -> None:
    problem = flats(*([Column("said", "text", "text")] * joined))
    other = Member(linear=Linear(c=0.01)) if joined else Member(boosting=Boosting(trees=20))
    members = (Member(linear=Linear(words=1, characters=1, c=1.0)), other)
    fitted = auto.fit(problem, Auto(folds=2, members=members), schedule(tmp_path), Silence())
    bundle = Bundle("auto", (), fitted.features, fitted.graph, threads=1, task="regression")
    found = bundle.values(problem.valid.columns)
    assert measured("r2", problem.valid.labels, found[:, None]) > 0.8
    assert fitted.about["measure"] == "r2"
    assert fitted.about["cross_validation"]["value"] > 0.8
    options = Auto(folds=2, trials=2, families=("linear",), student="linear")
    student = auto.fit(problem, options, schedule(tmp_path), Silence())
    taught = Bundle("auto", (), student.features, student.graph, task="regression").values(problem.valid.columns)
    assert measured("r2", problem.valid.labels, taught[:, None]) > 0.8


def test_an_order_is_searched_by_how_far_answers_are_away(tmp_path: Path) -> None:
    places = np.digitize(RENT, [500, 800, 1000])
    problem = flats(labels=places, names=("low", "fair", "high", "top"), task="ordinal")
    fitted = auto.fit(problem, Auto(folds=2, trials=2), schedule(tmp_path), Silence())
    assert fitted.about["measure"] == "mae"
    bundle = Bundle("auto", problem.labels, fitted.features, fitted.graph, threads=1, task="ordinal")
    found = bundle.decided(bundle.probabilities(problem.valid.columns))
    assert np.abs(found - problem.valid.labels).mean() < 0.4


def test_pictures_are_searched_too_and_a_network_is_a_member_like_any_other(tmp_path: Path) -> None:
    dark = np.arange(40) % 2
    pictures = [stored_png(bytes([30 + 180 * bool(each)] * 16), 4, 4) for each in dark]
    cells = [base64.b64encode(picture).decode() for picture in pictures]
    record = Record("lamps", (Column("image", "image", "feature"), Column("on", "category", "label")))
    part = Part({"image": cells}, dark)
    problem = Problem(record, ("no", "yes"), part, part, np.ones(2), 3)
    assert [trial["family"] for trial in first_trials(spaces(problem, ()))] == ["linear", "cnn"]
    small = Member(cnn=Cnn(pictures=Convolved(blocks=(4,), rotate=0, shift=0, crop=0)))
    options = Auto(folds=2, members=(Member(linear=Linear(c=0.1)), small))
    fitted = auto.fit(problem, options, schedule(tmp_path), Silence())
    found = Bundle("auto", problem.labels, fitted.features, fitted.graph, threads=1).probabilities(part.columns)
    assert (found.argmax(axis=1) == dark).all()


def test_the_best_of_each_family_is_looked_at_however_many_of_another_are_better() -> None:
    tried = [Trial(n, "ngrams", Linear(words=n), 0.9 - n / 100, 0, 1, np.zeros((1, 2))) for n in range(1, 12)]
    tried += [Trial(n, "cnn", Cnn(filters=n), 0.5 - n / 1000, 0, 1, np.zeros((1, 2))) for n in (20, 21)]
    finalists = auto.looked_at(tried)
    assert [trial.number for trial in finalists] == [1, 2, 3, 4, 5, 6, 7, 20]
    assert len(finalists) == auto.FINALISTS


class Heard(Silence):
    """A watcher that notes which trials of which family were given up, at what they were worth."""

    def __init__(self) -> None:
        self.trials: list[tuple[str, float, bool]] = []

    def trial(self, family: str, settings: Any, measures: dict[str, float], told: str) -> None:
        self.trials.append((family, measures["valid_r2"], bool(measures["pruned"])))


def test_a_trial_is_given_up_where_its_own_family_was_better_and_not_because_another_one_is(tmp_path: Path) -> None:
    import optuna

    assert [worse(value, [0.8, 0.9]) for value in (0.84, 0.86)] == [True, False]
    assert not worse(0.1, [])
    known = {"family": optuna.distributions.CategoricalDistribution(["ngrams", "cnn"])}
    tried = [
        optuna.trial.create_trial(
            params={"family": family}, distributions=known, value=0.0, intermediate_values=dict(enumerate(values, 1))
        )
        for family, values in (("ngrams", [0.9, 0.8]), ("cnn", [0.5]), ("cnn", [0.4, 0.6]))
    ]
    assert reached(tried, "cnn", 1) == [0.5, 0.4]
    assert reached(tried, "cnn", 2) == [0.6]
    assert reached(tried, "ngrams", 3) == []
    heard = Heard()
    options = Auto(folds=2, trials=14, families=("linear", "boosting"))
    search(auto.pose_to_all(flats(), options, schedule(tmp_path)), tmp_path / "search", heard)
    ended = {family: max(v for f, v, gone in heard.trials if f == family and not gone) for family in options.families}
    assert ended["boosting"] < ended["linear"]  # rents are a straight line
    drawn = [gone for family, _, gone in heard.trials[3:] if family == "boosting"]
    assert True in drawn
    assert False in drawn


def test_a_family_that_there_is_no_time_for_is_not_begun_again_and_the_others_go_on(tmp_path: Path) -> None:
    import optuna

    question = auto.pose_to_all(flats(), Auto(folds=2, families=("linear", "boosting")), schedule(tmp_path))
    found = spaces(question.problem, question.options.families)
    study, heard = optuna.create_study(direction="maximize"), Heard()
    course = Course(study, question, found, first_trials(found), tmp_path, Budget(1e9, 2, 1.0, 4), heard)
    course.one(0)
    replace(course, budget=Budget(0, 2, 1.0, 4)).one(1)  # shares what the other noted
    assert course.late == {"boosting"}
    for done in range(2, 9):
        course.one(done)
    tried = [(trial.params["family"], trial.state.name, len(trial.intermediate_values)) for trial in study.trials]
    assert tried[:2] == [("linear", "COMPLETE", 2), ("boosting", "PRUNED", 1)]
    assert {("boosting", "PRUNED", 0)} == {trial for trial in tried[2:] if trial[0] == "boosting"}
    assert ("linear", "COMPLETE", 2) in tried[2:]
    assert len(heard.trials) == 2 + sum(family == "linear" for family, _, _ in tried[2:])
    assert not course.over
    assert replace(course, late={"linear", "boosting"}).over


def test_the_time_to_teach_is_that_of_the_best_of_each_family_and_not_of_the_quickest(tmp_path: Path) -> None:
    import optuna

    study, start = optuna.create_study(direction="maximize"), datetime(2026, 1, 1)
    families = optuna.distributions.CategoricalDistribution(("ngrams", "cnn"))
    for family, value, seconds in (("ngrams", 0.90, 2), ("cnn", 0.85, 40), ("ngrams", 0.91, 3), ("cnn", 0.86, 50)):
        trial = optuna.trial.create_trial(params={"family": family}, distributions={"family": families}, value=value)
        trial.datetime_start, trial.datetime_complete = start, start + timedelta(seconds=seconds)
        study.add_trial(trial)
    question = auto.pose_to_all(flats(), Auto(folds=2), schedule(tmp_path))
    course = Course(study, question, {}, [], tmp_path, Budget(1e9, 2, 1.0, 2), None)
    assert course.seconds() == [3, 50, 2, 40]
    assert course.budget.teaching(course.seconds()) == 53


def test_what_was_tried_by_another_schedule_or_another_choice_is_another_search(tmp_path: Path) -> None:
    usual = schedule(tmp_path)
    asked = [
        (flats(), Auto(folds=2), usual),
        (flats(), Auto(folds=2), replace(usual, epochs=2)),
        (flats(), Auto(folds=2), replace(usual, pace=Pace(ema=0.9))),
        (flats(), Auto(folds=2, families=("linear",)), usual),
        (flats(Column("said", "text", "text")), Auto(folds=2), usual),
    ]
    names = [auto.pose_to_all(*each).identity() for each in asked]
    assert len(set(names)) == len(names)
    assert auto.pose_to_all(flats(), Auto(folds=2, trials=3, minutes=1), usual).identity() == names[0]


@pytest.mark.parametrize(("task", "measure"), [("regression", "accuracy"), ("classification", "r2")])
def test_a_measure_that_says_nothing_of_the_label_is_refused(task: Task, measure: Any, tmp_path: Path) -> None:
    problem = flats() if task == "regression" else moods(8)
    with pytest.raises(ParameterError, match=measure) as caught:
        auto.fit(problem, Auto(measure=measure), schedule(tmp_path), Silence())
    lines(caught.value)
    assert measure not in MEASURES[task]


def test_the_first_fold_says_how_many_epochs_and_in_the_others_all_rows_teach(tmp_path: Path) -> None:
    question = auto.pose_to_all(moods(40), Auto(folds=2), schedule(tmp_path))
    small = Cnn(length=8, embedding=4, filters=2)
    first = asked(question, "cnn", small, question.cuts[0], whole=False)
    assert first.length == settled(question, small, [first]) == 1
    assert settled(question, small, []) == 0
    second = asked(question, "cnn", small, question.cuts[1], whole=False, length=5)
    assert second.length == 5
    assert not np.array_equal(second.answers, asked(question, "cnn", small, question.cuts[1], whole=False).answers)
    assert settled(question, Boosting(), [Asked(first.answers, 80)]) == 0
    assert settled(replace(question, by="time"), small, [first]) == 0


def test_a_rate_that_wants_validation_rows_is_refused_in_a_search(tmp_path: Path) -> None:
    usual = schedule(tmp_path)
    assert auto.pose_to_all(moods(8), Auto(), replace(usual, pace=Pace(decay="cosine"))).schedule.pace.decay == "cosine"
    with pytest.raises(ParameterError, match="plateau") as caught:
        auto.pose_to_all(moods(8), Auto(), replace(usual, pace=Pace(decay="plateau")))
    lines(caught.value)
