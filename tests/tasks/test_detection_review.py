"""The answers that Review offers on a box, and what a verdict on it may hold."""

import pytest

from hem_core import tasks
from hem_core.errors import DataError
from hem_core.store.verdicts import VERDICTS

TASK = tasks.load("detection")
GIVEN = dict(zip(("given_left", "given_top", "given_right", "given_bottom"), (10.0, 10.0, 50.0, 50.0), strict=True))
PREDICTED = {name.replace("given", "predicted"): side + 5 for name, side in GIVEN.items()}
NOTHING = {"given": None, "predicted": None, "confidence": None, "iou": None, "id": "a#g1", "type": "Missed"}
MISSED = {**NOTHING, "given": "cell", **GIVEN}
PAIR = {**MISSED, "predicted": "dust", **PREDICTED, "type": "Cls", "confidence": 0.75, "iou": 0.629}
ALONE = {**NOTHING, "predicted": "dust", **PREDICTED, "type": "Bkg", "id": "a#p1", "confidence": 0.9}


def by_key(part):
    return {choice.key: (choice.tag, choice.asks or choice.value) for choice in TASK.choices(part)}


def test_a_task_that_corrects_says_so():
    assert isinstance(TASK, tasks.Corrects)
    assert not isinstance(tasks.load("classification"), tasks.Corrects)


def test_a_given_box_can_be_moved_relabelled_and_removed():
    assert by_key(PAIR) == {
        "1": ("right", ""), "2": ("moved", "dust [15, 15, 55, 55]"), "3": ("mislabelled", "class"),
        "4": ("moved", "box"), "5": ("removed", ""), "6": ("hard", ""), "7": ("skip", ""),
    }  # fmt: skip
    assert next(choice for choice in TASK.choices(PAIR) if choice.asks == "box").box == "cell [10, 10, 50, 50]"


def test_without_a_prediction_there_is_none_to_take():
    assert "2" not in by_key(MISSED)


def test_a_prediction_that_nothing_was_given_for_can_be_added_and_is_not_there_to_be_removed():
    assert by_key(ALONE) == {
        "1": ("right", ""), "2": ("added", "dust [15, 15, 55, 55]"), "3": ("added", "class"), "4": ("added", "box"),
        "6": ("hard", ""), "7": ("skip", ""),
    }  # fmt: skip


@pytest.mark.parametrize("part", [MISSED, PAIR, ALONE])
def test_every_answer_is_a_verdict_of_the_log_with_a_key_of_its_own(part):
    found = TASK.choices(part)
    assert {choice.tag for choice in found} <= set(VERDICTS)
    assert len({choice.key for choice in found}) == len({choice.name for choice in found}) == len(found)


@pytest.mark.parametrize(
    ("part", "named", "verdict"),
    [
        (PAIR, "cell", ("right", "")), (PAIR, "dust", ("mislabelled", "dust")), (PAIR, "", ("removed", "")),
        (ALONE, "cell", ("added", "cell [15, 15, 55, 55]")), (ALONE, "", ("right", "")),
    ],
)  # fmt: skip
def test_a_class_named_without_sight_of_the_label_becomes_a_verdict(part, named, verdict):
    assert TASK.answered(part, named) == verdict


def test_a_box_is_stored_as_far_as_it_is_inside_its_image():
    assert TASK.checked(PAIR, "moved", "cell [-5, 10, 50, 50]", (100, 80)) == (
        "cell [0, 10, 50, 50]",
        "The box was cut at the border of the image.",
    )
    assert TASK.checked(PAIR, "moved", "new class [5, 10, 50, 50]", (100, 80)) == ("new class [5, 10, 50, 50]", "")


@pytest.mark.parametrize(
    ("part", "tag", "value", "why"),
    [
        (PAIR, "moved", "cell", "a box is written as"), (PAIR, "moved", "cell [200, 0, 300, 10]", "less than 1 px"),
        (PAIR, "added", "cell [1, 1, 5, 5]", "'added' is about a place where nothing is given"),
        (ALONE, "moved", "cell [1, 1, 5, 5]", "'moved' is about a given box"), (ALONE, "removed", "", "a given box"),
        (PAIR, "mislabelled", "a\tb", "a class has a name"), (None, "moved", "cell [1, 1, 5, 5]", "is 'added'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_for_a_row_is_refused(part, tag, value, why):
    with pytest.raises(DataError, match=why):
        TASK.checked(part, tag, value, (100, 80))


def test_what_is_drawn_of_a_row_has_its_outcome_and_both_boxes():
    found = TASK.scene(PAIR)
    assert (found["outcome"], found["given"], found["predicted"]) == ("wrong", (10, 10, 50, 50), (15, 15, 55, 55))
    assert found["numbers"] == "confidence .75 · IoU .62"
    assert TASK.scene(MISSED)["outcome"] == "missed"
