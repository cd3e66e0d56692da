"""What the pointer lights up on the map, run by node on elements that only remember."""

SCENE = """
  const element = () => ({ style: {}, classes: new Set(), append() {}, replaceChildren() {}, setAttribute() {} });
  globalThis.document = { createElement: element };
  const catcher = element(), hovered = [], asked = [];
  catcher.classList = { toggle: (name, on) => (catcher.isOver = on), remove: () => (catcher.isOver = false) };
  const nothing = (what) => async (rows) => { asked.push([what, rows]); return [null]; };
  const bus = { hover: (row) => hovered.push(row), idsOf: nothing("id"), thumbsOf: nothing("picture"),
    contentsOf: nothing("content"), needValues: async () => {}, hovered: -1 };
  const hover = m.makeHover(bus, element(), catcher, () => ({ score: "loss", margin: { l: 0, t: 0 } }));
  const waiting = new Map(); // the clock stands still: what waits for the pointer to rest is called by `rest`
  globalThis.setTimeout = (call) => { const id = Symbol(); waiting.set(id, call); return id; };
  globalThis.clearTimeout = (id) => waiting.delete(id);
  const rest = () => Promise.all([...waiting.values()].map((call) => call()));
"""


def test_only_a_point_that_the_pointer_rests_on_is_asked_for(run_js):
    body = "hover.over(3, 1, 1); hover.over(5, 2, 2); await rest(); return [hovered, asked, catcher.isOver];"
    of_five = [["id", [5]], ["picture", [5]], ["content", [5]]]
    assert run_js("explorer/map_hover.js", SCENE + body) == [[3, 5], of_five, True]


def test_nothing_is_asked_for_between_points_or_after_the_pointer_left(run_js):
    between = "hover.over(3, 1, 1); hover.over(-1, 2, 2); await rest(); return [hovered, asked, catcher.isOver];"
    assert run_js("explorer/map_hover.js", SCENE + between) == [[3, -1], [], False]
    left = "hover.over(3, 1, 1); hover.leave(); await rest(); return [hovered, asked, catcher.isOver];"
    assert run_js("explorer/map_hover.js", SCENE + left) == [[3, -1], [], False]
