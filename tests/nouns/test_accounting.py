"""The accountant against published values, and the budget that the ledger keeps by it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from workspaces import lines

from pipelines.accounting import Spending, epsilon_of, noise_for, total
from pipelines.budget import reserve, spent
from pipelines.errors import BudgetError
from pipelines.ledger import Ledger

DELTA = 1e-5
TERMS: dict[str, Any] = {"sigma": 2.0, "rate": 0.02, "steps": 500, "delta": DELTA, "unit": "subject"}


@pytest.mark.parametrize(
    ("rate", "epochs", "published"),
    [(512 / 25_000, 25, 1.24), (256 / 29_305, 20, 0.90), (256 / 60_000, 60, 0.97)],
    ids=["imdb", "adult", "mnist"],
)
def test_the_noise_for_epsilon_three_is_the_published_one(rate: float, epochs: int, published: float) -> None:
    steps = round(epochs / rate)
    sigma = noise_for(3, DELTA, rate, steps)
    assert sigma == pytest.approx(published, abs=0.006)
    assert 2.98 < epsilon_of(sigma, DELTA, rate, steps) <= 3


@pytest.mark.parametrize(
    ("sigma", "epochs", "published"),
    [(1.1, 60, 2.38), (1.3, 15, 0.86), (0.7, 45, 5.64)],
)
def test_the_tutorials_of_2019_come_to_what_tighter_accounting_says(
    sigma: float, epochs: int, published: float
) -> None:
    assert epsilon_of(sigma, DELTA, 256 / 60_000, epochs * 60_000 // 256) == pytest.approx(published, abs=0.03)


def test_one_step_on_all_rows_is_the_gaussian_mechanism() -> None:
    """By the analytic formula of Balle & Wang (2018)."""
    from dp_accounting import get_epsilon_gaussian

    assert epsilon_of(3.0, DELTA, 1.0, 1) == pytest.approx(get_epsilon_gaussian(3.0, DELTA), rel=1e-3)


@pytest.mark.no_cover  # long, over lines that others count
@settings(max_examples=4, deadline=None)
@given(epsilon=some.floats(0.3, 8), rate=some.floats(0.005, 1), steps=some.integers(1, 400))
def test_noise_keeps_its_promise_and_hardly_less_would_not(epsilon: float, rate: float, steps: int) -> None:
    sigma = noise_for(epsilon, DELTA, rate, steps)
    assert epsilon_of(sigma, DELTA, rate, steps) <= epsilon
    if sigma > 0.1:
        assert epsilon_of(sigma * 0.99, DELTA, rate, steps) > epsilon


def test_two_trainings_come_to_more_than_one_and_to_less_than_their_sum() -> None:
    one = Spending(2.0, 0.02, 500)
    both = total([one, one], DELTA)
    assert total([], DELTA) == 0
    assert total([one], DELTA) < both < 2 * total([one], DELTA)
    assert both == pytest.approx(epsilon_of(2.0, DELTA, 0.02, 1000), rel=1e-3)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def test_what_would_exceed_the_budget_is_refused_and_not_noted(ledger: Ledger) -> None:
    first = reserve(ledger, "people", "a", TERMS, 2.0)
    assert first == pytest.approx(epsilon_of(2.0, DELTA, 0.02, 500))
    with pytest.raises(BudgetError, match=r"so far \(1\)") as caught:
        reserve(ledger, "people", "b", TERMS, first * 1.1)
    lines(caught.value)
    assert caught.value.exit_code == 2
    assert len(ledger.all("privacy")) == 1
    assert reserve(ledger, "people", "b", TERMS, 2 * first) == pytest.approx(spent(ledger, "people", DELTA))


def test_the_same_training_spends_once(ledger: Ledger) -> None:
    first = reserve(ledger, "people", "a", TERMS, 5.0)
    assert reserve(ledger, "people", "a", TERMS, 5.0) == first
    assert reserve(ledger, "people", "a", TERMS, 0.01) == first
    assert len(ledger.all("privacy")) == 1


def test_data_sets_have_budgets_of_their_own(ledger: Ledger) -> None:
    assert reserve(ledger, "people", "a", TERMS, 5.0) == reserve(ledger, "others", "b", TERMS, 5.0)
    assert spent(ledger, "nobody", DELTA) == 0


def test_units_of_two_kinds_are_not_added_up(ledger: Ledger) -> None:
    reserve(ledger, "people", "a", TERMS, 9.0)
    with pytest.raises(BudgetError, match="another unit than each example") as caught:
        reserve(ledger, "people", "b", {**TERMS, "unit": "example"}, 9.0)
    lines(caught.value)


def test_of_two_that_saw_the_same_ledger_one_has_to_look_again(ledger: Ledger) -> None:
    assert ledger.append_after("privacy", {"data": "a"}, 0)
    assert not ledger.append_after("privacy", {"data": "b"}, 0)
    assert ledger.append_after("privacy", {"data": "b"}, 1)
    assert [entry["data"] for entry in ledger.all("privacy")] == ["b", "a"]
    assert ledger.verify() is None
