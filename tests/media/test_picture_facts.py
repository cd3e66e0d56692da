import numpy as np
import pytest

from hem_core.media._fact_words import OF_PICTURES
from hem_core.media._picture_facts import columns, of_picture

HALF = np.repeat(np.uint8([[0, 255]]), 14, axis=1).repeat(28, axis=0)  # (28, 28): left black, right white


def test_half_black_and_half_white():
    found = of_picture(HALF)
    assert (found.brightness, found.contrast, found.pixel_entropy) == (0.5, 0.5, 1.0)
    assert (found.width_px, found.height_px) == (28, 28)


def test_one_grey_has_no_contrast_no_edges_and_no_entropy_in_colour_as_well():
    found = of_picture(np.full((9, 7, 3), 128, np.uint8))
    assert found.brightness == pytest.approx(128 / 255)
    assert (found.contrast, found.sharpness, found.pixel_entropy) == (0, 0, 0)


def test_a_blurred_picture_is_less_sharp_also_where_large_ones_are_reduced():
    board = (np.indices((1200, 1200)).sum(axis=0) // 40 % 2 * 255).astype(np.uint8)
    smeared = np.mean([np.roll(board, step, axis=1) for step in range(40)], axis=0).astype(np.uint8)
    assert of_picture(smeared).sharpness < of_picture(board).sharpness / 2


def test_pictures_of_one_size_have_no_columns_of_shape_and_a_missing_one_is_not_known():
    found = columns([of_picture(HALF), None, of_picture(255 - HALF)])
    assert set(found) == {"brightness", "contrast", "sharpness", "pixel_entropy"}
    assert np.isnan(found["brightness"]).tolist() == [False, True, False]
    assert columns([None, None]) == {}
    assert columns([]) == {}


def test_a_strip_among_squares_is_odd_and_one_grey_is_near_uniform():
    squares = [of_picture(np.full((side, side), side, np.uint8)) for side in (30, 31, 32, 33)]
    found = columns([*squares, of_picture(HALF.repeat(4, axis=1)), of_picture(HALF)])
    assert found["is_odd_shape"].tolist() == [False] * 4 + [True, False]
    assert found["is_near_uniform"].tolist() == [True] * 4 + [False, False]
    assert found["aspect"][4] == 4
    assert found["size_px"][4] == 56  # of 112 × 28
    assert set(found) == set(OF_PICTURES)
