"""TIDE's types of error, each in a scene made by hand, and on random scenes beside the rules written as a loop."""

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.error_types import best_pair, error_types
from hem_core.boxes.geometry import iou
from hem_core.boxes.overlaps import overlaps
from hem_core.errors import DataError

WHOLE, HALF, THIRD, AWAY = [0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 3], [50, 50, 60, 60]


def types_of(given, predicted, confidence=None, **options):
    """given and predicted: (class, box) in one image."""
    truth = given_boxes([0] * len(given), [k for k, _box in given], [box for _k, box in given], **options)
    sure = confidence or [0.9 - 0.1 * at for at in range(len(predicted))]
    answers = predicted_boxes([0] * len(predicted), [k for k, _box in predicted], [box for _k, box in predicted], sure)
    return error_types(truth, answers, overlaps(truth, answers))


@pytest.mark.parametrize(
    ("predicted", "of_predicted", "of_given", "paired"),
    [
        ([(0, WHOLE)], ["right"], "right", 0),
        ([(0, HALF)], ["right"], "right", 0),
        ([(0, THIRD)], ["Loc"], "Loc", 0),
        ([(1, WHOLE)], ["Cls"], "Cls", 0),
        ([(1, THIRD)], ["Both"], "Missed", -1),
        ([(0, AWAY)], ["Bkg"], "Missed", -1),
        ([(0, [0, 0, 10, 1])], ["Loc"], "Loc", 0),
        ([(0, [0, 0, 10, 0.9])], ["Bkg"], "Missed", -1),
        ([(0, WHOLE), (0, WHOLE)], ["right", "Dupe"], "right", 0),
        ([(1, WHOLE), (0, WHOLE)], ["Cls", "right"], "right", 1),
        ([(0, THIRD), (1, WHOLE)], ["Loc", "Cls"], "Loc", 0),
        ([], [], "Missed", -1),
    ],
)
def test_each_type_of_error(predicted, of_predicted, of_given, paired):
    found = types_of([(0, WHOLE)], predicted)
    assert found.predicted.tolist() == of_predicted
    assert found.given.tolist() == [of_given]
    assert found.paired.tolist() == [paired]


def test_a_duplicate_is_about_the_box_that_is_taken():
    found = types_of([(0, AWAY), (0, WHOLE)], [(0, WHOLE), (0, HALF)])
    assert found.predicted.tolist() == ["right", "Dupe"]
    assert found.target.tolist() == [1, 1]
    assert found.given.tolist() == ["Missed", "right"]


def test_of_two_predictions_that_err_about_a_box_the_more_confident_one_is_paired():
    found = types_of([(0, WHOLE)], [(1, WHOLE), (2, WHOLE)], [0.3, 0.6])
    assert found.predicted.tolist() == ["Cls", "Cls"]
    assert found.paired.tolist() == [1]


def test_a_prediction_below_the_floor_takes_no_box_and_has_no_type():
    found = types_of([(0, WHOLE)], [(0, WHOLE)], [0.04])
    assert found.predicted.tolist() == [""]
    assert found.given.tolist() == ["Missed"]


def test_predictions_on_ignore_and_crowd_regions_are_no_errors():
    for options in ({"is_crowd": [True]}, {"is_ignored": [True]}):
        found = types_of([(0, WHOLE)], [(0, WHOLE), (0, WHOLE), (0, AWAY), (1, WHOLE)], **options)
        assert found.predicted.tolist() == ["ignored", "ignored", "Bkg", "Bkg"]
        assert found.given.tolist() == ["ignored"]


def test_thresholds_are_arguments_and_are_checked():
    given, predicted = given_boxes([0], [0], [WHOLE]), predicted_boxes([0], [0], [THIRD], [0.9])
    pairs = overlaps(given, predicted)
    assert error_types(given, predicted, pairs, foreground=0.3).predicted.tolist() == ["right"]
    assert error_types(given, predicted, pairs, background=0.4).predicted.tolist() == ["Bkg"]
    with pytest.raises(DataError, match=r"wanted 0 < background <= foreground <= 1; these are 0\.6 and 0\.5"):
        error_types(given, predicted, pairs, foreground=0.5, background=0.6)


def twice(boxes):
    """Each prediction and another one almost as confident and in almost the same place."""
    image, label, near = np.tile(boxes.image, 2), np.tile(boxes.label, 2), boxes.xyxy + np.array([1, 0, 1, 0])
    confidence = np.concatenate([boxes.confidence, boxes.confidence * 0.9])
    return predicted_boxes(image, label, np.concatenate([boxes.xyxy, near]), confidence)


def slow_types(given, predicted, taken):
    """TIDE's rules for the predictions that took no box; taken (P,) given boxes or -1."""
    used = set(taken)
    for p in range(len(predicted)):
        right = wrong = dupe = 0.0
        for g in np.flatnonzero(given.image == predicted.image[p]):
            value = iou(predicted.xyxy[[p]], given.xyxy[[g]])[0]
            if given.label[g] == predicted.label[p]:
                right = max(right, value)
                dupe = max(dupe, value if g in used else 0)
            else:
                wrong = max(wrong, value)
        rules = [
            ("right", taken[p] >= 0),
            ("Loc", 0.1 <= right < 0.5),
            ("Cls", wrong >= 0.5),
            ("Dupe", dupe >= 0.5),
            ("Bkg", max(right, wrong) <= 0.1),
            ("Both", True),
        ]
        yield next(name for name, holds in rules if holds)


@pytest.mark.parametrize("seed", range(3))
def test_types_are_those_of_the_rules_written_as_a_loop(random_scene, slow_match, seed):
    given, predicted = random_scene(seed, n_images=8, n_classes=2, given=6, predicted=15, extent=120)
    given = given_boxes(given.image, given.label, given.xyxy)
    predicted = twice(predicted)
    found = error_types(given, predicted, overlaps(given, predicted), floor=0.0)
    taken = slow_match(given, predicted, 0.5)[1]
    assert found.predicted.tolist() == list(slow_types(given, predicted, taken))
    assert len(set(found.predicted)) == 6
    paired = found.paired[found.paired >= 0]
    assert len(set(paired)) == len(paired)
    assert set(found.given) <= {"right", "Loc", "Cls", "Missed"}


@pytest.mark.parametrize("seed", range(5))
def test_the_best_pair_is_the_first_of_the_greatest_in_any_order(seed):
    chance = np.random.default_rng(seed)
    owner, value = np.sort(chance.integers(0, 12, 40)), chance.integers(0, 4, 40).astype(float)
    want = np.full(15, -1)
    for each in set(owner.tolist()):
        mine = np.flatnonzero(owner == each)
        want[each] = mine[np.argmax(value[mine])]
    assert best_pair(owner, value, 15).tolist() == want.tolist()
    order = chance.permutation(40)
    found = best_pair(owner[order], value[order], 15)
    assert [value[order[at]] if at >= 0 else -1 for at in found] == [value[at] if at >= 0 else -1 for at in want]
    assert best_pair(owner[:0], value[:0], 2).tolist() == [-1, -1]
