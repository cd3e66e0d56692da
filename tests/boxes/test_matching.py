"""COCO's matching and average precision, beside pycocotools and a matcher that goes box by box."""

import tracemalloc

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.average_precision import AREAS, THRESHOLDS, average_precision
from hem_core.boxes.matching import match
from hem_core.boxes.overlaps import overlaps, pairs_by_key

SCENES = {
    "one class": {"n_images": 5, "n_classes": 1, "given": 3, "predicted": 5},
    "few classes": {"n_images": 30, "n_classes": 3},
    "crowded": {"n_images": 20, "n_classes": 5, "given": 20, "predicted": 30, "extent": 200},
    "more predictions than count": {"n_images": 3, "n_classes": 1, "given": 10, "predicted": 260},
    "a class that nothing has": {"n_images": 4, "n_classes": 40, "given": 2, "predicted": 3},
    "no predictions": {"n_images": 4, "n_classes": 2, "given": 0, "predicted": 2},
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_average_precision_is_that_of_pycocotools(random_scene, coco_precision, scene, seed):
    given, predicted = random_scene(seed, **scene)
    want = coco_precision(given, predicted, scene["n_images"], scene["n_classes"])
    found = average_precision(given, predicted, scene["n_classes"])
    np.testing.assert_allclose(found.ap, want, atol=1e-9, equal_nan=True)
    if len(given):
        all_sizes = want[:, :, 0]
        assert found.at() == pytest.approx(np.nanmean(all_sizes))
        assert found.at(0.75) == pytest.approx(np.nanmean(all_sizes[5]))
        np.testing.assert_allclose(found.by_class(0.5), all_sizes[0], atol=1e-9)
        np.testing.assert_allclose(found.at(None, "medium"), np.nanmean(want[:, :, 2]), atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("area", AREAS)
def test_matches_are_those_of_a_matcher_that_goes_box_by_box(random_scene, slow_match, seed, area):
    given, predicted = random_scene(seed, n_images=6, n_classes=2, given=8, predicted=16, extent=150)
    pairs = overlaps(given, predicted, least=0.3)
    (found,) = match(given, predicted, pairs, [0.3, 0.5, 0.8], ranges=[AREAS[area]])
    for at, threshold in enumerate((0.3, 0.5, 0.8)):
        ours, theirs, is_ignored, size = slow_match(given, predicted, threshold, AREAS[area])
        assert found.given[at].tolist() == ours
        assert found.predicted[at].tolist() == theirs
        assert found.is_given_ignored.tolist() == is_ignored
        for p, g in enumerate(theirs):
            outside = not AREAS[area][0] <= size[p] <= AREAS[area][1]
            assert found.is_predicted_ignored[at, p] == (is_ignored[g] if g >= 0 else outside)


def one_image(given, predicted, confidence, **options):
    truth = given_boxes([0] * len(given), [0] * len(given), given, **options)
    answers = predicted_boxes([0] * len(predicted), [0] * len(predicted), predicted, confidence)
    (found,) = match(truth, answers, overlaps(truth, answers), [0.5])
    return found


def test_the_more_confident_prediction_takes_the_box_and_the_other_one_takes_none():
    found = one_image([[0, 0, 10, 10]], [[0, 0, 10, 10], [0, 0, 10, 9]], [0.4, 0.6])
    assert found.predicted.tolist() == [[-1, 0]]
    assert found.given.tolist() == [[1]]


def test_of_equal_confidences_the_first_and_of_equal_overlaps_the_last_is_taken():
    found = one_image([[0, 0, 10, 10]] * 2, [[0, 0, 10, 10]] * 3, [0.5] * 3)
    assert found.predicted.tolist() == [[1, 0, -1]]


def test_a_crowd_region_absorbs_any_number_of_predictions_and_an_ignored_box_one():
    boxes, guesses = [[0, 0, 100, 100]], [[0, 0, 100, 100], [1, 0, 100, 100], [2, 0, 100, 100]]
    found = one_image(boxes, guesses, [0.9, 0.8, 0.7], is_crowd=[True])
    assert found.is_predicted_ignored.tolist() == [[True, True, True]]
    found = one_image(boxes, guesses, [0.9, 0.8, 0.7], is_ignored=[True])
    assert found.is_predicted_ignored.tolist() == [[True, False, False]]


def test_predictions_beyond_the_most_that_count_take_no_box():
    given = given_boxes([0], [0], [[0, 0, 9, 9]])
    near = predicted_boxes([0] * 2, [0] * 2, [[0, 0, 9, 9]] * 2, [0.2, 0.1])
    far = predicted_boxes([0] * 2, [0] * 2, [[50, 50, 60, 60], [0, 0, 9, 9]], [0.2, 0.1])
    for answers, owner, counted in ((near, 0, [True, False]), (far, -1, [True, False])):
        (found,) = match(given, answers, overlaps(given, answers), [0.5], most=1)
        assert (found.given.tolist(), found.is_counted.tolist()) == ([[owner]], counted)


def test_an_overlap_of_exactly_the_threshold_is_enough():
    assert one_image([[0, 0, 10, 10]], [[0, 0, 10, 5]], [0.9]).predicted.tolist() == [[0]]


def test_images_without_boxes_and_no_images():
    nothing = given_boxes([], [], np.zeros((0, 4)))
    none = predicted_boxes([], [], np.zeros((0, 4)), [])
    some, guess = given_boxes([2], [0], [[0, 0, 9, 9]]), predicted_boxes([1], [0], [[0, 0, 9, 9]], [0.5])
    assert np.isnan(average_precision(nothing, none, 2).ap).all()
    assert np.isnan(average_precision(nothing, guess, 1).at())
    assert average_precision(some, none, 1).at() == average_precision(some, guess, 1).at() == 0


def test_the_pairs_of_blocks_are_the_pairs_of_all():
    one, other = np.array([0, 2, 1, 0, 5]), np.array([0, 1, 0, 0, 2, 2])
    whole = [pair for block in pairs_by_key(one, other) for pair in zip(*block, strict=True)]
    cut = [pair for block in pairs_by_key(one, other, n_pairs=2) for pair in zip(*block, strict=True)]
    assert cut == whole
    assert sorted(whole) == [(a, b) for a in range(5) for b in range(6) if one[a] == other[b]]


def test_memory_grows_with_the_boxes_and_not_with_their_pairs(random_scene):
    def peak(n_images):
        scene = random_scene(0, n_images=n_images, n_classes=1, given=50, predicted=50)
        tracemalloc.start()
        average_precision(*scene, 1, thresholds=THRESHOLDS[:1])
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached, len(scene[0]) * len(scene[1])

    few, many = peak(50), peak(400)
    assert many[1] > 40 * few[1]
    assert many[0] < 8 * few[0]
