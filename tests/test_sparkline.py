"""A number's course as a line of characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptsync.sparkline import ASCII, BLOCKS, sparkline

COURSES = st.lists(st.none() | st.floats(-1e9, 1e9), max_size=20)


def test_the_least_is_lowest_and_the_greatest_highest() -> None:
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    assert sparkline([3, 1, 2]) == "█▁▅"


def test_equal_values_are_in_the_middle() -> None:
    assert sparkline([0.7, 0.7]) == "▅▅"


def test_what_is_not_known_is_a_gap() -> None:
    assert sparkline([0.0, None, 1.0]) == "▁ █"
    assert sparkline([None, None]) == "  "


def test_a_terminal_without_blocks_gets_ascii() -> None:
    assert sparkline([0.0, 1.0], ASCII) == ".@"


@given(COURSES)
def test_each_value_is_one_character(course: list[float | None]) -> None:
    line = sparkline(course)

    assert len(line) == len(course)
    assert set(line) <= {*BLOCKS, " "}
    assert [each == " " for each in line] == [each is None for each in course]
