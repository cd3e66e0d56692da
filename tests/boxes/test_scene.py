"""All boxes of a run at other thresholds: equal to judging them anew, and to the curve that is drawn."""

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.curves import thinned
from hem_core.boxes.error_types import TYPES
from hem_core.boxes.hypotheses import hypotheses
from hem_core.boxes.scene import Scene, scene_of_table, with_rows

BOX, NEAR, AWAY = [0, 0, 10, 10], [0, 0, 10, 6], [50, 50, 60, 60]


def scene_of(given, predicted, n_images, n_classes):
    rows = with_rows(given, predicted, hypotheses(given, predicted))
    return Scene(given, predicted, n_images, tuple("abcdef"[:n_classes]), 0.5, 0.1, 0.05, *rows)


@pytest.fixture
def small():
    """Image 0: a box that is found (.9, IoU 1) and found again (.3); image 1: one found at IoU .6 (.4); 2: a stray."""
    given = given_boxes([0, 1], [0, 0], [BOX, BOX])
    predicted = predicted_boxes([0, 0, 1, 2], [0, 0, 0, 1], [BOX, BOX, NEAR, AWAY], [0.9, 0.3, 0.4, 0.2])
    return scene_of(given, predicted, 3, 2)


def test_the_run_s_own_thresholds_give_its_own_rows(small):
    own = small.at()
    assert (own.row == np.arange(4)).all()
    assert (own.counts.right, own.counts.false, own.counts.missed) == (2, 2, 0)
    assert {name: n for name, n in own.counts.types.items() if n} == {"Dupe": 1, "Bkg": 1}


def test_a_higher_confidence_and_a_higher_iou_by_hand(small):
    sure = small.at(0.35).counts
    assert (sure.right, sure.false, sure.missed, sure.precision, sure.recall) == (2, 0, 0, 1.0, 1.0)
    tight = small.at(0.35, 0.75)
    assert (tight.counts.right, tight.counts.false, tight.counts.missed) == (1, 1, 1)
    assert tight.counts.types["Loc"] == 1
    assert tight.counts.types["Missed"] == 0
    assert tight.counts.f1 == 0.5
    assert tight.row.tolist() == [0, 2]


def test_confusions_by_hand(small):
    assert small.at().confusion().tolist() == [[2, 0, 0], [0, 0, 0], [1, 1, 0]]
    assert small.at(0.5).confusion().tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_below_the_floor_there_are_predictions_without_a_row():
    given = given_boxes([0], [0], [BOX])
    found = scene_of(given, predicted_boxes([0], [0], [AWAY], [0.01]), 1, 1).at(0.0)
    assert found.counts.false == 1
    assert found.row.tolist() == [0, -1]


@pytest.mark.parametrize(("confidence", "foreground"), [(0.05, 0.5), (0.0, 0.5), (0.4, 0.5), (0.3, 0.75), (0.2, 0.1)])
def test_any_thresholds_are_those_of_judging_anew(random_scene, confidence, foreground):
    given, predicted = random_scene(3)
    limits = {"foreground": foreground, "background": 0.1, "floor": confidence}
    anew, found = hypotheses(given, predicted, **limits), scene_of(given, predicted, 30, 3).at(confidence, foreground)
    assert (found.rows.given == anew.given).all()
    assert (found.rows.predicted == anew.predicted).all()
    for name in TYPES:
        assert found.counts.types[name] == (anew.type == name).sum()
    assert found.counts.right == (anew.type == "right").sum()
    is_false = (anew.predicted >= 0) & (anew.type != "right")
    assert (found.counts.false, found.confusion().sum()) == (is_false.sum(), len(anew))
    assert found.counts.right + found.counts.missed == (~given.is_ignored).sum()


def test_no_cell_of_the_matrix_has_a_row_twice(random_scene):
    found = scene_of(*random_scene(4), 30, 3).at(0.3, 0.75)
    given, predicted = found.classes
    for cell in {*zip(given.tolist(), predicted.tolist(), strict=True)}:
        rows = found.row[(given == cell[0]) & (predicted == cell[1])]
        assert (rows >= 0).all()
        assert len(np.unique(rows)) == len(rows)


@pytest.mark.parametrize("label", [None, 1])
def test_the_curve_has_the_counts_of_each_confidence(random_scene, label):
    scene = scene_of(*random_scene(5), 30, 3)
    line = scene.at(0.0, 0.6).curve(label)
    for confidence in (0.1, 0.45, 0.9):
        found, at = scene.at(confidence, 0.6), np.flatnonzero(line.confidence >= confidence)[-1]
        given, predicted = found.classes
        right = found.is_right if label is None else found.is_right & (given == label)
        false = found.is_false if label is None else found.is_false & (predicted == label)
        assert line.false_positives[at] == false.sum()
        assert line.recall[at] * line.n_given == pytest.approx(right.sum())
        assert line.precision[at] == pytest.approx(right.sum() / (right.sum() + false.sum()))


def test_a_thinned_curve_keeps_its_ends_and_lies_on_the_whole_one(random_scene):
    line = scene_of(*random_scene(6, n_images=200), 200, 3).at(0.0).curve()
    few = thinned(line, 40)
    assert len(few.confidence) <= 41 < len(line.confidence)
    assert (few.confidence[0], few.confidence[-1]) == (line.confidence[0], line.confidence[-1])
    whole = set(zip(line.confidence, line.recall, line.precision, line.false_positives, strict=True))
    assert set(zip(few.confidence, few.recall, few.precision, few.false_positives, strict=True)) <= whole


def test_the_rows_of_a_level_are_a_scene_of_their_own(random_scene):
    from hem_core.boxes.hypothesis_table import hypothesis_table
    from hem_core.boxes.judgement import Judgement

    given, predicted = random_scene(7)
    scene, images = scene_of(given.take(~given.is_ignored), predicted, 30, 3), [f"i{at}" for at in range(30)]
    table = hypothesis_table(Judgement(scene.at().rows, np.full((30, 2), 640.0)), images, scene.classes).to_pandas()
    columns = {name: table[name].to_numpy() for name in table}
    again = scene_of_table(columns, images, scene.classes, (0.5, 0.1, 0.05))
    assert (again.at().row == np.arange(len(table))).all()
    for thresholds in ((0.05, 0.5), (0.5, 0.7)):
        assert again.at(*thresholds).counts == scene.at(*thresholds).counts
