"""A search: folds that keep apart what belongs apart, pools that win or give way, one graph, and a kill survived."""

import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspaces import lines

pytest.importorskip("optuna")
from test_ngrams import moods

from pipelines.bundle import Bundle
from pipelines.errors import ParameterError
from pipelines.features import from_json, to_json
from pipelines.models import FAMILIES, Part, Problem, Schedule, auto, linear, ngrams
from pipelines.models.budgets import Budget
from pipelines.models.distilling import lesson
from pipelines.models.ensembles import Pool, best_together, pooled
from pipelines.models.folds import folds, in_time
from pipelines.models.merging import merged
from pipelines.models.options import Auto, Linear, Member, Ngrams
from pipelines.models.searching import search
from pipelines.models.spaces import first_trials, spaces
from pipelines.models.trials import Question, Silence
from pipelines.models.worth import measured
from pipelines.record import Column, Record

QUICK = Auto(trials=6, folds=2, minutes=5, families=("linear",))


def schedule(folder: Path) -> Schedule:
    return Schedule(1, 64, 0.001, 1, folder / "auto.npz")


class Killed(Silence):
    """A watcher that ends the search after some trials, as a kill would."""

    def __init__(self, after: int) -> None:
        self.left = after

    def trial(self, family: str, settings: Any, measures: dict[str, float], told: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@given(st.lists(st.integers(0, 5), min_size=8, max_size=60), st.integers(2, 4))
def test_each_row_is_asked_once_and_labels_are_shared_out_evenly(labels: list[int], count: int) -> None:
    part = Part({"text": [""] * len(labels)}, np.array(labels))
    cuts = folds(moods(4), part, count, "label")
    assert sorted(np.concatenate([ask for _, ask in cuts]).tolist()) == list(range(len(labels)))
    for teach, ask in cuts:
        assert not set(teach) & set(ask)
    for label in set(labels):
        held = [(part.labels[ask] == label).sum() for _, ask in cuts]
        assert max(held) - min(held) <= 1


@given(st.lists(st.integers(0, 9), min_size=12, max_size=60))
def test_no_subject_teaches_rows_of_its_own_that_are_asked(subjects: list[int]) -> None:
    part = Part({"text": [""] * len(subjects)}, np.zeros(len(subjects), np.int64), tuple(map(str, subjects)))
    cuts = folds(moods(4), part, 2, "subject")
    for teach, ask in cuts:
        assert not {subjects[row] for row in teach} & {subjects[row] for row in ask}
    assert sum(len(ask) for _, ask in cuts) == len(subjects)


def test_by_time_the_past_teaches_and_the_future_is_asked() -> None:
    times = (3, 1, None, 2, 7, 5, 6, 4)
    pool = in_time(Part({"text": list("abcdefgh")}, np.arange(8), (), times))
    assert pool.times == (1, 2, 3, 4, 5, 6, 7, None)
    cuts = folds(moods(4), pool, 2, "time")
    assert all(teach.max() < ask.min() for teach, ask in cuts)


def test_one_fold_is_a_part_that_is_held_out_once() -> None:
    part = Part({"text": [""] * 40}, np.arange(40) % 2, tuple(str(row // 4) for row in range(40)))
    for by in ("label", "subject", "time"):
        ((teach, ask),) = folds(moods(4), part, 1, by)
        assert sorted([*teach, *ask]) == list(range(40))
        assert len(ask) == (20 if by == "time" else 12 if by == "subject" else 10)


def test_of_thousands_of_pictures_a_quarter_is_asked_once_unless_folds_are_told() -> None:
    record = Record("lamps", (Column("image", "image", "feature"), Column("on", "category", "label")))
    for rows, told, cuts, taught in ((2001, 0, 1, 0.75), (2000, 0, 4, 3), (2001, 3, 3, 2)):
        part = Part({"image": [""] * rows}, np.arange(rows) % 2)
        problem = Problem(record, ("no", "yes"), part, part, np.ones(2), 3)
        question = Question.of(problem, part, "label", Auto(folds=told), Schedule(1, 8, 0.1, 1, Path("none")))
        assert len(question.cuts) == cuts
        assert question.taught == pytest.approx(taught, abs=0.001)


def answers(right: float, seed: int, true: Any) -> Any:
    """Probabilities of a model that knows so much; others, of another seed, err elsewhere."""
    scores = np.random.default_rng(seed).normal(size=(len(true), 3))
    scores[np.arange(len(true)), true] += right
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


def test_models_that_err_elsewhere_win_together_and_one_that_knows_nothing_is_left_out() -> None:
    true = np.random.default_rng(0).integers(3, size=600)
    members = [answers(1.5, 1, true), answers(1.5, 2, true), answers(0.0, 3, true)]
    assert best_together("classification", "accuracy", true, members, 4, 0) == [0, 1]
    assert best_together("classification", "accuracy", true, [members[0], members[0]], 4, 0) == [0]
    assert best_together("classification", "accuracy", true, members, 1, 0) == [0]


def test_the_luckiest_of_many_trials_keeps_no_ensemble_out_that_knows_more() -> None:
    true = np.random.default_rng(0).integers(3, size=600)
    one = answers(1.5, 1, true)
    trials = [one * np.exp(np.random.default_rng(seed).normal(size=one.shape) * 0.3) for seed in range(300)]
    lucky = max((trial / trial.sum(axis=1, keepdims=True) for trial in trials), key=lambda a: _right(a, true))
    members = [lucky, answers(0.6, 2, true)]
    together = pooled("classification", "accuracy", true, members).answers(members)
    assert _right(together, true) < _right(lucky, true)
    assert best_together("classification", "accuracy", true, members, 4, 0) == [0, 1]
    # Where more is lost than chance explains, less surprise makes up for nothing.
    members = [lucky, answers(0.3, 2, true)]
    assert best_together("classification", "accuracy", true, members, 4, 0) == [0]


def _right(found: Any, true: Any) -> float:
    return float((found.argmax(axis=1) == true).mean())


def test_for_macro_f1_answers_move_towards_rare_labels_and_for_accuracy_they_do_not() -> None:
    rng = np.random.default_rng(0)
    true = rng.choice(3, p=[0.8, 0.1, 0.1], size=900)
    # A model that knows how rare labels are answers the commonest one.
    members = [answers(1.0, 1, true) * np.array([0.8, 0.1, 0.1])]
    members = [members[0] / members[0].sum(axis=1, keepdims=True)]
    plain, shifted = (
        pooled("classification", "accuracy", true, members),
        pooled("classification", "macro_f1", true, members),
    )
    assert set(plain.bias) == {0.0}
    assert shifted.bias[0] < shifted.bias[1]
    gain = [measured("macro_f1", true, pool.answers(members)) for pool in (plain, shifted)]
    assert gain[1] > gain[0] + 0.02


def test_one_graph_answers_as_its_members_pooled() -> None:
    problem = moods(80)
    fitted = [
        ngrams.fit(problem, Ngrams(words=2, letters=3)),
        linear.fit(problem, Linear(words=1, characters=1)),
        ngrams.fit(problem, Ngrams(words=2, letters=3, c=1.0)),
    ]
    pool = Pool((0.7, 0.2, 0.4), (0.0, 0.3))
    features, graph = merged(fitted, pool)
    assert len(features.parts) == 2  # type: ignore[union-attr]
    asked = moods(300).train.columns
    alone = [Bundle("one", problem.labels, f.features, f.graph, threads=1).probabilities(asked) for f in fitted]
    bundle = Bundle("auto", problem.labels, from_json(to_json(features)), graph, threads=1)
    assert np.abs(bundle.probabilities(asked) - pool.answers(alone)).max() < 1e-5


def test_a_search_that_was_killed_goes_on_and_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    problem = moods(60)
    question = auto.pose_to_all(problem, QUICK, schedule(tmp_path))
    whole = search(question, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        search(question, tmp_path / "cut", Killed(after=3))
    again = search(question, tmp_path / "cut")
    assert whole.tried == again.tried == 6
    assert [(t.options, t.value) for t in whole.trials] == [(t.options, t.value) for t in again.trials]


def test_a_student_of_an_ensemble_is_one_small_model(tmp_path: Path) -> None:
    members = (Member(linear=Linear(words=1)), Member(ngrams=Ngrams(words=1, letters=3)))
    problem = moods(80)
    fitted = auto.fit(problem, Auto(folds=2, members=members, student="linear"), schedule(tmp_path), Silence())
    assert fitted.features.kind == "terms"
    bundle = Bundle("auto", problem.labels, fitted.features, fitted.graph, threads=1)
    asked = replace(moods(300), seed=9)
    assert (bundle.probabilities(asked.train.columns).argmax(axis=1) == asked.train.labels).mean() > 0.9


def test_what_a_student_is_shown_are_all_rows_and_what_the_ensemble_thinks_of_them() -> None:
    pool = Part({"text": list("abcd")}, np.array([0, 0, 0, 1]))
    sure = np.array([[0.0, 1.0], [1.0, 0.0]])
    shown = lesson(pool, np.array([0, 3]), sure, 0)
    assert list(shown.columns["text"]) == list("abcd" + "ad" * 2)
    assert shown.labels.tolist() == [0, 0, 0, 1, 1, 0, 1, 0]


def test_every_family_that_can_be_searched_can_be_a_member() -> None:
    able = {name for name, each in FAMILIES.items() if {"text", "table"} & set(each.reads) and name != "auto"}
    assert {name for name in able if "classification" in FAMILIES[name].tasks} == {f.name for f in fields(Member)}


def test_minutes_end_a_search_after_one_trial_at_least(tmp_path: Path) -> None:
    problem = moods(40)
    question = auto.pose_to_all(problem, replace(QUICK, minutes=1e-6), schedule(tmp_path))
    found = search(question, tmp_path / "search")
    assert (found.ended, found.tried) == ("minutes", 1)


def test_a_slow_family_is_tried_when_the_others_have_been() -> None:
    first = [trial["family"] for trial in first_trials(spaces(moods(4), ()))]
    assert first[-3:] == ["cnn", "bilstm", "cnn"]
    assert sorted(set(first)) == ["bilstm", "cnn", "linear", "ngrams"]


def test_a_search_leaves_time_to_teach_what_wins() -> None:
    budget = Budget(seconds=100, folds=3, taught=2, most=2, started=time.monotonic() - 80)
    assert not budget.over([10, 20, 500])  # 80 + (10 + 20) / 2: a third model will not be taught
    assert budget.over([20, 22, 1])


@given(st.floats(0.1, 9), st.integers(1, 3))
def test_a_trial_is_given_up_where_its_end_would_be_too_late(seconds: float, done: int) -> None:
    wanted = seconds / done * (4 - done) + seconds / done * 4 / 3  # the folds that are left, and all rows at the end
    starts = [time.monotonic() - 100 + wanted - margin for margin in (5, -5)]
    late = [Budget(100, 4, 3.0, 1, start).beyond([50.0], seconds, done) for start in starts]
    assert late == [True, False]


def test_members_that_are_named_make_the_same_model_twice_and_nothing_is_sought(tmp_path: Path) -> None:
    members = (Member(linear=Linear(words=1)), Member(ngrams=Ngrams(words=1, letters=3)))
    options = Auto(folds=2, members=members)
    problem = moods(60)
    first, second = (auto.fit(problem, options, schedule(tmp_path), Silence()) for _ in range(2))
    assert first.graph == second.graph
    assert [list(member) for member in first.about["members"]] == [["linear"], ["ngrams"]]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options",
    [
        Auto(members=(Member(),)),
        Auto(members=(Member(linear=Linear(), ngrams=Ngrams()),)),
        Auto(families=("boosting",)),
        Auto(folds=-1),
        Auto(by="subject"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_trained(options: Auto, tmp_path: Path) -> None:
    problem: Problem = moods(8)
    with pytest.raises(ParameterError) as caught:
        auto.fit(problem, options, schedule(tmp_path), Silence())
    lines(caught.value)
