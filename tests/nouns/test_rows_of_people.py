"""Rows of one person speak with one voice: a comparison is as sure as its people allow, and no surer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.bootstrap import Floats, Integers
from pipelines.gates import beats_baseline, classes_hold, not_worse_than_champion
from pipelines.paired import Paired, gains_of, paired_counts, paired_test
from pipelines.paired_losses import paired_losses
from pipelines.people import among, design_effect, numbered, permuted, quantile
from pipelines.scores import scores_of

EACH, PEOPLE = 25, 40


def by_person(rng: np.random.Generator, lean: float = 0.0) -> tuple[Integers, Integers, Integers, Integers]:
    """True classes, ours, theirs, people: of most people all rows favour one model, whoever they are."""
    favour = np.repeat(rng.random(PEOPLE) < 0.5 + lean, EACH)
    differ = rng.random(PEOPLE * EACH) < 0.3
    true = np.zeros(PEOPLE * EACH, dtype=np.int64)
    ours, theirs = (differ & ~favour).astype(np.int64), (differ & favour).astype(np.int64)
    return true, ours, theirs, np.repeat(np.arange(PEOPLE), EACH)


def better(pair: Paired) -> bool:
    return beats_baseline(pair).passed


def test_equal_models_are_found_better_one_time_in_forty_where_rows_alone_would_say_it_one_time_in_four() -> None:
    rng = np.random.default_rng(5)
    drawn = [by_person(rng) for _ in range(300)]
    by_people = sum(better(paired_test(true, ours, theirs, people)) for true, ours, theirs, people in drawn)
    by_rows = sum(better(paired_test(true, ours, theirs)) for true, ours, theirs, _ in drawn)
    assert by_people / 300 < 0.055  # one in forty, and chance about it
    assert by_rows / 300 > 0.2


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(6)
    lean, held = 0.1, 0
    for _ in range(300):
        pair = paired_test(*by_person(rng, lean))
        held += pair.difference.low <= 0.3 * 2 * lean <= pair.difference.high
    assert 0.91 < held / 300 <= 1


def test_a_model_that_is_better_for_nearly_everybody_is_found_better() -> None:
    rng = np.random.default_rng(7)
    found = [paired_test(*by_person(rng, 0.4)) for _ in range(20)]
    assert all(map(better, found))
    assert str(found[0]).endswith("1,000 test rows of 40 people")
    assert found[0].figures()["people"] == PEOPLE
    assert not_worse_than_champion(found[0], 0.02).passed


def test_a_class_is_given_up_for_many_people_and_not_for_the_many_rows_of_two() -> None:
    true, theirs = np.zeros(400, dtype=np.int64), np.zeros(400, dtype=np.int64)
    ours = np.repeat([1, 0], [80, 320])  # 80 rows are lost
    few = np.repeat(np.arange(10), 40)  # of two people
    many = np.concatenate([np.arange(80), np.arange(320)])
    assert not classes_hold(true, ours, theirs, ["a", "b"]).passed
    assert classes_hold(true, ours, theirs, ["a", "b"], few).passed
    assert not classes_hold(true, ours, theirs, ["a", "b"], many).passed


def test_smaller_errors_in_the_rows_of_few_people_are_no_proof() -> None:
    rng = np.random.default_rng(8)
    theirs = rng.gamma(2.0, size=600)
    saved = np.repeat(np.where(np.arange(6) < 4, 0.4, -0.2), 100)
    ours, people = theirs * (1 - saved), np.repeat(np.arange(6), 100)
    assert beats_baseline(paired_losses(ours, theirs, "squared error")).passed
    pair = paired_losses(ours, theirs, "squared error", people)
    assert not beats_baseline(pair).passed
    assert (pair.people, pair.rows) == (6, 600)
    alone = paired_losses(ours, theirs, "squared error").difference
    assert pair.difference.high - pair.difference.low > 3 * (alone.high - alone.low)
    assert pair.variance > 10 * paired_losses(ours, theirs, "squared error").variance


def test_scores_are_as_uncertain_as_their_people() -> None:
    rng = np.random.default_rng(9)
    people = np.repeat(np.arange(20), 30)
    true = rng.integers(0, 2, 600)
    known = np.repeat(rng.random(20) < 0.7, 30)  # of these all rows are answered rightly
    found = np.eye(2)[np.where(known, true, 1 - true)] * 0.8 + 0.1
    rows, whole = (scores_of(["a", "b"], true, found, people=each).measures for each in (None, people))
    for name in ("accuracy", "macro_f1", "log_loss", "roc_auc"):
        assert whole[name].value == rows[name].value
        assert whole[name].high - whole[name].low > 3 * (rows[name].high - rows[name].low)
    drawn = np.sqrt(0.7 * 0.3 / 20)
    assert whole["accuracy"].high - whole["accuracy"].low == pytest.approx(2 * 1.96 * drawn, rel=0.2)


def test_people_of_one_row_each_are_rows() -> None:
    assert numbered(["b", "a", "c"]) is None
    assert numbered([]) is None
    assert numbered(None) is None
    people = numbered(["b", "a", "b"])
    assert people is not None
    assert people.tolist() == [1, 0, 1]
    assert among(people, np.array([True, True, False])) is None


def test_of_few_people_every_way_of_changing_places_is_tried() -> None:
    dice = np.random.default_rng(1)
    assert permuted(np.ones(6), 10, dice) == 2 / 64
    assert permuted(-np.ones(6), 10, dice, worse=True) == 1 / 64
    assert permuted(np.zeros(3), 10, dice) == 1
    assert permuted(np.ones(40), 999, dice) == 1 / 1000


def test_a_few_people_leave_the_spread_uncertain_too() -> None:
    assert quantile(0.975, 0) == pytest.approx(1.96, abs=0.001)
    assert quantile(0.975, 6) == pytest.approx(2.571, abs=0.001)  # Student's t, five degrees of freedom
    pair = paired_test(*(np.array(each) for each in ([0, 0], [0, 0], [1, 1], [0, 0])))
    assert pair.difference.low < 0 < pair.difference.high


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([-1.0, 0.0, 1.0])), min_size=2, max_size=40),
)
def test_a_design_never_makes_a_comparison_surer(rows: list[tuple[int, float]]) -> None:
    people, gains = np.array([who for who, _ in rows]), np.array([gain for _, gain in rows])
    named = numbered(people.tolist())
    effect = design_effect(gains, named)
    assert 1 <= effect <= len(rows) + 1e-9
    assert design_effect(gains, None) == 1
    assert design_effect(np.zeros(len(rows)), named) == 1


def test_rows_that_stand_for_themselves_are_compared_as_ever() -> None:
    true: Integers = np.array([0, 1, 1, 0])
    ours, theirs = np.array([0, 1, 0, 0]), np.array([1, 1, 1, 0])
    gains: Floats = gains_of(true, ours, theirs)
    assert gains.tolist() == [1, 0, -1, 0]
    assert paired_test(true, ours, theirs) == paired_counts(4, 1, 1)
