"""A raster of many rows: cells, what colours them, and the hardest rows and pages."""

import numpy as np
import pytest

from hem_core.store import density
from hem_core.store.density import Window

WINDOW = Window(0, 4, 0, 2, 4, 2)


def test_cell_0_is_at_the_top_left_and_outside_is_none():
    x, y = np.float32([0, 3.9, 0, 3.9, 4, -0.1, np.nan, 1]), np.float32([1.9, 1.9, 0.1, 0.1, 1, 1, 1, 2.5])
    assert density.cells_of(x, y, WINDOW).tolist() == [0, 3, 4, 7, -1, -1, -1, -1]


def test_levels_are_ten_equal_steps_and_missing_is_its_own():
    values = np.float32([-1, 0, 9.9, 10, 99, 100, 120, np.nan])
    assert density.levels(values, 0, 100).tolist() == [0, 0, 0, 1, 9, 9, 9, density.MISSING]
    assert density.levels(np.float32([3, 3]), 3, 3).tolist() == [0, 0]


def test_a_cell_has_a_count_and_the_hardest_the_commonest_and_the_share_of_its_levels():
    cells, level = np.array([0, 0, 0, 1, 1, -1, 2], np.int32), np.array([1, 0, 1, 0, 255, 1, 255], np.uint8)
    tallied = density.tally(cells, level, None, 4, 2)
    assert tallied.tolist() == [[1, 2, 0], [1, 0, 1], [0, 0, 1], [0, 0, 0]]
    assert density.counts(tallied).tolist() == [3, 2, 1, 0]
    assert density.hardest(tallied).tolist() == [1, 0, 255, 255]
    assert density.commonest(tallied).tolist() == [1, 0, 2, 255]
    assert density.share(tallied, 1).tolist() == [round(250 * 2 / 3), 0, 255, 255]


def test_a_mask_leaves_rows_out_of_a_tally_whatever_the_size_of_a_block(monkeypatch):
    rng = np.random.default_rng(0)
    cells, level, mask = rng.integers(-1, 4, 500).astype(np.int32), rng.integers(0, 5, 500).astype(np.uint8), None
    mask = rng.random(500) < 0.5
    expected = np.zeros((4, 5), int)
    for cell, one, is_in in zip(cells, level, mask, strict=True):
        if is_in and cell >= 0:
            expected[cell, one] += 1
    for block in (7, density.BLOCK):
        monkeypatch.setattr(density, "BLOCK", block)
        assert density.tally(cells, level, mask, 4, 4).tolist() == expected.tolist()


def test_a_count_stays_within_16_bits():
    assert density.counts(np.array([[70_000, 1]])).tolist() == [density.MOST_COUNTED]


def test_the_hardest_come_last_and_a_missing_value_is_the_least():
    values, rows = np.float32([5, np.nan, 1, 9, 7]), np.array([0, 1, 3, 4])
    assert density.top(values, rows, 2).tolist() == [4, 3]
    assert density.top(values, rows, 9).tolist() == [1, 0, 4, 3]


@pytest.mark.parametrize("is_descending", [True, False])
def test_pages_follow_each_other_with_ties_by_row_and_missing_values_last(is_descending):
    values = np.float32([2, np.nan, 1, 2, 3, np.inf, 2, np.nan, -np.inf])
    mask = np.array([1, 1, 1, 1, 1, 1, 0, 1, 1], bool)
    rows = sorted(
        np.flatnonzero(mask).tolist(),
        key=lambda row: (np.isnan(values[row]), -values[row] if is_descending else values[row], row),
    )
    for start in range(len(rows) + 1):
        for length in (1, 3, 20):
            found = density.page(values, mask, start, length, is_descending=is_descending).tolist()
            assert found == rows[start : start + length]
    assert density.page(values, None, 0, 2, is_descending=True).tolist() == [5, 4]
    places = [density.place(values, mask, row, is_descending=is_descending) for row in rows]
    assert places == list(range(len(rows)))
    assert density.place(values, mask, 6, is_descending=True) is None


def test_the_colours_of_a_column_end_at_its_percentiles_1_and_99():
    assert density.spread(np.arange(101, dtype=np.float32)) == (1, 99)
    assert density.spread(np.float32([4] * 99 + [5])) == (4, 5)
    assert density.spread(np.float32([np.nan])) == (0, 1)
