"""`refit`: validation rows say how long to learn, and teach in a second training; all of them, and no epoch twice."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learners import BATCH, EPOCHS, Diary, learn, table_problem, text_problem
from test_learning import elsewhere

from pipelines.bundle import Bundle
from pipelines.errors import ParameterError
from pipelines.models import Family, Fitted, Problem, Schedule, fit
from pipelines.models.options import Boosting, Linear, Mlp, Nbsvm, Ngrams, Pace
from pipelines.models.refitting import all_rows
from pipelines.models.schedules import check_pace
from pipelines.models.starting import kept

REFIT = Pace(refit=True)


def answer(folder: Path, family: Family, problem: Problem, options: Any, **own: Any) -> Fitted:
    schedule = Schedule(EPOCHS, BATCH, 0.01, 9, folder / f"{family}.npz", save_every=0.0, **own)
    return fit(family, problem, options, schedule, Diary())


def test_a_network_is_taught_anew_by_all_rows_for_as_long_as_was_best(tmp_path: Path) -> None:
    diary, first = Diary(), learn(tmp_path / "first", Diary(), "mlp")
    found = learn(tmp_path, diary, "mlp", pace=REFIT)
    best = first.about["best_epoch"]
    by_hand = answer(tmp_path / "hand", "mlp", all_rows(table_problem()), Mlp((8,), 0.2), until=best)
    assert found.about["weights"] == by_hand.about["weights"] != first.about["weights"]
    assert found.about["history"] == first.about["history"], "how good it is was told by rows that it had not seen"
    assert [set(each) for each in diary.history[EPOCHS:]] == [{"refit_loss"}] * best
    assert found.about["taught_by_validation_rows"] is True


def test_its_weights_are_left_for_the_bundle_and_no_checkpoint_stays(tmp_path: Path) -> None:
    learn(tmp_path, Diary(), "mlp", pace=REFIT)
    assert [path.name for path in tmp_path.iterdir()] == [kept(tmp_path / "mlp.npz").name]
    with np.load(kept(tmp_path / "mlp.npz")) as weights:
        left = [weights[name] for name in weights.files]
    learn(tmp_path / "other", Diary(), "mlp")
    with np.load(kept(tmp_path / "other" / "mlp.npz")) as weights:
        assert any((weights[name] != mine).any() for name, mine in zip(weights.files, left, strict=True))


def test_killed_in_the_second_training_it_goes_on_there_and_ends_the_same(tmp_path: Path) -> None:
    whole = Diary()
    undisturbed = learn(tmp_path / "undisturbed", whole, pace=REFIT)
    assert elsewhere(tmp_path, "killed_anew") < 0
    rest = Diary()
    again = learn(tmp_path, rest, pace=REFIT)
    assert rest.batches == whole.batches[whole.batches.index((1, 13)) + 1 :], "a batch was learnt twice, or never"
    # Another process may add up in another order: the last bits are its own.
    for mine, theirs in zip(again.about["history"], undisturbed.about["history"], strict=True):
        assert mine == pytest.approx(theirs, abs=1e-6)
    texts = text_problem().valid.columns
    said = [Bundle("lstm", ("bad", "good"), f.features, f.graph).probabilities(texts) for f in (again, undisturbed)]
    np.testing.assert_allclose(*said, atol=1e-5)


def test_trees_are_grown_anew_by_all_rows_as_many_for_each_row_as_were_best(tmp_path: Path) -> None:
    problem, options = noisy(table_problem()), Boosting(trees=400, patience=5, rows=5)
    first = answer(tmp_path, "boosting", problem, options)
    found = answer(tmp_path, "boosting", problem, options, pace=REFIT)
    more = round(first.about["trees"] * len(all_rows(problem).train.labels) / len(problem.train.labels))
    by_hand = answer(tmp_path, "boosting", all_rows(problem), replace(options, trees=more))
    assert found.graph == by_hand.graph != first.graph
    assert first.about["trees"] < found.about["trees"] == more < options.trees


def noisy(problem: Problem) -> Problem:
    """`problem` with a third of its training labels turned: trees go too far."""
    turned = np.random.default_rng(2).random(len(problem.train.labels)) < 0.3
    return replace(problem, train=replace(problem.train, labels=np.where(turned, 1, 0) ^ problem.train.labels))


@pytest.mark.parametrize(("family", "options"), [("linear", Linear()), ("ngrams", Ngrams(letters=3))])
def test_who_looks_at_no_validation_row_is_taught_by_all_rows_at_once(
    family: Family, options: Any, tmp_path: Path
) -> None:
    found = answer(tmp_path, family, text_problem(), options, pace=REFIT)
    assert found.graph == answer(tmp_path, family, all_rows(text_problem()), options).graph
    assert found.graph != answer(tmp_path, family, text_problem(), options).graph


def test_who_learns_something_else_from_validation_rows_keeps_them(tmp_path: Path) -> None:
    found = answer(tmp_path, "nbsvm", text_problem(), Nbsvm(), pace=REFIT)
    assert found.graph == answer(tmp_path, "nbsvm", text_problem(), Nbsvm()).graph
    assert "taught_by_validation_rows" not in found.about


def test_without_validation_rows_there_is_nothing_to_teach_anew(tmp_path: Path) -> None:
    diary, problem = Diary(), all_rows(table_problem())
    schedule = Schedule(EPOCHS, BATCH, 0.01, 9, tmp_path / "mlp.npz", pace=REFIT)
    fit("mlp", problem, Mlp((8,), 0.2), schedule, diary)
    assert len(diary.history) == EPOCHS


def test_a_plateau_which_follows_validation_rows_is_refused_beside_it() -> None:
    with pytest.raises(ParameterError, match="plateau"):
        check_pace(Pace(decay="plateau", refit=True))
