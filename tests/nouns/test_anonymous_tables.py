"""Nobody stands alone in a generalised table, every cell is true, and no cut is left that could have been made."""

import math
from collections import Counter

import polars as pl
import pytest
from anonymous import QUASI, RECORD, TREE, by_hand, frame, rules, tables
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from workspaces import lines

from pipelines.anonymity.rules import TableRules
from pipelines.anonymity.tables import Generalised, generalise
from pipelines.errors import DataError, ParameterError

few = settings(max_examples=30, deadline=None)


def attempt(rows: pl.DataFrame, asked: TableRules) -> Generalised:
    """The table with company, or another example where all rows together have too little."""
    try:
        return generalise(rows, RECORD, asked)
    except DataError:
        assume(False)
        raise


def covers(published: object, value: object) -> bool:
    if published is None:
        return True
    assert isinstance(published, list)
    if isinstance(value, bool):
        return str(value) in published
    return value in published if isinstance(value, str | None) else published[0] <= value <= published[-1]


def entropy(counts: Counter[object]) -> float:
    total = sum(counts.values())
    return -sum(count / total * math.log(count / total) for count in counts.values())


@few
@given(tables, rules)
def test_every_class_keeps_what_is_asked(rows: pl.DataFrame, asked: TableRules) -> None:
    found = attempt(rows, asked)
    assert asked.sensitive is not None
    whole = Counter(rows[asked.sensitive])
    order = sorted(whole, key=lambda value: (value is None, value))
    for people in by_hand(rows, found.rows, asked.sensitive).values():
        assert len({person["subject"] for person in people}) >= asked.k
        counts = Counter(person["value"] for person in people)
        assert len(counts) >= asked.distinct_l
        assert entropy(counts) >= math.log(asked.entropy_l) - 1e-9
        differences = [counts[value] / len(people) - whole[value] / rows.height for value in order]
        if asked.sensitive == "label":
            distance = sum(map(abs, differences)) / 2
        else:
            drifts = [abs(sum(differences[: place + 1])) for place in range(len(order))]
            distance = sum(drifts) / max(len(order) - 1, 1)
        assert distance <= asked.t + 1e-9


@few
@given(tables, rules)
def test_every_cell_is_true_and_no_row_is_lost(rows: pl.DataFrame, asked: TableRules) -> None:
    found = attempt(rows, asked).rows
    assert found.drop(QUASI).equals(rows.drop(QUASI))
    for name in QUASI:
        assert all(map(covers, found[name].to_list(), rows[name].to_list())), name


@few
@given(tables, rules)
def test_what_the_report_says_was_reached_is_at_least_what_was_asked(rows: pl.DataFrame, asked: TableRules) -> None:
    about = attempt(rows, asked).about
    assert about["suppressed"] == 0
    for name, value in about["asked"].items():
        told = about["reached"][name]
        assert told <= value + 1e-6 if name == "t" else told >= value - 1e-6
    assert 0 <= about["gcp"] <= 1
    assert about["average_class_size"] * about["classes"] == pytest.approx(rows.height, rel=1e-4)


