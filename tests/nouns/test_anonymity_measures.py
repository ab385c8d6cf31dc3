"""k, l, t and the penalty of a published table: as their papers and pycanon compute them."""

import json
import os
import subprocess

import polars as pl
import pytest
from anonymous import QUASI, frame, tables
from hypothesis import given, settings
from hypothesis import strategies as some

from pipelines.anonymity.measures import Reached, certainty_penalties, reached

PEER = """
import json, sys
import pandas as pd
from pycanon import anonymity
found = []
for cells, words, numbers in json.load(sys.stdin):
    table = pd.DataFrame({"qi": cells, "word": words, "number": numbers})
    found.append([
        anonymity.k_anonymity(table, ["qi"]),
        anonymity.l_diversity(table, ["qi"], ["word"]),
        anonymity.entropy_l_diversity(table, ["qi"], ["word"]),
        anonymity.t_closeness(table, ["qi"], ["word"]),
        anonymity.t_closeness(table, ["qi"], ["number"]),
    ])
json.dump(found, sys.stdout, default=float)
"""


def table(classes: str) -> pl.DataFrame:
    """A published table: one row for each letter, equal letters in a class."""
    return pl.DataFrame({"city": [[letter] for letter in classes]})


def alone(cells: pl.DataFrame) -> pl.Series:
    """A subject of its own for each row."""
    return pl.Series(range(cells.height))


def test_a_table_of_five_counted_by_hand() -> None:
    cells = table("aaabb")
    found = reached(cells, alone(cells), pl.Series(["flu", "flu", "cough", "flu", "cough"]))
    # 1/3 and 2/3 against 2/5 and 3/5; log 3 - 2/3 log 2 is the entropy of the class of three
    assert found == Reached(2, 2, pytest.approx(3 / 2 ** (2 / 3)), pytest.approx(0.1), 2, 9 + 4)


def test_k_counts_people_and_not_their_rows() -> None:
    cells = table("aaaabb")
    assert reached(cells, pl.Series(["x", "x", "x", "x", "y", "z"]), pl.Series(["s"] * 6)).k == 1


def test_the_two_distances_of_the_paper_on_t_closeness() -> None:
    """Li et al. 2007, section 5: salaries of 3k to 11k; {3k, 4k, 5k} is .375 away, {6k, 8k, 11k} .167."""
    salaries = pl.Series([3, 4, 5, 6, 7, 8, 9, 10, 11])
    for members, distance in (((3, 4, 5), 0.375), ((6, 8, 11), 1 / 6)):
        # Each class of three stands beside enough copies of the others that the whole keeps its nine equal shares.
        rest = [salary for salary in salaries for _ in range(1000)]
        for salary in members:
            rest.remove(salary)
        cells = table("a" * 3 + "b" * len(rest))
        found = reached(cells, alone(cells), pl.Series([*members, *rest]))
        assert found.t == pytest.approx(distance, abs=1e-9)


def test_a_missing_sensitive_value_is_one_of_its_own() -> None:
    cells = table("aabb")
    found = reached(cells, alone(cells), pl.Series([1.0, None, None, 2.0]))
    assert (found.distinct_l, found.t) == (2, pytest.approx(0.25 / 2))  # one step of two, for a quarter of the rows


def test_one_single_sensitive_value_is_as_far_as_everywhere() -> None:
    cells = table("aabb")
    found = reached(cells, alone(cells), pl.Series([7, 7, 7, 7]))
    assert (found.distinct_l, found.entropy_l, found.t) == (1, 1.0, 0.0)


def test_penalties_counted_by_hand() -> None:
    cells = pl.DataFrame({"age": [[20, 30], [20, 30], [60, 60], None], "city": [["a", "b"], ["a", "b"], ["c"], ["c"]]})
    original = pl.DataFrame({"age": [20, 30, 60, 40], "city": ["a", "b", "c", "c"]})
    found = certainty_penalties(cells, original)
    assert found == {"age": pytest.approx((2 * 10 / 40 + 1) / 4), "city": pytest.approx(2 * 2 / 3 / 4)}


@settings(max_examples=30, deadline=None)
@given(tables)
def test_a_table_as_it_is_hides_nothing(rows: pl.DataFrame) -> None:
    cells = rows.select(
        pl.concat_list(name, name) if name in ("age", "born") else pl.concat_list(name) for name in QUASI
    )
    cells = cells.with_columns(pl.when(rows[name].is_not_null()).then(name) for name in ("age", "born"))
    assert set(certainty_penalties(cells, rows).values()) == {0.0}


@settings(max_examples=30, deadline=None)
@given(
    some.lists(some.tuples(some.sampled_from("abc"), some.sampled_from("xyz")), min_size=1, max_size=20), some.data()
)
def test_uniting_two_classes_weakens_nothing(rows: list[tuple[str, str]], data: some.DataObject) -> None:
    before = table("".join(letter for letter, _ in rows))
    after = table("".join(letter.replace("b", "a") for letter, _ in rows))
    sensitive = pl.Series([value for _, value in rows])
    apart, united = (reached(cells, alone(cells), sensitive) for cells in (before, after))
    assert united.k >= apart.k
    assert united.distinct_l >= apart.distinct_l
    assert united.entropy_l >= apart.entropy_l - 1e-9
    assert united.t <= apart.t + 1e-9


@pytest.mark.skipif(
    not os.environ.get("FLYWHEEL_TABLE_PEERS"), reason="FLYWHEEL_TABLE_PEERS names no Python that has pycanon"
)
def test_pycanon_measures_the_same() -> None:
    drawn: list[tuple[list[str], list[str], list[float]]] = []

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(
        some.lists(some.tuples(some.sampled_from("abcd"), some.sampled_from("xyz"), some.integers(0, 9)), min_size=2)
    )
    def draw(rows: list[tuple[str, str, int]]) -> None:
        if len({number for *_, number in rows}) > 1:  # pycanon divides by the number of distances
            drawn.append(([row[0] for row in rows], [row[1] for row in rows], [float(row[2]) for row in rows]))

    draw()
    command = [os.environ["FLYWHEEL_TABLE_PEERS"], "-c", PEER]
    answer = subprocess.run(command, input=json.dumps(drawn), capture_output=True, text=True, check=True).stdout
    assert len(drawn) > 30
    for (letters, words, numbers), (k, distinct_l, entropy_l, t, ordered_t) in zip(
        drawn, json.loads(answer), strict=True
    ):
        cells = table("".join(letters))
        by_word = reached(cells, alone(cells), pl.Series(words))
        by_number = reached(cells, alone(cells), pl.Series(numbers))
        assert (by_word.k, by_word.distinct_l) == (k, distinct_l)
        # pycanon cuts it to a whole number, and may miss one by a last digit.
        assert entropy_l in (int(by_word.entropy_l - 1e-9), int(by_word.entropy_l + 1e-9))
        assert by_word.t == pytest.approx(t)
        assert by_number.t == pytest.approx(ordered_t)


def test_dates_are_as_far_apart_as_their_ranks() -> None:
    rows = frame([("s", None, None, None, None, None, None, None)])
    assert reached(rows.select("age"), rows["subject"], rows["born"]).t == 0
