"""Precision and recall, the miss rate, and the bootstrap over images."""

import math

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.average_precision import average_precision, class_precision
from hem_core.boxes.bootstrap import image_weights, resampled_precision
from hem_core.boxes.curves import curve, miss_rate
from hem_core.boxes.matching import match
from hem_core.boxes.overlaps import overlaps
from hem_core.stats.paired import interval

BOX, AWAY = [0, 0, 10, 10], [50, 50, 60, 60]


def matched(given, predicted):
    return match(given, predicted, overlaps(given, predicted, right_class_only=True, least=0.5), [0.5])[0]


@pytest.fixture
def four_images():
    """A box in each of four images: two hits, an error between them, and two errors of one confidence at the end."""
    given = given_boxes([0, 1, 2, 3], [0] * 4, [BOX] * 4)
    predicted = predicted_boxes([0, 1, 2, 3, 3], [0] * 5, [BOX, AWAY, BOX, AWAY, AWAY], [0.9, 0.8, 0.7, 0.1, 0.1])
    return given, predicted, matched(given, predicted)


def test_the_curve_has_a_point_for_each_confidence(four_images):
    line = curve(*four_images)
    assert line.confidence.tolist() == [0.9, 0.8, 0.7, 0.1]
    assert line.recall.tolist() == [0.25, 0.25, 0.5, 0.5]
    np.testing.assert_allclose(line.precision, [1, 1 / 2, 2 / 3, 2 / 5])
    assert line.false_positives.tolist() == [0, 1, 1, 3]
    np.testing.assert_allclose(line.f1, [0.4, 1 / 3, 4 / 7, 4 / 9])


def test_the_miss_rate_at_so_many_false_positives_an_image(four_images):
    line = curve(*four_images)
    assert miss_rate(line, 4, 0.25) == 0.5  # one false positive in four images
    assert miss_rate(line, 4, 0.1) == 0.75  # none
    assert miss_rate(line, 4, 9) == 0.5
    empty = given_boxes([], [], np.zeros((0, 4)))
    assert math.isnan(miss_rate(curve(empty, four_images[1], matched(empty, four_images[1])), 4))


def test_the_curve_of_a_class_without_predictions(four_images):
    line = curve(*four_images, label=1)
    assert len(line.recall) == line.n_given == 0


def test_a_weight_counts_an_image_as_often_as_copies_of_it(random_scene):
    given, predicted = random_scene(0, n_images=6, n_classes=2)
    found, draw = matched(given, predicted), np.array([0, 0, 0, 2, 3, 5])
    weight = np.bincount(draw, minlength=6).astype(float)
    weighted = curve(given, predicted, found, image_weight=weight)
    copies = [copied(boxes, draw) for boxes in (given, predicted)]
    plain = curve(*copies, matched(*copies))
    at = np.searchsorted(-weighted.confidence, -plain.confidence)
    np.testing.assert_allclose(weighted.recall[at], plain.recall)
    np.testing.assert_allclose(weighted.precision[at], plain.precision)


def test_resampled_precision_is_that_of_the_drawn_images(random_scene):
    given, predicted = random_scene(1, n_images=12, n_classes=2)
    unique = predicted_boxes(predicted.image, predicted.label, predicted.xyxy, unlike(len(predicted)))
    samples = resampled_precision(given, unique, matched(given, unique), (12, 2), n_resamples=5, seed=3)
    for weight, sample in zip(image_weights(12, 5, 3), samples, strict=True):
        copies = [copied(boxes, np.repeat(np.arange(12), weight.astype(int))) for boxes in (given, unique)]
        want = class_precision(*copies, matched(*copies), 2)
        np.testing.assert_allclose(sample, want, atol=1e-12, equal_nan=True)


def test_the_interval_holds_the_value_and_a_seed_repeats_it(random_scene):
    given, predicted = random_scene(2, n_images=60, n_classes=2)
    found = matched(given, predicted)
    samples = resampled_precision(given, predicted, found, (60, 2), n_resamples=100)
    low, high = interval(samples[:, 0].mean(axis=1))
    value = average_precision(given, predicted, 2, thresholds=[0.5]).at()
    assert low < value < high < low + 0.5
    again = resampled_precision(given, predicted, found, (60, 2), n_resamples=100)
    np.testing.assert_array_equal(again, samples)


def test_the_interval_of_nothing_is_unknown():
    assert all(map(math.isnan, interval(np.full(3, np.nan))))
    assert interval(np.arange(101.0)) == pytest.approx((2.5, 97.5))


def unlike(n):
    """n different confidences."""
    return np.random.default_rng(0).permutation(n) / n


def copied(boxes, draw):
    """The boxes of the drawn images, each draw an image of its own."""
    which = [np.flatnonzero(boxes.image == image) for image in draw]
    at = np.concatenate(which)
    image = np.repeat(np.arange(len(draw)), [len(some) for some in which])
    if hasattr(boxes, "confidence"):
        return predicted_boxes(image, boxes.label[at], boxes.xyxy[at], boxes.confidence[at])
    return given_boxes(image, boxes.label[at], boxes.xyxy[at], is_crowd=boxes.is_crowd[at])
