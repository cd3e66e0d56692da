"""Explore's state machines and layouts, run by node: gestures, messages to Python, the matrix, the tables of a plot."""

import numpy as np
import pytest

# --- gestures ---

ONE, TWO = {"count": 1}, {"count": 2}
DRAG = """
  const heard = [];
  const calls = Object.fromEntries(["hover", "drag", "end", "click", "double", "cancel"].map((name) => [name, (one) =>
    heard.push(Array.isArray(one) ? `${name} ${one.length}` : name)]));
  const machine = m.makeDrag(calls);
  const at = (x, time = 0, more = {}) => ({ id: 1, x, y: 0, time, button: 0, buttons: 1, isPrimary: true, ...more });
  for (const [what, ...rest] of v.steps) machine[what](...(what === "cancel" ? rest : [at(...rest)]));
  return [heard, machine.state()];
"""


@pytest.mark.parametrize(
    ("steps", "heard"),
    [
        ([["move", 5]], ["hover"]),
        ([["down", 0], ["move", 3], ["up", 3]], ["click"]),
        ([["down", 0], ["move", 9], ["up", 9]], ["drag 2", "end 2"]),
        ([["down", 0], ["up", 0, 10], ["down", 0, 90], ["up", 0, 100]], ["click", "double"]),
        ([["down", 0], ["up", 0, 10], ["down", 0, 900], ["up", 0, 900]], ["click", "click"]),
        ([["down", 0], ["up", 0, 10], ["down", 50, 90], ["up", 50, 100]], ["click", "click"]),
        ([["down", 0], ["up", 0, 0, ONE], ["down", 0, 900], ["up", 0, 950, TWO]], ["click", "double"]),
        ([["down", 0], ["up", 0, 0, ONE], ["down", 0, 90], ["up", 0, 95, ONE]], ["click", "click"]),
        ([["down", 0], ["up", 0, 0, ONE], ["down", 50, 90], ["up", 50, 95, TWO]], ["click", "click"]),
    ],
    ids=[
        "hover",
        "click",
        "drag",
        "double click",
        "two slow clicks",
        "two clicks apart",
        "a double click of a slow hand",
        "two clicks as the browser counts",
        "a double click that moved",
    ],
)
def test_a_pointer_that_clicks_double_clicks_and_drags(run_js, steps, heard):
    assert run_js("shared/drag.js", DRAG, steps=steps) == [heard, "idle"]


def clicks(count):
    return [step for k in range(count) for step in (["down", 0, 20 * k], ["up", 0, 20 * k + 10])]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_drag_after_any_number_of_clicks_is_a_drag(run_js, count):
    steps = [*clicks(count), ["down", 0, 90], ["move", 20, 95], ["up", 20, 99]]
    assert run_js("shared/drag.js", DRAG, steps=steps)[0] == ["click", "double", "drag 2", "end 2"]


@pytest.mark.parametrize("is_up", [True, False])
def test_a_drag_that_is_broken_off_ends_nothing_and_the_next_one_works(run_js, is_up):
    """is_up: the pointer was lost; else Escape was pressed while the button stays down."""
    steps = [["down", 0], ["move", 20], ["cancel", is_up], ["move", 40], ["up", 40]]
    heard, state = run_js("shared/drag.js", DRAG, steps=[*steps, ["down", 0], ["move", 20], ["up", 20]])
    assert [one for one in heard if one != "hover"] == ["drag 2", "cancel", "drag 2", "end 2"]
    assert state == "idle"


def test_a_button_that_went_up_outside_of_the_window_ends_the_drag_where_it_was(run_js):
    steps = [["down", 0], ["move", 20], ["move", 70, 0, {"buttons": 0}], ["move", 80, 0, {"buttons": 0}]]
    assert run_js("shared/drag.js", DRAG, steps=steps) == [["drag 2", "end 2", "hover"], "idle"]


@pytest.mark.parametrize("more", [{"button": 2}, {"isPrimary": False}, {"button": 1}])
def test_other_buttons_and_second_fingers_do_not_drag(run_js, more):
    assert run_js("shared/drag.js", DRAG, steps=[["down", 0, 0, more], ["up", 0, 0, more]]) == [[], "idle"]


def test_a_second_finger_does_not_disturb_the_first(run_js):
    other = {"id": 2, "isPrimary": False}
    steps = [
        ["down", 0],
        ["down", 90, 0, other],
        ["move", 95, 0, other],
        ["move", 20],
        ["up", 95, 0, other],
        ["up", 20],
    ]
    assert run_js("shared/drag.js", DRAG, steps=steps) == [["drag 2", "end 2"], "idle"]


