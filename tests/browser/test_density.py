"""The density of a map in the page: the answer taken apart, cells as pixels, and what is asked for when."""

import struct

LOOK = {"background": "#ffffff", "out": "#000000", "other": "#808080"}


def test_an_answer_is_taken_apart(run_js):
    head = b'{"kind":"number","total":3,"is_points":false,"parts":[["count","<u2",3,0],["x","<f4",1,8]]}'
    head += b" " * (-len(head) % 4)
    content = struct.pack("<I", len(head)) + head + struct.pack("<3H2xf", 1, 2, 3, 0.5)
    body = """const found = m.answerOf(Uint8Array.from(v.content).buffer);
      return [found.kind, found.total, found.is_points, [...found.count], [...found.x], "parts" in found];"""
    expected = ["number", 3, False, [1, 2, 3], [0.5], False]
    assert run_js("explorer/density_answer.js", body, content=list(content)) == expected


def words(run_js, chosen=None, is_hidden=False, **answer):
    body = """const array = ([name, list]) => [name, Uint16Array.from(list)];
      const typed = Object.fromEntries(Object.entries(v.answer).map(array));
      const palette = [[255, 0, 0], [0, 0, 255], [128, 128, 128]];
      const found = m.cellWords(typed, palette, v.look, { chosen: v.chosen, isHidden: v.isHidden });
      return [...found].map((word) => word && [word & 255, (word >> 8) & 255, (word >> 16) & 255]);"""
    return run_js("explorer/density_paint.js", body, answer=answer, look=LOOK, chosen=chosen, isHidden=is_hidden)


def test_a_cell_has_its_colour_the_stronger_the_more_rows_it_has(run_js):
    one, many, none = words(run_js, count=[1, 100, 0], cell=[0, 0, 255])
    assert (many, none) == ([255, 0, 0], 0)
    assert one[0] == 255
    assert one[1] == one[2] == 255 * 6 // 10


def test_what_is_filtered_out_is_grey_under_the_rest_or_hidden(run_js):
    found = words(run_js, count=[0, 5], cell=[255, 1], out=[1, 1])
    assert found == [[0, 0, 0], [0, 0, 255]]
    assert words(run_js, count=[0, 5], cell=[255, 1], out=[1, 1], is_hidden=True) == [0, [0, 0, 255]]


def test_a_selection_keeps_its_colour_and_the_rest_fades(run_js):
    faded, kept = words(run_js, count=[9, 9], cell=[0, 0], selected_count=[0, 9], selected_cell=[255, 1])
    assert kept == [0, 0, 255]
    assert faded == [255, round(255 * 0.82), round(255 * 0.82)]
    assert words(run_js, count=[9, 9], cell=[0, 0], chosen=[0, 1])[1] == [255, 0, 0]


def test_cells_are_laid_over_the_part_that_the_canvas_shows_by_now(run_js):
    body = """const image = { width: 4, height: 2, data: new Uint8ClampedArray(32) };
      const part = { x0: 0, x1: 2, y0: 0, y1: 1, columns: 2, lines: 1 };
      m.layCells(image, Uint32Array.of(7, 9), part, v.frame);
      return [...new Uint32Array(image.data.buffer)];"""
    same = run_js("explorer/density_paint.js", body, frame={"x0": 0, "x1": 2, "y0": 0, "y1": 1})
    assert same == [7, 7, 9, 9, 7, 7, 9, 9]
    moved = run_js("explorer/density_paint.js", body, frame={"x0": 1, "x1": 3, "y0": 0.5, "y1": 1.5})
    assert moved == [0, 0, 0, 0, 9, 9, 0, 0]


def test_a_lasso_takes_the_cells_whose_middle_lies_in_it(run_js):
    body = """const part = { x0: 0, x1: 2, y0: 0, y1: 2, columns: 2, lines: 2 };
      return [...m.cellsInside(part, [[0, 1], [2, 1], [2, 2], [0, 2]])];"""
    assert run_js("explorer/density_paint.js", body) == [1, 1, 0, 0]


def test_a_share_is_mixed_of_right_and_wrong(run_js):
    body = """const colour = { kind: "names", names: ["false", "true"], colours: ["#ff0000", "#0000ff", "#000000"] };
      const found = m.paletteOf("share", colour, v.look);
      return [found[0], found[125], found[250], found.length];"""
    assert run_js("explorer/density_paint.js", body, look=LOOK) == [[0, 0, 255], [128, 0, 128], [255, 0, 0], 252]