@few
@given(tables, rules, some.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_cell(rows: pl.DataFrame, asked: TableRules, chance: object) -> None:
    order = list(range(rows.height))
    chance.shuffle(order)  # type: ignore[attr-defined]  # a random.Random
    one, other = attempt(rows, asked), attempt(rows[order], asked)
    assert one.rows[order].equals(other.rows)
    assert one.about == other.about


@few
@given(tables, rules)
def test_rows_with_equal_quasi_identifiers_have_equal_cells(rows: pl.DataFrame, asked: TableRules) -> None:
    found = attempt(rows, asked).rows
    told: dict[object, str] = {}
    for before, after in zip(rows.select(QUASI).iter_rows(), found.select(QUASI).iter_rows(), strict=True):
        assert told.setdefault(before, repr(after)) == repr(after)


@few
@given(tables, some.integers(2, 5))
def test_a_table_that_keeps_company_already_is_not_changed(rows: pl.DataFrame, k: int) -> None:
    """Each person's twins have other names: nothing must be hidden, so nothing is."""
    twins = pl.concat([rows.with_columns(pl.col("subject") + f" twin {number}") for number in range(k)])
    about = generalise(twins, RECORD, TableRules(k=k, quasi=QUASI)).about
    assert about["gcp"] == 0
    assert about["classes"] == rows.select(QUASI).unique().height


@few
@given(tables, some.integers(2, 5))
def test_fewer_subjects_than_k_are_refused_and_any_others_are_not(rows: pl.DataFrame, k: int) -> None:
    asked = TableRules(k=k, quasi=QUASI)
    if rows["subject"].n_unique() >= k:
        assert generalise(rows, RECORD, asked).about["reached"]["k"] >= k
    else:
        with pytest.raises(DataError, match="too little company") as caught:
            generalise(rows, RECORD, asked)
        lines(caught.value)


@few
@given(tables, some.integers(2, 5))
def test_no_class_is_left_that_could_be_cut_by_age(rows: pl.DataFrame, k: int) -> None:
    found = attempt(rows, TableRules(k=k, quasi=("age", "trade"))).rows
    ages = rows.select("subject", "age").with_columns(cell=pl.Series(map(repr, found.select("age", "trade").rows())))
    for _, members in ages.group_by("cell"):
        known = sorted(set(members["age"].drop_nulls()))
        for highest in known if None in members["age"].to_list() else known[:-1]:
            young = members.filter(pl.col("age") <= highest)["subject"].n_unique()
            others = members.filter(pl.col("age").is_null() | (pl.col("age") > highest))["subject"].n_unique()
            assert min(young, others) < k


def people(*ages: int | None, **columns: list[str]) -> pl.DataFrame:
    """One person for each age, alike in all else but `columns`."""
    given = {"city": ["Rome"] * len(ages), "trade": ["a"] * len(ages), "label": ["no"] * len(ages)} | columns
    return frame(
        [
            (f"s{n}", age, None, given["city"][n], given["trade"][n], True, 1.0, given["label"][n])
            for n, age in enumerate(ages)
        ]
    )


def test_six_ages_are_cut_where_the_gap_is_widest() -> None:
    found = generalise(people(20, 21, 22, 60, 64, 70), RECORD, TableRules(k=2, quasi=("age",)))
    assert found.rows["age"].to_list() == [[20, 22]] * 3 + [[60, 70]] * 3
    assert found.about["penalties"] == {"age": pytest.approx((3 * 2 + 3 * 10) / 50 / 6, abs=1e-6)}
    assert found.about["discernibility"] == 18


def test_a_person_with_many_rows_is_one_person() -> None:
    rows = people(20, 20, 20, 60, 60, 60).with_columns(subject=pl.Series(["a", "a", "a", "b", "c", "d"]))
    found = generalise(rows, RECORD, TableRules(k=2, quasi=("age",)))
    assert found.rows["age"].to_list() == [[20, 60]] * 6
    assert found.about["reached"]["k"] == 4


@pytest.mark.parametrize(("t", "classes"), [(0.27, 1), (0.28, 2)])
def test_incomes_are_as_far_from_the_whole_as_they_must_be_moved(t: float, classes: int) -> None:
    """The poorer five of ten: .1, .2, .3, .4, .5, .4, .3, .2 and .1 of them move a step each, of nine."""
    rows = people(*range(20, 30)).with_columns(income=pl.Series([float(number) for number in range(10)]))
    asked = TableRules(k=5, quasi=("age",), sensitive="income", t=t)
    assert generalise(rows, RECORD, asked).about["classes"] == classes


def test_categories_become_the_set_that_the_class_has() -> None:
    rows = people(*[30] * 7, trade=["a", "a", "a", "b", "c", "d", "d"])
    found = generalise(rows, RECORD, TableRules(k=2, quasi=("trade",)))
    assert found.rows["trade"].to_list() == [["a"]] * 3 + [["b", "c"]] * 2 + [["d"]] * 2
    assert found.about["gcp"] == pytest.approx(2 * 2 / 4 / 7, abs=1e-6)


def test_cities_become_their_country_and_their_continent() -> None:
    rows = people(*[30] * 7, city=["Rome", "Milan", "Paris", "Paris", "Tokyo", "Atlantis", "Tokyo"])
    asked = TableRules(k=2, quasi=("city",), hierarchies={"city": TREE})
    found = generalise(rows, RECORD, asked).rows["city"].to_list()
    assert found[:4] == [["Milan", "Rome"]] * 2 + [["Paris"]] * 2
    assert found[4] == ["Atlantis", "Milan", "Paris", "Rome", "Tokyo"]


def test_a_class_in_which_some_ages_are_missing_says_nothing_about_them() -> None:
    found = generalise(people(20, 21, None, 60), RECORD, TableRules(k=2, quasi=("age",)))
    assert found.rows["age"].to_list() == [[20, 21]] * 2 + [None] * 2
    assert found.about["penalties"]["age"] == pytest.approx((2 / 40 + 2) / 4, abs=1e-6)


def test_a_column_that_is_missing_everywhere_hides_nothing() -> None:
    assert generalise(people(None, None), RECORD, TableRules(k=2, quasi=("age",))).about["gcp"] == 0


def test_the_largest_numbers_have_a_distance_too() -> None:
    rows = people(1, 2, 3, 4).with_columns(income=pl.Series([-1.7e308, -1.7e308, 1.7e308, 1.7e308]))
    found = generalise(rows, RECORD, TableRules(k=2, quasi=("income",)))
    assert found.rows["income"].to_list() == [[-1.7e308] * 2] * 2 + [[1.7e308] * 2] * 2
    assert generalise(rows, RECORD, TableRules(k=3, quasi=("income",))).about["gcp"] == 1


def test_a_chain_of_outliers_is_cut_to_its_end() -> None:
    rows = people(*[30] * 400).with_columns(income=pl.Series([2.0 ** (number // 2) for number in range(400)]))
    assert generalise(rows, RECORD, TableRules(k=2, quasi=("income",))).about["classes"] == 200


def test_without_k_nothing_is_changed() -> None:
    rows = people(20, 30)
    found = generalise(rows, RECORD, TableRules())
    assert found.rows.equals(rows)
    assert found.about == {}


def test_the_report_names_columns_and_no_value() -> None:
    rows = people(77, 78, 79, trade=["canary", "canary", "other"], label=["canary label"] * 3)
    told = repr(generalise(rows, RECORD, TableRules(k=2)).about)
    assert "canary" not in told
    assert "77" not in told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"k": 1}, "`anonymise.tables.k` is out of bounds"),
        ({"k": -3}, "`anonymise.tables.k` is out of bounds"),
        ({"k": 5, "distinct_l": 0}, "distinct_l"),
        ({"k": 5, "entropy_l": 0.5}, "entropy_l"),
        ({"k": 5, "entropy_l": math.nan}, "entropy_l"),
        ({"k": 5, "t": 0.0}, "`anonymise.tables.t`"),
        ({"k": 5, "t": 1.5}, "`anonymise.tables.t`"),
        ({"distinct_l": 2}, "not how large they are"),
        ({"quasi": ("age",)}, "not how large they are"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_any_row_is_read(asked: dict[str, object], told: str) -> None:
    with pytest.raises(ParameterError, match=told) as caught:
        TableRules(**asked)  # type: ignore[arg-type]  # wrong on purpose
    lines(caught.value)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"quasi": ("agee",)}, "`anonymise.tables.quasi` names 'agee'"),
        ({"quasi": ("user",)}, "`anonymise.tables.quasi` names 'user'"),
        ({"quasi": ("label",)}, "`anonymise.tables.quasi` names 'label'"),
        ({"quasi": ()}, "no column is a quasi-identifier"),
        ({"hierarchies": {"age": {}}}, "`anonymise.tables.hierarchies` names 'age'"),
        ({"hierarchies": {"income": {}}}, "`anonymise.tables.hierarchies` names 'income'"),
        ({"sensitive": "city"}, "`anonymise.tables.sensitive` names 'city'"),
        ({"sensitive": "user"}, "`anonymise.tables.sensitive` names 'user'"),
    ],
)
def test_a_column_that_cannot_stand_there_is_named(asked: dict[str, object], told: str) -> None:
    with pytest.raises(ParameterError, match=told) as caught:
        generalise(people(20, 30), RECORD, TableRules(k=2, **asked))  # type: ignore[arg-type]  # wrong on purpose
    lines(caught.value)