# --- messages to Python ---

COURIER = """
  const sent = [], alarms = new Map();
  let now = 0, next = 1, isBusy = false;
  const set = (action, ms) => (alarms.set(next, [now + ms, action]), next++),
    clock = { set, clear: (id) => alarms.delete(id) };
  const courier = m.makeCourier((one) => sent.push([one.what, one.sequence]), { clock, isBusy: () => isBusy });
  const wait = (ms) => {
    for (const end = now + ms; ; ) {
      const [id, [at, action]] = [...alarms].sort((a, b) => a[1][0] - b[1][0])[0] ?? [0, [Infinity]];
      if (at > end) return (now = end);
      now = at;
      alarms.delete(id);
      action();
    }
  };
"""


def test_of_many_changes_the_last_is_told_once_and_acknowledged(run_js):
    body = """for (const what of "abc") courier.put({ what });
      wait(100); const before = courier.isSettled(); courier.acknowledge(1); wait(99999);
      return [sent, before, courier.isSettled()];"""
    assert run_js("shared/courier.js", COURIER + body) == [[["c", 1]], False, True]


def test_what_is_not_answered_is_told_again_with_longer_waits(run_js):
    assert run_js("shared/courier.js", COURIER + """courier.now({ what: "a" }); wait(10000); return sent;""") == [
        ["a", 1], ["a", 2], ["a", 3],
    ]  # fmt: skip


def test_nothing_is_told_again_while_python_works(run_js):
    body = """courier.now({ what: "a" }); isBusy = true; wait(60000); const meanwhile = sent.length;
      isBusy = false; wait(2000); return [meanwhile, sent.length];"""
    assert run_js("shared/courier.js", COURIER + body) == [1, 2]


def test_an_older_answer_does_not_settle_a_newer_message(run_js):
    body = """courier.now({ what: "a" }); courier.now({ what: "b" }); courier.acknowledge(1);
      return [courier.isSettled(), (courier.acknowledge(2), courier.isSettled())];"""
    assert run_js("shared/courier.js", COURIER + body) == [False, True]


def test_numbers_go_on_after_those_of_an_earlier_page_and_the_last_change_leaves_with_the_page(run_js):
    body = """courier.acknowledge(7); courier.put({ what: "a" }); courier.end(); courier.put({ what: "b" });
      wait(99999); return sent;"""
    assert run_js("shared/courier.js", COURIER + body) == [["a", 8]]


# --- rules ---

DESCRIBED = {"loss": {"kind": "number"}, "label": {"kind": "category", "names": ["cat", "dog"]}}
CATS = {"column": "label", "in": ["cat"]}


@pytest.mark.parametrize(
    ("clause", "left"),
    [
        (CATS, CATS),
        ({"column": "label", "in": ["cat", "owl"]}, CATS),
        ({"column": "label", "in": ["owl"]}, None),
        ({"not": {"column": "label", "in": ["owl"]}}, None),
        ({"column": "gone", "min": 1, "max": None}, None),
        ({"column": "label", "min": 1, "max": None}, None),
        ({"polygon": {"x": "loss", "y": "gone", "points": []}}, None),
        ({"column": "text", "contains": "x"}, {"column": "text", "contains": "x"}),
        ({"tag": ["my own"]}, {"tag": ["my own"]}),
        ({"column": "text", "word": "x"}, {"column": "text", "word": "x"}),
        ({"near": {"id": "e1", "k": 9}}, {"near": {"id": "e1", "k": 9}}),
        ({"rows": ["e1"]}, {"rows": ["e1"]}),
        ({"column": "label", "in": [None]}, {"column": "label", "in": [None]}),
    ],
)
def test_a_rule_of_another_run_keeps_what_this_run_has(run_js, clause, left):
    kept = {"column": "loss", "min": 0, "max": 1}
    found = run_js("shared/rules.js", "return m.fitted({ all: [v.clause, v.kept] }, v.described);",
                   clause=clause, kept=kept, described=DESCRIBED)  # fmt: skip
    assert found["rule"]["all"] == ([kept] if left is None else [left, kept])
    assert found["dropped"] == ([] if left == clause else [clause])


# --- the matrix ---


