"""Boxes of Review without a page, run by node: geometry, a box that is dragged, its text, and the keys."""

import pytest

from hem_core.boxes import box_text

SIZE = {"width": 100, "height": 80}
BOX = [20, 20, 60, 50]


@pytest.fixture
def geometry(evaluate):
    return lambda expression, **values: evaluate("review/box_geometry.js", expression, size=SIZE, box=BOX, **values)


@pytest.fixture
def edited(run_js):
    """edited(steps): the edit of BOX after some calls of box_edit.js, and whether there is anything to save."""
    body = """
      let edit = m.begin(v.box, "cell", v.size);
      for (const [name, ...rest] of v.steps) edit = m[name](edit, ...rest);
      return { ...edit, hasChanged: m.hasChanged(edit), words: m.measured(edit) };
    """
    return lambda steps, box=BOX: run_js("review/box_edit.js", body, steps=steps, box=box, size=SIZE)


def test_a_press_takes_the_corner_then_the_edge_then_the_inside(geometry):
    points = [[21, 19], [40, 21], [60, 50], [59, 35], [40, 35], [70, 35], [20, 49]]
    found = geometry("v.points.map((point) => m.handleAt(v.box, point, 3))", points=points)
    assert found == ["nw", "n", "se", "e", "move", None, "sw"]


def test_each_side_of_a_box_smaller_than_the_reach_can_be_taken(geometry):
    found = geometry("[[10, 10], [12, 12], [10.4, 12]].map((p) => m.handleAt([10, 10, 12, 12], p, 5))")
    assert found == ["nw", "se", "sw"]


@pytest.mark.parametrize(
    ("handle", "by", "box"),
    [
        ("se", (5.4, -3.6), [20, 20, 65, 46]), ("n", (7, 5), [20, 25, 60, 50]), ("w", (50, 0), [60, 20, 70, 50]),
        ("e", (90, 0), [20, 20, 100, 50]), ("move", (5, 5), [25, 25, 65, 55]), ("move", (90, -90), [60, 0, 100, 30]),
        ("s", (0, -30), [20, 20, 60, 21]),
    ],
)  # fmt: skip
def test_dragging_keeps_the_box_inside_and_at_least_a_pixel_large(geometry, handle, by, box):
    assert geometry("m.dragged(v.box, v.handle, ...v.by, v.size)", handle=handle, by=by) == box


def test_sides_that_are_not_dragged_keep_their_fractions(geometry):
    assert geometry("m.dragged([1.25, 2.5, 30.75, 40.5], 'e', 2, 9, v.size)") == [1.25, 2.5, 33, 40.5]


def test_a_box_is_drawn_from_any_corner(geometry):
    found = geometry("[m.drawn([50.2, 40.7], [10.1, 20], v.size), m.drawn([99.9, 5], [140, -3], v.size)]")
    assert found == [[10, 20, 50, 41], [99, 0, 100, 5]]


def test_overlap_of_boxes_by_hand(geometry):
    assert geometry("[m.iou(v.box, v.box), m.iou([0,0,2,2],[1,0,3,2]), m.iou([0,0,1,1],[1,0,2,1])]") == [1, 1 / 3, 0]


def test_the_whole_image_is_centred_and_a_close_view_has_context(geometry):
    assert geometry("m.whole(v.size, 2)") == {"x": -30, "y": 0, "w": 160, "h": 80}
    view = geometry("m.close([[40, 40, 44, 44]], { width: 1000, height: 1000 }, 1)")
    assert view["w"] == view["h"] == 4 + 2 * 24
    assert (view["x"], view["y"]) == (16, 16)


def test_zooming_keeps_the_point_under_the_pointer_and_never_leaves_the_whole(geometry):
    found = geometry("m.zoomed({ x: 0, y: 0, w: 100, h: 50 }, [20, 10], 0.5, v.size, 2)")
    assert found == {"x": 10, "y": 5, "w": 50, "h": 25}
    assert geometry("m.zoomed({ x: 0, y: 0, w: 100, h: 50 }, [20, 10], 9, v.size, 2)") == geometry("m.whole(v.size, 2)")


def test_a_drag_moves_what_was_pressed_and_is_one_step(edited):
    found = edited([["pressed", [60, 50], 3], ["moved", [62, 51]], ["moved", [70, 60]], ["released"]])
    assert (found["box"], found["handle"], found["steps"], found["gesture"]) == ([20, 20, 70, 60], "se", [BOX], None)
    assert found["hasChanged"]
    assert found["words"] == "50 × 40 px, IoU .60 with the box before"


def test_a_press_outside_draws_another_box(edited):
    assert edited([["pressed", [80, 60], 3], ["moved", [95, 75]], ["released"]])["box"] == [80, 60, 95, 75]


def test_a_drag_that_is_broken_off_leaves_the_box(edited):
    found = edited([["pressed", [60, 50], 3], ["moved", [70, 60]], ["released", True]])
    assert (found["box"], found["hasChanged"]) == (BOX, False)


