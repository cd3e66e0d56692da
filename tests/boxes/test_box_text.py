"""A box as a line of text, and what is refused."""

import pytest

from hem_core.boxes import box_text
from hem_core.errors import DataError


@pytest.mark.parametrize(
    ("label", "box"),
    [("WBC", (12, 30, 55.5, 80)), ("a [1, 2, 3, 4]", (0, 0, 1, 1)), ("two words", (0.1, 33.33, 7, 5.01))],
)
def test_what_is_written_reads_back_as_the_same_numbers(label, box):
    assert box_text.read(box_text.written(label, box)) == (label, box)


def test_a_side_has_two_decimals_at_most():
    assert box_text.written("WBC", (12.851524353027344, 78.999, 101.5, 175)) == "WBC [12.85, 79, 101.5, 175]"


def test_whole_numbers_have_no_point():
    assert box_text.written("WBC", (12.0, 30, 55.5, 80)) == "WBC [12, 30, 55.5, 80]"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("WBC", "a box is written as"), ("WBC [1, 2, 3]", "a box is written as"), ("", "a box is written as"),
        ("WBC [1, 2, nan, 4]", "a box is written as"), ("WBC [1, 2, inf, 4]", "a box is written as"),
        ("WBC [1, 2, x, 4]", "a box is written as"), (" [1, 2, 3, 4]", "a class has a name"),
        ("a\nb [1, 2, 3, 4]", "a class has a name"), ("x" * 256 + " [1, 2, 3, 4]", "a class has a name"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(text, why):
    with pytest.raises(DataError, match=why):
        box_text.read(text)


def test_a_box_is_cut_to_its_image():
    assert box_text.fitted((-5, 10, 50, 120), (100, 80)) == (0, 10, 50, 80)


@pytest.mark.parametrize("box", [(0, 0, 0.5, 10), (10, 10, 5, 20), (99.5, 0, 140, 10), (-20, 0, 0.5, 9)])
def test_a_box_of_less_than_a_pixel_inside_its_image_is_refused(box):
    with pytest.raises(DataError, match="less than 1 px"):
        box_text.fitted(box, (100, 80))
