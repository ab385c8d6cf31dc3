"""What a picture of answers shows: groups that several rows share, and heights that mean what they look like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.drawn import FEWEST, grouped, shared_density


@given(st.lists(st.floats(0.5, 8, allow_nan=False), min_size=1, max_size=400))
def test_a_density_covers_the_middle_of_the_rows_and_no_bin_is_somebodys(values: list[float]) -> None:
    found = np.array(values)
    heights, edges = shared_density(found)
    assert len(edges) == len(heights) + 1
    assert (np.diff(edges) > 0).all()
    shown = (heights * np.diff(edges)).sum()
    assert 0.9 * len(found) - 2 <= shown <= len(found) + 1e-6


def test_no_bin_of_different_values_has_fewer_than_a_few_rows() -> None:
    for rows in (10, 57, 240, 3_000):
        found = np.random.default_rng(7).normal(2, 0.4, rows)
        heights, edges = shared_density(found)
        assert (np.round(heights * np.diff(edges)) >= FEWEST).all()


def test_a_density_is_high_where_many_rows_are() -> None:
    found = np.random.default_rng(7).normal(2, 0.4, 3_000)
    heights, edges = shared_density(found)
    middle = (edges[1:] + edges[:-1]) / 2
    assert middle[heights.argmax()] == pytest.approx(2, abs=0.2)
    assert heights[0] < heights.max() / 3 > heights[-1]


def test_groups_of_rising_answers_hold_every_row_once() -> None:
    found = np.random.default_rng(7).normal(0, 1, 103)
    groups = grouped(found)
    assert sorted(np.concatenate(groups).tolist()) == list(range(103))
    assert min(map(len, groups)) >= FEWEST
