"""What a type of error costs, beside mending the boxes themselves and beside tidecv."""

import dataclasses
import importlib.util

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.average_precision import average_precision
from hem_core.boxes.error_costs import error_costs
from hem_core.boxes.error_types import error_types
from hem_core.boxes.overlaps import overlaps

BOX, NEAR, AWAY = [0, 0, 10, 10], [0, 0, 10, 4], [50, 50, 60, 60]


def costs(given, predicted, n_classes=3):
    return error_costs(given, predicted, error_types(given, predicted, overlaps(given, predicted), floor=0), n_classes)


def test_costs_by_hand():
    given = given_boxes([0, 1], [0, 0], [BOX, BOX])
    found = costs(given, predicted_boxes([0, 1], [0, 0], [BOX, NEAR], [0.9, 0.8]), 1)  # found, and one at IoU .4
    half = 51 / 101  # recalls 0 .. .5 at precision 1
    assert found["Loc"] == pytest.approx(1 - half)
    assert found["missed"] == pytest.approx(1 - half)
    assert found["Cls"] == found["Dupe"] == found["Missed"] == found["false_positives"] == 0


def test_a_background_prediction_above_a_hit_costs_half():
    given = given_boxes([0], [0], [BOX])
    found = costs(given, predicted_boxes([0, 0], [0, 0], [AWAY, BOX], [0.9, 0.8]), 1)
    assert found["Bkg"] == found["false_positives"] == pytest.approx(0.5)


def apart(random_scene, seed):
    """A scene without crowds and ties, whose confidences all differ."""
    given, predicted = random_scene(seed)
    chance = np.random.default_rng(seed)
    given = given.take(~given.is_crowd)
    given = dataclasses.replace(given, xyxy=given.xyxy + 0.5 * chance.random(given.xyxy.shape))
    boxes = predicted.xyxy + 0.5 * chance.random(predicted.xyxy.shape)
    sure = chance.permutation(len(predicted)) / len(predicted)
    return given, predicted_boxes(predicted.image, predicted.label, boxes, sure)


@pytest.mark.parametrize("seed", range(4))
def test_the_costs_are_those_of_mended_boxes(random_scene, seed):
    given, predicted = apart(random_scene, seed)
    types = error_types(given, predicted, overlaps(given, predicted), floor=0)
    whole = average_precision(given, predicted, 3, thresholds=[0.5]).at()
    found = costs(given, predicted)
    for name in ("Cls", "Loc", "Both", "Dupe", "Bkg"):
        label, xyxy, stays = predicted.label.copy(), predicted.xyxy.copy(), types.predicted != name
        for box in np.flatnonzero(types.given == name):
            one = types.paired[box]
            label[one], xyxy[one], stays[one] = given.label[box], given.xyxy[box], True
        mended = predicted_boxes(predicted.image[stays], label[stays], xyxy[stays], predicted.confidence[stays])
        value = average_precision(given, mended, 3, thresholds=[0.5]).at()
        assert found[name] == pytest.approx(max(value - whole, 0), abs=1e-9), name
    asked = given.take(types.given != "Missed")
    assert found["Missed"] == pytest.approx(average_precision(asked, predicted, 3, thresholds=[0.5]).at() - whole)


@pytest.mark.skipif(importlib.util.find_spec("tidecv") is None, reason="tidecv is not installed")
@pytest.mark.parametrize("seed", range(4))
def test_the_costs_are_those_of_tidecv(random_scene, seed):
    from tidecv import TIDE, Data

    given, predicted = apart(random_scene, seed)
    truth, answers = Data("given"), Data("predicted")
    for data in (truth, answers):
        for label in range(3):
            data.add_class(label, str(label))
        for image in range(30):
            data.add_image(image, str(image))
    for boxes, add, confidence in ((given, truth.add_ground_truth, []), (predicted, answers.add_detection, [None])):
        for at, (left, top, right, bottom) in enumerate(boxes.xyxy.tolist()):
            sure = [float(boxes.confidence[at])] if confidence else []
            add(int(boxes.image[at]), int(boxes.label[at]), *sure, [left, top, right - left, bottom - top])
    run = TIDE().evaluate(truth, answers, mode=TIDE.BOX)
    theirs = run.fix_main_errors() | run.fix_special_errors()
    named = {"Miss": "Missed", "FalsePos": "false_positives", "FalseNeg": "missed"}
    found = costs(given, predicted)
    for kind, value in theirs.items():
        assert found[named.get(kind.short_name, kind.short_name)] == pytest.approx(value / 100, abs=1e-9)
