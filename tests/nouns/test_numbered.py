"""Columns that are numbered through: one line for those of which the same is said, and each of the others its own."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel.numbered import LEAST, NUMBERED, Line, folded

LINES = st.lists(st.tuples(st.from_regex(r"[ab]?[0-5]", fullmatch=True), st.sampled_from(["number", "text"])))


def spread(line: Line) -> list[Line]:
    """The lines that a folded one stands for."""
    first, _, last = line[0].partition(" … ")
    if not last:
        return [line]
    one, other = NUMBERED.fullmatch(first), NUMBERED.fullmatch(last)
    assert one is not None
    assert other is not None
    return [(f"{one[1]}{number}", *line[1:]) for number in range(int(one[2]), int(other[2]) + 1)]


def test_a_run_of_which_the_same_is_said_is_one_line() -> None:
    lines = [("id", "text"), *((f"V{number}", "number") for number in range(1, 29)), ("V29", "text"), ("V30", "text")]
    assert folded(lines) == [("id", "text"), ("V1 … V28", "number"), ("V29", "text"), ("V30", "text")]


@given(LINES)
def test_nothing_is_lost_or_made_up_and_short_runs_stay(lines: list[Line]) -> None:
    found = folded(lines)
    assert [each for line in found for each in spread(line)] == lines
    assert all(len(spread(line)) >= LEAST for line in found if "…" in line[0])
