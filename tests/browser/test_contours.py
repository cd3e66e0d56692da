"""Lines of equal density over the points of a map."""

import math

import pytest

FRAME = {"width": 200, "height": 120}


@pytest.fixture
def contours(evaluate):
    def run(expression, **values):
        return evaluate("explorer/contours.js", expression, **values)

    return run


def test_points_are_counted_in_squares_without_what_is_filtered_out_or_off_the_canvas(contours):
    expression = "Array.from(m.counted({px: v.px, py: v.py}, v.mask, 8, 8, 4).values)"
    found = contours(expression, px=[0, 3, 5, 5, -32768, 8], py=[0, 3, 1, 7, 1, 0], mask=[1, 1, 1, 1, 1, 1])
    assert found == [2, 1, 0, 1]
    assert contours(expression, px=[0, 3], py=[0, 3], mask=[1, 0]) == [1, 0, 0, 0]


def test_smoothing_spreads_a_point_evenly_and_leaves_an_even_field(contours):
    expression = "Array.from(m.smoothed({values: Float32Array.from(v.values), columns: 9, lines: 9}).values)"
    point = [0.0] * 81
    point[40] = 27.0 * 27.0
    found = contours(expression, values=point)
    assert sum(found) == pytest.approx(27 * 27)
    assert [found[40 + k] / found[40] for k in range(5)] == pytest.approx([1, 6 / 7, 3 / 7, 1 / 7, 0])
    assert contours(expression, values=[2.0] * 81) == pytest.approx([2.0] * 81)


def test_a_line_lies_where_the_field_has_its_level(contours):
    radius_at = [math.hypot(x - 10, y - 7) for y in range(15) for x in range(21)]
    expression = "m.lines({values: Float32Array.from(v.values), columns: 21, lines: 15}, v.level)"
    found = contours(expression, values=[10 - r for r in radius_at], level=6)
    ends = list(zip(found[0::2], found[1::2], strict=True))
    assert len(ends) > 20
    assert [math.hypot(x - 10.5, y - 7.5) for x, y in ends] == pytest.approx([4] * len(ends), abs=0.1)
    assert all(sum(math.dist(one, other) < 1e-6 for other in ends) == 2 for one in ends)  # it closes


def test_both_saddles_join_what_is_above(contours):
    expression = "m.lines({values: Float32Array.from(v.values), columns: 2, lines: 2}, 0.5)"
    for values in ([1, 0, 0, 1], [0, 1, 1, 0]):
        found = contours(expression, values=values)
        assert len(found) == 8
        assert {(x, y) for x, y in zip(found[0::2], found[1::2], strict=True)} == {
            (1, 0.5),
            (1.5, 1),
            (1, 1.5),
            (0.5, 1),
        }


def test_there_are_lines_only_where_points_lie_over_each_other(contours):
    expression = "m.levelsOf({values: Float32Array.from(v.values)}, 1)"
    assert contours(expression, values=[0, 1, 3]) == []
    levels = contours(expression, values=[0, 1, 40])
    assert levels == pytest.approx([2.5, 5, 10, 20])
