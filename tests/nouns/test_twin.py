"""A twin with canaries: one that remembers is found out, and one that learns nothing is not accused."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.bundle import Bundle
from pipelines.models import Part, Problem
from pipelines.models.linear import fit
from pipelines.models.options import Linear
from pipelines.record import parse_record
from pipelines.twin import examine, invented

TEXTS = parse_record(
    {
        "name": "texts",
        "columns": {
            "text": {"type": "text", "role": "text", "privacy": "free_text"},
            "mood": {"type": "category", "role": "label", "categories": ["bad", "good"]},
        },
    }
)


@pytest.fixture(scope="module")
def problem() -> Problem:
    rng = np.random.default_rng(1)
    classes = rng.integers(0, 2, 400)
    words = np.array(["rain", "mud", "sun", "joy", "tea", "day"])
    texts = [" ".join(words[rng.choice([2 * k, 2 * k + 1, 4, 5], 5)]) for k in classes]
    part = Part({"text": texts}, classes)
    return Problem(TEXTS, ("bad", "good"), part, part, np.ones(2), 1)


def remembering(problem: Problem) -> Bundle:
    """A linear model that hardly minds how large its weights are."""
    fitted = fit(problem, Linear(words=1, characters=1, terms=100_000, c=1000.0))
    return Bundle("linear", problem.labels, fitted.features, fitted.graph, threads=1)


def forgetful(problem: Problem) -> Bundle:
    """The same, which saw none of the canaries: their places hold copies of other rows."""
    rows, classes = problem.train.columns["text"][:400], problem.train.labels[:400]
    return remembering(replace(problem, train=Part({"text": rows}, classes)))


class Parrot:
    """A model that knows what it was told, and nothing else."""

    def __init__(self, problem: Problem) -> None:
        self.known = dict(zip(problem.train.columns["text"], problem.train.labels, strict=True))

    def probabilities(self, columns: dict[str, list[str]]) -> np.ndarray:
        told = [np.full(2, 0.5) if text not in self.known else np.eye(2)[self.known[text]] for text in columns["text"]]
        return np.array(told)


def test_a_model_that_remembers_every_row_is_exposed_by_all_bits(problem: Problem) -> None:
    twin = examine(problem, Parrot, canaries=100)  # type: ignore[arg-type]
    assert twin.exposure.largest > 10
    assert twin.audit.guesses == 50
    assert twin.audit.right >= 49
    assert twin.audit.bound > 2


def test_a_linear_model_that_minds_no_weight_is_found_out_too(problem: Problem) -> None:
    twin = examine(problem, remembering, canaries=100)
    assert twin.exposure.mean > 2
    assert twin.audit.bound > 0.5


def test_a_model_that_never_saw_the_canaries_is_not_accused(problem: Problem) -> None:
    twins = [examine(problem, forgetful, canaries=100, seed=seed) for seed in range(5)]
    assert np.median([twin.audit.bound for twin in twins]) < 0.5
    assert np.mean([twin.exposure.mean for twin in twins]) == pytest.approx(1.44, abs=0.6)


def test_the_problem_itself_stays_as_it_is(problem: Problem) -> None:
    before = list(problem.train.columns["text"])
    seen: list[int] = []

    def learn(taught: Problem) -> Bundle:
        seen.append(len(taught.train.labels))
        return remembering(taught)

    examine(problem, learn, canaries=60)
    assert problem.train.columns["text"] == before
    assert len(seen) == 1
    assert 400 + 15 < seen[0] < 400 + 45


def test_the_canaries_of_a_table_are_rows_that_nobody_is() -> None:
    table = parse_record(
        {
            "name": "table",
            "columns": {
                "x": {"type": "number", "role": "feature"},
                "z": {"type": "category", "role": "feature"},
                "y": {"type": "category", "role": "label", "categories": ["a", "b"]},
            },
        }
    )
    part = Part({"x": [1.0, 2.0, 3.0], "z": ["p", "q", "r"]}, np.array([0, 1, 0]))
    rows = invented(Problem(table, ("a", "b"), part, part, np.ones(2), 1), ["-"] * 200, 1)
    assert set(rows["x"]) == {1.0, 2.0, 3.0}
    assert len({*zip(rows["x"], rows["z"], strict=True)}) == 9
