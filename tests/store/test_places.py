"""Rows in cells: a lasso picks the same rows as the plain rule does."""

import numpy as np
import pytest

from hem_core.store import places, polygon

SQUARE = [[2, 2], [4, 2], [4, 4], [2, 4]]


def cloud(n=4000, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, n)).astype(np.float32)
    x[:3], y[2:5] = [np.nan, np.inf, 0], [0, np.nan, -np.inf]
    return x, y


def test_a_row_is_in_the_cell_of_its_values_and_one_without_a_value_nowhere():
    x, y = np.float32([0, 255, 127.6, np.nan]), np.float32([0, 255, 1.2, 3])
    found = places.places(x, y).cell.tolist()
    assert found == [0, 254 * 255 + 254, 1 * 255 + 127, places.NOWHERE]


@pytest.mark.parametrize("block", [1000, places.BLOCK])
def test_a_lasso_picks_the_rows_that_the_plain_rule_picks(monkeypatch, block):
    monkeypatch.setattr(places, "BLOCK", block)
    x, y = cloud()
    placed, rng = places.places(x, y), np.random.default_rng(1)
    for corners in (3, 4, 9, 40):
        points = rng.uniform(-4, 4, (corners, 2)).tolist()
        assert np.array_equal(placed.inside(points), polygon.inside(x, y, points))


def test_points_on_the_line_and_corners_beyond_float32_are_as_the_plain_rule_has_them():
    x, y = (axis.ravel().astype(np.float32) for axis in np.mgrid[0:9, 0:9])
    placed = places.places(x, y)
    for points in (SQUARE, [[0, 0], [8, 0], [8, 8]], [[1, 1], [1, 7], [1, 3]], [[-1e300, 2], [1e300, 2], [3, 1e300]]):
        with np.errstate(all="ignore"):
            assert np.array_equal(placed.inside(points), polygon.inside(x, y, points))
    assert placed.inside(SQUARE).sum() == 4  # x, y in 2 .. 3


@pytest.mark.parametrize("values", [[], [5.0, 5.0], [np.nan, np.nan]])
def test_columns_without_a_spread_have_cells_all_the_same(values):
    x = np.float32(values)
    found = places.places(x, x).inside([[4, 4], [6, 4], [5, 7]])
    assert found.tolist() == polygon.inside(x, x, [[4, 4], [6, 4], [5, 7]]).tolist()