def test_arrows_move_the_box_or_the_marked_edge_and_steps_are_taken_back(edited):
    assert edited([["nudged", 1, -10]])["box"] == [21, 10, 61, 40]
    assert edited([["turned", 1], ["nudged", 1, 1]])["box"] == [21, 21, 60, 50]  # the first corner: top left
    assert edited([["nudged", 1, 0], ["nudged", 1, 0], ["undone"]])["box"] == [21, 20, 61, 50]


def test_a_box_that_is_to_be_drawn_is_empty_until_it_is(edited):
    assert not edited([["nudged", 1, 0]], box=None)["hasChanged"]
    found = edited([["pressed", [10, 10], 3], ["moved", [30, 40]], ["released"], ["nudged", 0, 5]], box=None)
    assert (found["box"], found["hasChanged"]) == ([10, 15, 30, 45], True)


@pytest.mark.parametrize("label", ["WBC", "a [1, 2, 3, 4]", "two words"])
def test_the_browser_and_the_server_write_and_read_the_same_text(evaluate, label):
    box, drawn = [1, 2.5, 30.25, 40], [1, 2.5, 30.2461328, 40.0012]
    text = evaluate("review/box_text.js", "m.written(v.label, v.box)", label=label, box=drawn)
    assert text == box_text.written(label, drawn)
    assert box_text.read(text) == (label, tuple(box))
    assert evaluate("review/box_text.js", "m.read(v.text)", text=box_text.written(label, box)) == {
        "label": label, "box": box}  # fmt: skip


@pytest.mark.parametrize("text", ["", "WBC", "WBC [1, 2, 3]", "WBC [1, 2, 3, x]", None])
def test_what_is_no_box_is_none(evaluate, text):
    assert evaluate("review/box_text.js", "m.read(v.text)", text=text) is None


def asked(evaluate, events, mode, **desk):
    usual = {"mode": mode, "verdicts": [], "isEmpty": True, "isInput": False, "hasBoxes": True}
    expression = "v.events.map((event) => m.request(event, { ...v.desk, keys: new Map() }))"
    return evaluate("review/key_requests.js", expression, events=events, desk={**usual, **desk})


def test_while_a_box_is_drawn_arrows_move_it_and_no_key_judges(evaluate):
    events = [{"key": "ArrowLeft"}, {"key": "ArrowDown", "shiftKey": True}, {"key": "ArrowUp", "repeat": True},
              {"key": "Enter"}, {"key": "Escape"}, {"key": "Tab"}, {"key": "Tab", "shiftKey": True}, {"key": "Delete"},
              {"key": "1"}, {"key": "n"}, {"key": "b"}, {"key": "z", "ctrlKey": True}]  # fmt: skip
    assert asked(evaluate, events, "edit") == [
        ["nudge", [-1, 0]], ["nudge", [0, 10]], ["nudge", [0, -1]], ["save"], ["cancel"], ["turn", 1], ["turn", -1],
        ["remove object"], ["nothing"], ["nothing"], ["nothing"], ["undo"],
    ]  # fmt: skip


def test_keys_of_boxes_mean_nothing_where_there_are_none(evaluate):
    events = [{"key": "a"}, {"key": "z"}, {"key": "o"}]
    assert asked(evaluate, events, "plain") == [["add object"], ["close"], ["others"]]
    assert asked(evaluate, events, "plain", hasBoxes=False) == [None] * 3


SCENE = {
    "part": "a#g1",
    "added": [],
    "boxes": [
        {"id": "a#g1", "given": [0, 0, 9, 9], "predicted": [1, 1, 9, 9], "outcome": "right", "is_unsure": True},
        {"id": "a#g2", "given": [20, 0, 29, 9], "predicted": [21, 1, 29, 9], "outcome": "wrong", "is_unsure": True},
        {"id": "a#p3", "given": None, "predicted": [40, 0, 49, 9], "outcome": "wrong", "is_unsure": True},
        {"id": "a#p4", "given": None, "predicted": [60, 0, 69, 9], "outcome": "wrong", "is_unsure": False},
    ],
}


def test_of_the_other_boxes_unsure_predictions_are_drawn_only_when_asked_for(evaluate):
    others = "m.othersOf(v.scene, { hasOthers: true, hasUnsure: v.all }).map((one) => [one.id, one.predicted !== null])"
    few = evaluate("review/stage_shapes.js", others, scene=SCENE, all=False)
    assert few == [["a#g2", False], ["a#p4", True]]
    every = evaluate("review/stage_shapes.js", others, scene=SCENE, all=True)
    assert every == [["a#g2", True], ["a#p3", True], ["a#p4", True]]
    assert evaluate("review/stage_shapes.js", "m.unsureOf(v.scene)", scene=SCENE) == 2
    none = "m.othersOf(v.scene, { hasOthers: false, hasUnsure: true }).length"
    assert evaluate("review/stage_shapes.js", none, scene=SCENE) == 0
