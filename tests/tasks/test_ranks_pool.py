"""How unsure a model is of examples that nobody has labelled: numbers that a reader can check."""

import math

import numpy as np

from hem_core import tasks
from hem_core.boxes.arrays import predicted_boxes
from hem_core.tasks import _detection_arrays, _detection_pool


def no_neighbours():
    return None


def test_an_even_chance_is_the_most_unsure_tag_and_a_certain_one_adds_nothing():
    logits = np.array([[0.0, 0.0], [0.0, 50.0], [-50.0, 50.0]], np.float32)
    found = tasks.load("multilabel").unsure(logits, no_neighbours)
    np.testing.assert_allclose(found["tag_entropy"], [math.log(2), math.log(2) / 2, 0], atol=1e-6)
    np.testing.assert_allclose(found["least_sure_tag"], [1, 1, 0], atol=1e-6)


def test_a_detector_expects_to_be_wrong_about_as_much_of_a_box_as_it_is_unsure_of():
    corners = [[0, 0, 9, 9]] * 6
    boxes = predicted_boxes([0, 0, 1, 1, 1, 1], [0] * 6, corners, [0.9, 0.5, 0.2, 0.2, 0.2, 0.99])
    found = _detection_pool.unsure(boxes, 3, 0.05)
    np.testing.assert_allclose(found["expected_errors"], [0.1 + 0.5, 0.6 + 0.01, 0], atol=1e-6)
    np.testing.assert_allclose(found["box_uncertainty"], [(0.2 + 1) / 2, 0.4, 0], atol=1e-6)  # of the three least sure
    raw = _detection_arrays.packed(boxes, 3)
    again = tasks.load("detection").unsure(raw, no_neighbours)
    np.testing.assert_allclose(again["expected_errors"], found["expected_errors"])


def test_predictions_that_differ_among_neighbours_spread_and_without_neighbours_nothing_is_said():
    task = tasks.load("regression").settled({"loss": "absolute", "spread": 2.0})
    near = np.array([[1], [0], [0]])
    found = task.unsure(np.array([[0.0], [0.0], [8.0]], np.float32), lambda: near)
    np.testing.assert_allclose(found["neighbour_spread"], [0, 0, 4 / 2])
    assert task.unsure(np.zeros((3, 1), np.float32), no_neighbours) == {}