def test_bits_become_a_mask(run_js):
    body = "return [[...m.unpacked([0b10000001, 0, 0b10], 18)], [...m.unpacked([0b101], 3)]];"
    expected = [[1, 0, 0, 0, 0, 0, 0, 1, *[0] * 8, 0, 1], [1, 0, 1]]
    assert run_js("shared/rules.js", body) == expected
    there_and_back = "const mask = [1, 0, 1, 1, 0, 0, 0, 1, 1]; return [...m.unpacked(m.packed(mask), 9)];"
    assert run_js("shared/rules.js", there_and_back) == [1, 0, 1, 1, 0, 0, 0, 1, 1]


SCENE = """
  const element = () => ({ style: {}, dataset: {}, isConnected: true, append() {}, remove() {}, setAttribute() {} });
  globalThis.document = { createElement: element };
  const asked = [], give = [];
  const bus = { filter: { all: [] }, selection: { all: [] }, selected: null, rows: "examples", valueOf: () => undefined,
    density: (request) => { asked.push(request); return new Promise((go) => give.push(go)); } };
  const head = JSON.stringify({ kind: "number", total: 5, is_points: v.isPoints, parts: [["rows", "<u4", 1, 0],
    ["x", "<f4", 1, 4], ["y", "<f4", 1, 8], ["level", "|u1", 1, 12]] }).padEnd(400);
  const buffer = new ArrayBuffer(4 + 400 + 16), view = new DataView(buffer);
  view.setUint32(0, 400, true);
  new Uint8Array(buffer).set(new TextEncoder().encode(head), 4);
  [[0, 7, "setUint32"], [4, 0.5, "setFloat32"], [8, 0.5, "setFloat32"]].forEach(([at, value, how]) =>
    view[how](404 + at, value, true));
  let painted = 0;
  const host = element(), density = m.makeDensity(bus, host, () => { painted++; });
  const canvas = { width: 40, height: 20, getContext: () => ({ putImageData() {},
    createImageData: (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }) }) };
  const look = { background: "#ffffff", out: "#eeeeee", other: "#888888", accent: "#0000ff" };
  const colour = { kind: "number", title: "loss", palette: [[255, 0, 0]], colours: ["#ff0000"] };
  const frame = { x0: 0, x1: 1, y0: 0, y1: 1, width: 40, height: 20, ratio: 1 };
  const axes = { x: "a", y: "b" }, shown = { colour: "loss", score: "loss", hide: false };
  const paint = () => density.paint(canvas, frame, { axes, colour, view: shown, look });
  const turn = () => new Promise((go) => setTimeout(go, 40)); // longer than a moving window rests
  paint(); await turn(); give[0](buffer); await turn(); paint();
"""


def test_a_window_is_asked_for_once_and_again_when_it_has_moved(run_js):
    body = """const before = asked.length;
      paint(); await turn();
      const again = asked.length;
      frame.x0 = -1; paint(); frame.x0 = -2; paint(); await turn();
      return [before, again, asked.map((one) => one.x0), painted, [asked[0].columns, asked[0].lines]];"""
    assert run_js("explorer/density.js", SCENE + body, isPoints=False) == [1, 1, [0, -2], 1, [20, 10]]


def test_a_selection_is_asked_about_in_cells_and_not_in_points(run_js):
    body = """bus.selection = { all: [{ column: "loss", min: 1, max: null }] };
      bus.selected = { 7: 1 };
      paint(); await turn();
      return [asked.length, host.dataset.density];"""
    assert run_js("explorer/density.js", SCENE + body, isPoints=False) == [2, "cells"]
    assert run_js("explorer/density.js", SCENE + body, isPoints=True) == [1, "points"]


def test_a_point_is_found_by_where_it_lies(run_js):
    body = """return [density.rowAt(21, 10, 5, 40, 20), density.rowAt(2, 2, 5, 40, 20), density.at(7, axes, frame),
      density.at(8, axes, frame)];"""
    assert run_js("explorer/density.js", SCENE + body, isPoints=True) == [7, -1, [20, 10], None]
