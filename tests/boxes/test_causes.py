"""What makes objects hard to find, on scenes that a reader can check in the head."""

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.causes import causes, overlapped
from hem_core.boxes.hypotheses import hypotheses
from hem_core.boxes.judgement import Judgement
from hem_core.tasks._detection_reasons import Reasons

CLASSES = ("cup", "dog")
SIZE = np.array([[1000.0, 1000.0]])


def judged(given, predicted=()):
    """given: (class, box) and predicted: (class, box, confidence), in one image of 1000 px."""
    truth = given_boxes([0] * len(given), [k for k, _box in given], [box for _k, box in given])
    answers = predicted_boxes([0] * len(predicted), *([each[at] for each in predicted] for at in (0, 1, 2)))
    return Judgement(hypotheses(truth, answers), SIZE)


def grid(n, side=40):
    """n cups, 100 px apart, away from the border."""
    corners = [(50 + 100 * (at % 9), 50 + 100 * (at // 9)) for at in range(n)]
    return [(0, [x, y, x + side, y + side]) for x, y in corners]


def found(boxes, sure=0.9):
    return [(k, box, sure) for k, box in boxes]


def test_a_box_is_overlapped_by_the_one_that_hides_most_of_it():
    boxes = [[0, 0, 10, 10], [0, 0, 10, 4], [5, 0, 15, 10], [50, 50, 60, 60]]
    share, other = overlapped(given_boxes([0] * 4, [0] * 4, boxes))
    np.testing.assert_allclose(share, [0.5, 1, 0.5, 0])
    assert other.tolist() == [2, 0, 0, -1]


@pytest.mark.parametrize(
    ("box", "cause", "words"),
    [
        ([700, 700, 712, 709], "small", "12 × 9 px, among the smallest 5% of 'cup'."),
        ([0, 700, 60, 760], "truncated", "Touches the left edge."),
        ([940, 940, 1000, 1000], "truncated", "Touches the right and bottom edges."),
    ],
)
def test_a_missed_box_names_its_cause_in_words_that_are_true_of_it(box, cause, words):
    others = grid(20)
    reasons = Reasons(judged([*others, (0, box)], found(others)), CLASSES)
    assert reasons.names[-1] == cause
    assert reasons.evidence[-1] == f"cup is given here, and no prediction matches it. {words}"
    assert set(reasons.names[:-1]) == {"easy"}


def test_a_missed_box_that_lies_half_under_another_is_occluded():
    others = grid(20)
    reasons = Reasons(judged([*others, (1, [70, 50, 110, 90])], found(others)), CLASSES)
    assert reasons.names[-1] == "occluded"
    assert "Overlapped .50 by 'cup'." in reasons.evidence[-1]


def test_a_small_box_within_a_large_one_is_in_front_of_it():
    one = causes(judged([(0, [0, 0, 400, 400]), (1, [100, 100, 140, 140])]))
    assert not one.holds["occluded"].any()


def test_one_of_a_crowd():
    crowd = [(0, [500 + 45 * at, 500, 540 + 45 * at, 540]) for at in range(5)]
    near = [(0, [590, 500 + 45 * at, 630, 540 + 45 * at]) for at in (-1, 1)]
    reasons = Reasons(judged([*grid(20), *crowd, *near], found([*grid(20), *crowd[:2], *crowd[3:]])), CLASSES)
    assert reasons.names[22] == "crowded"
    assert "4 other given boxes within one diagonal." in reasons.evidence[22]


def test_what_does_this_model_no_harm_is_no_cause():
    """20 boxes at the border are all found but one, of 20 others half: the border is not why."""
    at_border = [(0, [0, 40 * at, 30, 40 * at + 30]) for at in range(20)]
    others = grid(20)
    judgement = judged([*at_border, *others], found([*at_border[1:], *others[::2]]))
    assert causes(judgement).holds["truncated"][0]
    assert Reasons(judgement, CLASSES).names[0] in ("missed", "suspect_label")
    harmed = judged([*at_border, *others], found([*at_border[::2], *others[1:]]))
    reasons = Reasons(harmed, CLASSES)
    assert reasons.names[1] == "truncated"
    assert reasons.evidence[1].endswith("Of cut off boxes 50% are not found as given, of the others 5%.")


def test_a_box_of_a_kind_that_is_always_found_is_suspect():
    others = [(0, [10 * at, 50, 10 * at + 9, 59]) for at in range(90)]
    many = [(0, [x, y, x + 40, y + 40]) for x in range(50, 950, 50) for y in range(100, 950, 50)]
    reasons = Reasons(judged([*many, *others], found([*many[1:], *others[::2]])), CLASSES)
    assert reasons.names[0] == "suspect_label"
    assert reasons.evidence[0].endswith("There may be nothing.")
    assert reasons.names[len(many) + 1] != "suspect_label"


def test_an_unpaired_prediction_names_the_box_that_it_is_about():
    reasons = Reasons(
        judged([(0, [100, 100, 110, 110])], [(0, [100, 100, 110, 110], 0.9), (0, [100, 106, 110, 116], 0.6)]), CLASSES
    )
    assert reasons.names[1] == "mislocated"
    words = "Predicted cup with confidence .60, at IoU .25 with a given cup that another prediction belongs to."
    assert reasons.evidence[1] == words


def test_a_can_before_a_table_is_not_occluded_by_it_and_a_chair_behind_one_is():
    table, can, chair = (1, [100, 100, 400, 300]), (0, [200, 80, 220, 120]), (0, [350, 60, 500, 260])
    one = causes(judged([table, can, chair]))
    assert one.holds["occluded"].tolist() == [False, False, False]
    half_under = causes(judged([table, (0, [300, 60, 450, 260])]))
    assert half_under.holds["occluded"].tolist() == [False, True]


def test_what_ends_within_a_hundredth_of_the_side_touches_the_border():
    one = causes(judged([(0, [9, 200, 60, 260]), (0, [12, 300, 60, 360])]))
    assert one.holds["truncated"].tolist() == [True, False]