def test_confusions_are_a_crosstab_and_rows_without_a_label_are_left_out(run_js):
    given, predicted, mask = [0, 0, 1, 1, 2, 255], [0, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 1]
    body = """const column = (values) => ({ names: ["a", "b", "c"], values });
      const found = m.confusions(column(v.given), column(v.predicted), v.mask, ["b", "a", "c"]);
      return [found.cells, [...found.support], [...found.right], found.at(1, 0), m.worst(found, 9)];"""
    cells, support, right, one, worst = run_js(
        "explorer/confusion.js", body, given=given, predicted=predicted, mask=mask
    )
    assert sorted(cells) == [[0, 0, 2], [1, 0, 1], [1, 1, 1]]
    assert (support, right, one, worst) == ([2, 2, 0], [2, 1, 0], 1, [[1, 0, 1]])


def test_where_parts_may_lack_a_box_the_last_class_of_the_matrix_is_none(run_js):
    """255 is a missing value: a missed box, then a box where nothing is given."""
    body = """const column = (values) => ({ names: ["a", "b"], values });
      const found = m.confusions(column([0, 0, 255]), column([0, 255, 1]), [1, 1, 1], ["a", "b", "none"], true);
      return [found.cells, [...found.support]];"""
    cells, support = run_js("explorer/confusion.js", body)
    assert (sorted(cells), support) == ([[0, 0, 1], [0, 2, 1], [2, 1, 1]], [2, 0, 1])


@pytest.mark.parametrize(("correct", "is_right"), [(1, True), (0, False)])
def test_a_tile_is_right_where_its_run_says_so_although_the_classes_agree(run_js, correct, is_right):
    """A mislocated box has the right class, and is wrong."""
    body = """const columns = {
        label: { names: ["a"], values: [0] }, predicted: { names: ["a"], values: [0] },
        is_correct: { names: ["false", "true"], values: [v.correct] } };
      return m.said({ column: (name) => columns[name], rows: "boxes" }, 0);"""
    found = run_js("explorer/pair.js", body, correct=correct)
    assert found == {"given": "a", "predicted": "a", "isRight": is_right}


@pytest.mark.parametrize(
    ("partly", "error", "is_partly"),
    [("some differ", 0.25, True), ("some differ", 0, False), ("some differ", 0.5, False), ("", 0.25, False)],
)
def test_a_set_that_differs_a_little_has_no_tick(run_js, partly, error, is_partly):
    body = """const columns = {
        label: { names: ["a", "a|b"], values: [0] }, predicted: { names: ["a", "a|b"], values: [1] },
        error: { names: [], values: [v.error] } };
      const valueOf = (name, row) => columns[name]?.values[row];
      return m.said({ column: (name) => columns[name], valueOf, rows: "examples", partly: v.partly }, 0);"""
    found = run_js("explorer/pair.js", body, partly=partly, error=error)
    assert (found["isPartly"], found["isRight"]) == (is_partly, error < 0.5)


def test_three_thousand_classes_are_counted_without_a_full_table(run_js):
    body = """const names = Array.from({ length: 3000 }, (_, k) => `c${k}`), values = names.map((_, k) => k);
      const turned = { names, values: values.map((k) => (k + 1) % 3000) };
      const found = m.confusions({ names, values }, turned, values.map(() => 1), names);
      return [found.cells.length, found.at(5, 6), found.at(6, 5)];"""
    assert run_js("explorer/confusion.js", body) == [3000, 1, 0]


@pytest.mark.parametrize(
    ("order", "wanted"),
    [("class", [0, 1, 2, 3]), ("support", [3, 0, 1, 2]), ("error", [1, 0, 3, 2]), ("name", [3, 2, 1, 0])],
)
def test_the_orders_of_the_classes(run_js, order, wanted):
    found = {"size": 4, "support": [4, 2, 0, 9], "right": [3, 1, 0, 9], "cells": []}
    body = "return m.ordered(v.found, ['d', 'c', 'b', 'a'], v.order);"
    assert run_js("explorer/confusion.js", body, found=found, order=order) == wanted


def test_classes_that_are_confused_stand_side_by_side(run_js):
    found = {"size": 6, "cells": [[0, 5, 9], [5, 3, 4], [1, 4, 2], [2, 2, 99]]}
    order = run_js("explorer/confusion.js", "return m.ordered(v.found, [], 'block');", found=found)
    assert sorted(order) == list(range(6))
    assert order[:3] in ([0, 5, 3], [3, 5, 0])
    assert abs(order.index(1) - order.index(4)) == 1


LAYOUT = """const names = Array.from({ length: v.count }, (_, k) => `class number ${k}`), seen = m.home(v.count);
  const plot = m.layout(names, v.width, v.height, (text) => 6 * text.length, seen);
"""


