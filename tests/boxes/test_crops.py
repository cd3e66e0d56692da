"""Brightness and blur of boxes, beside reading the pixels."""

import numpy as np
import pytest

from hem_core.boxes.crops import brightness_and_blur


def test_half_black_half_white():
    picture = np.zeros((10, 20, 3), np.uint8)
    picture[:, 10:] = 255
    bright, blur = brightness_and_blur(
        picture, np.array([[0, 0, 10, 10], [10, 0, 20, 10], [5, 0, 15, 10], [12, 2, 18, 8]])
    )
    np.testing.assert_allclose(bright, [0, 1, 0.5, 1])
    assert blur[3] == 1  # of one colour
    assert blur[2] < 0.02  # an edge of 255 in ten columns


def test_boxes_beyond_the_picture_count_what_lies_in_it():
    picture = np.full((10, 10), 51, np.uint8)
    bright, _blur = brightness_and_blur(picture, np.array([[-5, -5, 3, 3], [20, 20, 30, 30], [4, 4, 4, 9]], float))
    np.testing.assert_allclose(bright, [0.2, np.nan, np.nan])


@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3)])
def test_all_boxes_at_once_are_each_crop_alone(shape):
    chance = np.random.default_rng(0)
    picture = chance.integers(0, 256, shape, dtype=np.uint8)
    start = chance.uniform(-3, 30, (50, 2))
    xyxy = np.concatenate([start, start + chance.uniform(0.5, 20, (50, 2))], axis=1)
    bright, blur = brightness_and_blur(picture, xyxy)
    grey = picture.astype(float) if picture.ndim == 2 else picture @ np.array([0.299, 0.587, 0.114])
    wide = np.pad(grey, 1, mode="edge")
    edges = np.array([[wide[y, x + 1] + wide[y + 2, x + 1] + wide[y + 1, x] + wide[y + 1, x + 2] - 4 * grey[y, x]
                       for x in range(40)] for y in range(30)])  # fmt: skip
    for at, (left, top, right, bottom) in enumerate(xyxy):
        rows = slice(max(0, int(np.floor(top))), max(0, int(np.ceil(bottom))))
        columns = slice(max(0, int(np.floor(left))), max(0, int(np.ceil(right))))
        if not grey[rows, columns].size:
            assert np.isnan(bright[at])
            assert np.isnan(blur[at])
            continue
        assert bright[at] == pytest.approx(grey[rows, columns].mean() / 255)
        assert blur[at] == pytest.approx(1 / (1 + edges[rows, columns].std()), rel=1e-6)
