"""The geometry of boxes, in numbers that a reader can check in the head."""

import numpy as np
import pytest

from hem_core.boxes import geometry
from hem_core.boxes.arrays import given_boxes, part_ids
from hem_core.boxes.surroundings import aspect, crowding, size_bucket, size_px
from hem_core.errors import DataError


def test_iou_of_a_quarter_box_a_shifted_box_and_boxes_apart():
    whole = np.array([[0, 0, 10, 10.0]] * 4)
    other = np.array([[0, 0, 5, 5], [5, 0, 15, 10], [10, 0, 20, 10], [20, 20, 30, 30.0]])
    np.testing.assert_allclose(geometry.iou(whole, other), [0.25, 1 / 3, 0, 0])


def test_iou_with_a_crowd_region_is_the_share_of_the_box_that_it_covers():
    box, region = np.array([[0, 0, 10, 10.0]]), np.array([[0, 0, 5, 100.0]])
    assert geometry.iou(box, region, np.array([True])).tolist() == [0.5]


def test_a_degenerate_box_has_no_area_and_no_overlap():
    boxes = np.array([[5, 5, 5, 9], [5, 5, 9, 3], [0, 0, 4, 4.0]])
    assert geometry.is_degenerate(boxes).tolist() == [True, True, False]
    assert geometry.areas(boxes).tolist() == [0, 0, 16]
    assert geometry.iou(boxes, np.array([[0, 0, 10, 10.0]] * 3)).tolist() == [0, 0, 0.16]


def test_formats_of_one_box():
    xyxy, size = np.array([[10, 20, 30, 60.0]]), np.array([[100, 200.0]])
    assert geometry.from_xyxy(xyxy, "xywh").tolist() == [[10, 20, 20, 40]]
    assert geometry.from_xyxy(xyxy, "cxcywh_normalised", size).tolist() == [[0.2, 0.2, 0.2, 0.2]]
    for box_format in geometry.FORMATS:
        there = geometry.from_xyxy(xyxy, box_format, size)
        np.testing.assert_allclose(geometry.to_xyxy(there, box_format, size), xyxy)


def test_an_unknown_box_format_lists_those_there_are():
    with pytest.raises(DataError, match="no box format 'yxyx'; there are: xyxy, xywh, cxcywh_normalised"):
        geometry.to_xyxy(np.zeros((1, 4)), "yxyx")  # pyright: ignore[reportArgumentType]


def test_clipping_and_the_distance_to_the_border():
    boxes, size = np.array([[-5, 2, 50, 120], [10, 20, 95, 90.0]]), np.array([[100, 100.0]] * 2)
    assert geometry.clip(boxes, size).tolist() == [[0, 2, 50, 100], [10, 20, 95, 90]]
    assert geometry.border_distance(boxes, size).tolist() == [-20, 5]
    assert geometry.is_beyond(boxes, size).tolist() == [True, False]
    assert np.isnan(geometry.border_distance(boxes, np.zeros((2, 2)))).all()
    assert not geometry.is_beyond(boxes, np.zeros((2, 2))).any()


def test_size_bucket_aspect_and_crowding():
    xyxy = np.array([[0, 0, 10, 40], [0, 0, 40, 40], [0, 0, 100, 100], [5, 5, 5, 9.0]])
    assert size_px(xyxy).tolist() == [20, 40, 100, 0]
    assert size_bucket(geometry.areas(xyxy)).tolist() == ["small", "medium", "large", "small"]
    assert size_bucket(np.array([32.0**2])).tolist() == ["medium"]
    assert aspect(xyxy)[:3].tolist() == [0.25, 1, 1]
    assert np.isnan(aspect(xyxy)[3])


def test_crowding_counts_other_boxes_of_the_image_that_overlap_or_are_a_diagonal_away():
    given = given_boxes([0, 0, 0, 1], [0] * 4, [[0, 0, 3, 4], [0, 4, 3, 8], [50, 0, 53, 4], [0, 0, 3, 4]])
    assert crowding(given.image, given.xyxy, given, own=np.arange(4)).tolist() == [1, 1, 0, 0]
    long = np.array([[0, 0, 1000, 1.0]])
    wide = given_boxes([0], [0], [[900, 0, 1900, 1.0]])
    assert crowding(np.array([0]), long, wide).tolist() == [1]  # a centre 900 px away, a diagonal of 1000


def test_ids_number_the_boxes_of_each_image_from_1():
    given = given_boxes([1, 0, 1], [0] * 3, np.zeros((3, 4)))
    assert part_ids(["a", "b"], given.image, given.number, "g") == ["b#g1", "a#g1", "b#g2"]


def test_no_boxes_at_all():
    nothing = np.zeros((0, 4))
    assert geometry.border_distance(nothing, np.zeros((0, 2))).shape == (0,)
    assert geometry.iou(nothing, nothing).shape == geometry.areas(nothing).shape == (0,)