def test_cells_at_the_edge_of_a_matrix_keep_their_numbers_at_any_width(run_js):
    body = """const blank = [], k = 10, names = Array.from({ length: k }, (_, a) => `class ${a}`), seen = m.home(k);
      const { cellsOf } = await load("explorer/matrix_paint.js");
      const cells = names.flatMap((_, a) => names.map((_, b) => [a, b, 12])), support = names.map(() => 120);
      for (let width = 500; width < 900; width++) {
        const plot = m.layout(names, width, 400, (text) => 6 * text.length, seen);
        const drawn = cellsOf({ cells, support }, names.map((_, a) => a), plot, seen, { isDark: false }, false);
        if (drawn.some((one) => one.text !== "12")) blank.push(width);
      }
      return blank;"""
    assert run_js("explorer/matrix_layout.js", body) == []


@pytest.mark.parametrize("count", [1, 3, 25, 150, 1000, 5000])
@pytest.mark.parametrize(("width", "height"), [(400, 320), (1400, 1000)])
def test_a_matrix_fills_its_place_and_its_names_do_not_touch(run_js, count, width, height):
    plot = run_js("explorer/matrix_layout.js", LAYOUT + "return plot;", count=count, width=width, height=height)
    assert plot["width"] > width * 0.5
    assert plot["height"] > height * 0.4
    np.testing.assert_allclose([plot["cell"][0] * count, plot["cell"][1] * count], [plot["width"], plot["height"]])
    for names, cell in ((plot["rows"], plot["cell"][1]), (plot["columns"], plot["cell"][0])):
        assert names[0] == 0
        assert count < 2 or len(names) > 1
        assert np.all(np.diff(names) * cell >= 14 - 1e-9)
    assert min(plot["spot"]) >= 3
    assert plot["gap"] == (1 if min(plot["cell"]) >= 7 else 0)


@pytest.mark.parametrize("count", [4, 150, 1000])
def test_the_middle_of_each_cell_is_that_cell(run_js, count):
    body = """const at = (k) => [plot.left + (k + 0.5) * plot.cell[0], plot.top + (k + 0.5) * plot.cell[1]];
      return [0, 1, v.count - 1].map((k) => m.cellAt(plot, seen, v.count, at(k)[0], at(0)[1]));"""
    found = run_js("explorer/matrix_layout.js", LAYOUT + body, count=count, width=900, height=700)
    assert found == [{"row": 0, "column": 0}, {"row": 0, "column": 1}, {"row": 0, "column": count - 1}]


def test_a_click_on_a_thinned_name_is_its_class_and_elsewhere_is_nothing(run_js):
    body = """const y = (k) => plot.top + (k + 0.5) * plot.cell[1], x = (k) => plot.left + (k + 0.5) * plot.cell[0];
      const named = plot.rows[1], foot = plot.top + plot.height + 9;
      return [named, m.cellAt(plot, seen, 1000, 20, y(named) + 5), m.cellAt(plot, seen, 1000, x(plot.columns[2]), foot),
        plot.columns[2], m.cellAt(plot, seen, 1000, 20, foot)];"""
    named, row, column, second, nothing = run_js(
        "explorer/matrix_layout.js", LAYOUT + body, count=1000, width=900, height=700
    )
    assert (row, column, nothing) == ({"row": named}, {"column": second}, None)


def test_zoom_keeps_its_place_and_stays_within_the_matrix(run_js):
    body = """const once = m.zoomed(m.home(100), 100, [50, 20], 0.5), out = m.zoomed(once, 100, [0, 0], 99);
      return [once, out, m.moved(once, 100, [900, -900]), m.zoomed(m.home(100), 100, [0, 0], 1e-9).span];"""
    assert run_js("explorer/matrix_layout.js", body) == [
        {"x": 25, "y": 10, "span": 50}, {"x": 0, "y": 0, "span": 100}, {"x": 50, "y": 0, "span": 50}, 4,
    ]  # fmt: skip


# --- what a file holds ---

BUS = """const number = (values) => ({ kind: "number", values }), bus = { selected: [0, 1], column: (name) => ({
    variability: number([0.1, 0.2]), confidence_mean: number([0.9, 0.3]), loss: number([5, 6]), margin: number([7, 8]),
    label: { kind: "category", names: ["cat"], values: [0, 255] } })[name] };
"""


