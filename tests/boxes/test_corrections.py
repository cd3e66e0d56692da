"""Corrections applied to boxes, and those that are refused."""

from dataclasses import replace

import numpy as np
import pytest

from hem_core.boxes.annotations import Annotations, image_table
from hem_core.boxes.arrays import given_boxes
from hem_core.boxes.correction_tables import changes_table
from hem_core.boxes.corrections import Correction, apply_corrections


@pytest.fixture
def annotations():
    table = image_table(["a", "b"], ["a", "b"], np.array([[100, 100]] * 2), {})
    boxes = given_boxes([0, 0, 1], [0, 1, 0], [[0, 0, 10, 10], [20, 20, 30, 30], [0, 0, 5, 5]])
    boxes = replace(boxes, area_px=np.array([90.0, 80, 25]))
    return Annotations(table, (0, 1), ("cat", "dog"), (0, 1), boxes, np.arange(3))


def test_corrections_see_the_ones_before_them(annotations):
    fixed, changes = apply_corrections(
        annotations,
        [
            Correction("a", "add", xyxy=(1, 1, 2, 2), label="dog", who="anna", when="2026-11-29"),
            Correction("a", "move", "a#g3", (3, 3, 5, 5)),
            Correction("a", "remove", "a#g1"),
            Correction("a", "relabel", "a#g1", label="dog"),
        ],
    )
    assert [change.refused for change in changes] == ["", "", "", "box 'a#g1' was removed before"]
    assert fixed.box_ids() == ["a#g2", "b#g1", "a#g3"]
    assert fixed.boxes.xyxy.tolist() == [[20, 20, 30, 30], [0, 0, 5, 5], [3, 3, 5, 5]]
    assert fixed.records.tolist() == [1, 2, -1]
    assert fixed.boxes.area_px.tolist() == [80, 25, 4]
    assert len(annotations.boxes) == 3  # those that were given stay as they are


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (Correction("c", "remove", "c#g1"), "no image 'c' in these annotations"),
        (Correction("a", "remove", "a#g9"), "no box 'a#g9' in image 'a'"),
        (Correction("b", "remove", "a#g1"), "no box 'a#g1' in image 'b'"),
        (Correction("a", "remove"), "no box 'None' in image 'a'"),
        (Correction("a", "relabel", "a#g1"), "to relabel a box takes its class"),
        (Correction("a", "add", xyxy=(0, 0, 1, 1)), "to add a box takes its class"),
        (Correction("a", "move", "a#g1"), "to move a box takes its left, top, right and bottom in px"),
        (Correction("a", "move", "a#g1", (0, 0, float("nan"), 1)), "to move a box takes its left"),
        (Correction("a", "move", "a#g1", (5, 5, 5, 9)), "the new place has no width or no height"),
        (Correction("a", "paint", "a#g1"), "no action 'paint'; there are: add, remove, move, relabel"),  # pyright: ignore
    ],
)
def test_what_cannot_be_applied_is_refused_with_the_reason(annotations, order, reason):
    fixed, (change,) = apply_corrections(annotations, [order])
    assert change.refused.startswith(reason)
    assert fixed.boxes.xyxy.tolist() == annotations.boxes.xyxy.tolist()
    assert fixed.boxes.label.tolist() == annotations.boxes.label.tolist()


def test_the_list_of_changes_has_the_place_and_class_before_and_after(annotations):
    orders = [
        Correction("a", "move", "a#g1", (1, 2, 3, 4), who="anna", when="2026-11-29"),
        Correction("a", "add", xyxy=(1, 1, 2, 2), label="dog"),
        Correction("a", "remove", "a#g7"),
    ]
    moved, added, refused = changes_table(apply_corrections(annotations, orders)[1]).to_pylist()
    assert (moved["before_right"], moved["after_right"], moved["before_label"]) == (10, 3, "cat")
    assert (moved["who"], moved["when"], moved["refused"]) == ("anna", "2026-11-29", "")
    assert (added["box"], added["before_label"], added["after_label"]) == ("a#g3", None, "dog")
    assert refused["refused"] == "no box 'a#g7' in image 'a'"
    assert changes_table([]).num_rows == 0
    assert set(changes_table([]).column_names) == set(moved)