@pytest.mark.parametrize(
    ("view", "table"),
    [
        (
            {"mode": "data", "colour": "label"},
            [["id", "variability", "confidence_mean", "label", "selected"],
             [["a", 0.1, 0.9, "cat", "false"], ["b", 0.2, 0.3, "", "true"]]],
        ),
        (
            {"mode": "scores", "x": "loss", "y": "margin", "colour": "loss"},
            [["id", "loss", "margin", "selected"], [["a", 5, 7, "false"], ["b", 6, 8, "true"]]],
        ),
    ],
)  # fmt: skip
def test_the_table_of_a_map_holds_the_columns_on_its_axes_as_they_are_drawn(run_js, view, table):
    found = run_js("explorer/colouring.js", BUS + "return m.mapTable(bus, v.view, [0, 1], ['a', 'b']);", view=view)
    assert found == table


def test_no_axis_of_a_map_is_turned(run_js):
    axes = run_js("explorer/colouring.js", "return m.axesOf({ mode: 'data' });")
    assert (axes["x"], axes["y"]) == ("variability", "confidence_mean")
    assert [text for text, _, y, *_ in axes["regions"] if y > 0.9] == ["hard: never learned"]


@pytest.mark.parametrize(("is_rates", "row"), [(False, "b,1,3"), (True, "b,0.25,0.75")])
def test_the_table_of_a_matrix_holds_what_its_cells_show(run_js, is_rates, row):
    body = """const found = { support: [0, 4], at: (a, b) => (a ? [1, 3][b] : 0) };
      return m.matrixCsv(found, [1, 0].reverse(), ["a", "b"], v.is_rates);"""
    lines = run_js("explorer/matrix.js", body, is_rates=is_rates).splitlines()
    assert lines == ["given \\ predicted,a,b", "a,0,0", row]


# --- the histogram ---

LOSS = {"values": [0, 0.01, 0.1, 1], "is_log": True, "unit": "nats"}


def test_a_log_axis_places_zeros_in_its_first_bin_and_the_largest_in_its_last(run_js):
    body = """const scale = m.scaleOf({ ...v.column, values: Float64Array.from(v.column.values) });
      const placed = scale.place(Float64Array.from([0, 0.01, 0.1, 1, NaN, Infinity]));
      const { histogram } = await load("shared/numbers.js");
      return [[...histogram(placed, scale.grid)], scale.value(scale.grid.low), scale.value(scale.grid.high)];"""
    counts, low, high = run_js("explorer/scale.js", body, column=LOSS)
    assert (counts[0], counts[25], counts[-1], sum(counts)) == (2, 1, 1, 4)
    np.testing.assert_allclose([low, high], [0.01, 1])


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [(-1, -0.5, [0.1, 0.3162]), (-0.5, -1, [0.1, 0.3162]), (-2, -1, [None, 0.1]), (-1, 0, [0.1, None])],
)
def test_a_brush_that_reaches_the_edge_is_open_there(run_js, a, b, wanted):
    body = """const scale = m.scaleOf({ ...v.column, values: Float64Array.from(v.column.values) });
      return m.brushed("loss", scale, v.a, v.b);"""
    found = run_js("explorer/scale.js", body, column=LOSS, a=a, b=b)
    assert [found["min"], found["max"]] == wanted


@pytest.mark.parametrize(
    ("column", "axis"),
    [({"unit": "percentile"}, [0, 100]), ({"unit": "probability"}, [0, 1]), ({"unit": ""}, [2, 3])],
)
def test_percentiles_and_probabilities_are_drawn_over_their_whole_range(run_js, column, axis):
    body = "const { grid } = m.scaleOf({ ...v.column, values: [2, 3] }); return [grid.low, grid.high];"
    np.testing.assert_allclose(run_js("explorer/scale.js", body, column=column), axis)


# --- windows ---

WINDOWS = """const held = new Set(), locks = { request: async (name, _, take) =>
    take(held.has(name) ? null : (held.add(name), {})) };
  const storage = () => { const kept = new Map(v.kept); return { getItem: (k) => kept.get(k) ?? null,
    setItem: (k, one) => kept.set(k, one) }; };
  let made = 0;
  const open = (one) => m.freshId(one, locks, () => `new ${++made}`);
"""


def test_a_window_keeps_its_id_and_a_duplicated_tab_gets_one_of_its_own(run_js):
    body = "return [await open(storage()), await open(storage())];"
    assert run_js("shared/window_id.js", WINDOWS + body, kept=[["hem-window", "old"]]) == ["old", "new 1"]


def test_a_new_window_gets_an_id_and_a_browser_without_locks_or_storage_does_too(run_js):
    body = """const one = storage(), first = await open(one); held.clear();
      return [first, await open(one), await m.freshId(null, null, () => "x")];"""
    assert run_js("shared/window_id.js", WINDOWS + body, kept=[]) == ["new 1", "new 1", "x"]
