"""Why this group, facets of the selection, and more like this: what the page computes and asks."""

import pytest

PAGE = """
  const set = [], bus = { filter: v.filter ?? { all: [] }, selection: v.selection ?? { all: [] },
    picks: new Set(v.picks ?? []), idOf: (row) => `id${row}`, set: (change) => set.push(change) };
"""
NIGHT, CAT = {"column": "night", "in": [True]}, {"column": "label", "in": ["cat"]}
LASSO = {"polygon": {"x": "x", "y": "y", "points": [[0, 0], [1, 0], [1, 1]]}}


def done(run_js, body, **values):
    return run_js("explorer/why.js", f"{PAGE} {body}; return set;", **values)


def test_a_statement_becomes_a_filter_and_nothing_stays_selected(run_js):
    found = done(run_js, "m.asFilter(bus, v.rule)", filter={"all": [CAT]}, selection={"all": [LASSO]},
                 rule={"all": [NIGHT, CAT]})  # fmt: skip
    assert found == [{"filter": {"all": [CAT, NIGHT]}, "selection": {"all": []}}]


@pytest.mark.parametrize(
    ("page", "selected"),
    [
        ({"selection": {"all": [LASSO]}}, [LASSO, NIGHT]),
        ({"selection": {"all": [LASSO]}, "picks": [3, 5]}, [{"rows": ["id3", "id5"]}, NIGHT]),
        ({"filter": {"all": [CAT]}}, [NIGHT]),
    ],
)
def test_only_these_inside_the_selection_stay_selected(run_js, page, selected):
    assert done(run_js, "m.narrowed(bus, v.rule)", rule={"all": [NIGHT]}, **page) == [{"selection": {"all": selected}}]


def test_without_a_selection_bars_are_counts_and_with_one_they_are_shares_on_one_scale(evaluate):
    lines = [{"count": 50}, {"count": 25}, {"name": "no tag"}]
    found = evaluate("explorer/filter_chosen.js", "m.barsOfLines(v.lines, { count: 100, chosen: 0 })", lines=lines)
    assert found == [{"bar": 1, "chosen": None}, {"bar": 0.5, "chosen": None}, {"bar": 0, "chosen": None}]
    lines = [{"count": 80, "chosen": 2}, {"count": 20, "chosen": 8}]
    found = evaluate("explorer/filter_chosen.js", "m.barsOfLines(v.lines, { count: 100, chosen: 10 })", lines=lines)
    assert found == [{"bar": 1, "chosen": 0.25}, {"bar": 0.25, "chosen": 1}]


def test_the_selection_is_counted_and_has_a_shape_of_its_own(evaluate):
    found = evaluate(
        "explorer/filter_chosen.js",
        """[[...m.counted([0, 1, 1, 2, 255], [1, 1, 0, 1, 1], 3)], m.counted([0], null, 1),
          m.chosenHeights([0, 1, 1.5, 9], { low: 0, width: 1, count: 3 }, [0, 1, 1, 1]),
          m.chosenHeights([0], { low: 0, width: 1, count: 3 }, null)]""",
    )
    assert found == [[1, 1, 1], None, [0, 1, 0], []]


def test_a_mask_is_of_the_selection_or_the_picks_or_of_nothing(evaluate):
    buses = [{"selected": [1], "picks": []}, {"selected": None, "picks": [3]}, {"selected": None, "picks": []}]
    expression = "v.buses.map((one) => m.chosenMask({ ...one, picks: new Set(one.picks), scope: 'scope' }))"
    assert evaluate("explorer/filter_chosen.js", expression, buses=buses) == ["scope", "scope", None]


NEAR = """
  const said = [], asked = [];
  const bus = { selection: { all: [] }, emit: (name) => said.push(name), say: (one) => said.push(one),
    sorted: () => "by score", valueOf: (_name, row) => [7, 8, 9][row], title: () => "loss" };
  const source = { near: async (clause) => { asked.push(clause); if (clause.id === "gone") throw new Error("no row");
    return { rows: [2, 0], distances: [0, 0.25] }; } };
  Object.assign(bus, m.makeNear(source, v.near, () => bus));
"""


def test_what_is_near_is_in_the_order_of_its_distance_until_another_is_chosen(run_js):
    found = run_js(
        "explorer/near.js",
        f"""{NEAR}
        bus.selection = {{ all: [{{ column: "a" }}, {{ near: {{ id: "c", k: 2 }} }}] }};
        await bus.followNear(); await bus.followNear();
        const near = [[...m.inOrder(bus, {{}})], m.shownNumber(bus, {{}}, 0)];
        bus.orderByDistance(false);
        const other = [m.inOrder(bus, {{}}), m.shownNumber(bus, {{}}, 0), bus.hasDistances()];
        bus.selection = {{ all: [] }};
        await bus.followNear();
        return {{ near, other, asked, said, left: [bus.nearest(), bus.hasDistances()] }};""",
        near={"missing": None, "other": True},
    )
    assert found["near"] == [[2, 0], {"text": "0.25", "title": "cosine distance to c"}]
    assert found["other"] == ["by score", {"text": "7", "title": "loss"}, True]
    assert found["asked"] == [{"id": "c", "k": 2}]
    assert found["said"] == ["near"] * 3
    assert found["left"] == [None, False]


def test_a_row_that_is_not_there_is_said_and_the_order_stays(run_js):
    found = run_js(
        "explorer/near.js",
        f"""{NEAR} bus.selection = {{ all: [{{ near: {{ id: "gone", k: 2 }} }}] }};
        await bus.followNear(); return [said, m.inOrder(bus, {{}})];""",
    )
    assert found == [[{"error": "no row"}, "near"], "by score"]


BUTTONS = """
  const texts = [], set = [];
  globalThis.document = { createElement: (name) => ({ style: {}, setAttribute() {},
    addEventListener(_event, call) { this.call = call; },
    append(...all) { if (name === "button") texts.push([all.join(""), this.call]); } }) };
  Object.assign(bus, { near: { other: false }, set: (change) => set.push(change), ...v.bus });
  await bus.followNear();
  const counts = bus.foundNear();
  m.nearControl(bus);
  texts.forEach(([, call]) => call());
  return { counts, texts: texts.map(([text]) => text), set };
"""
NEAREST = {"near": {"id": "c", "k": 1000}}


@pytest.mark.parametrize(
    ("in_filter", "also", "hidden"),
    [([1, 1, 0], [], 1), ([0, 1, 0], [NIGHT], 2), ([1, 0, 1], [], 0), ([1, 0, 1], [NIGHT], 0)],
    ids=["one hidden", "both hidden", "fewer rows than asked for", "another clause of the selection"],
)
def test_the_filter_can_be_removed_where_it_hides_some_of_the_nearest(run_js, in_filter, also, hidden):
    about = {"inFilter": in_filter, "filter": {"all": [CAT]}, "selection": {"all": [NEAREST, *also]}}
    page = {"counts": {"selected": sum(in_filter)}, **about}
    found = run_js("explorer/near.js", NEAR + BUTTONS, near={"missing": None, "other": False}, bus=page)
    assert found["counts"] == {"n": 2, "hidden": hidden}
    assert found["texts"] == [f"The filter hides {hidden} of the 2 nearest; show them too"][: min(hidden, 1)]
    assert found["set"] == [{"filter": {"all": []}}][: min(hidden, 1)]


def test_near_is_selected_by_id(run_js):
    found = run_js(
        "explorer/near.js",
        """const set = [], idsOf = async (rows) => rows.map((row) => `id${row}`);
        const bus = { idsOf, set: async (one) => set.push(one) };
        await m.selectNear(bus, 4); await m.selectNear(bus, 4, { other: true, k: 20 });
        return set.map(({ selection, picks }) => [selection, picks.size]);""",
    )
    assert found == [
        [{"all": [{"near": {"id": "id4", "k": 60}}]}, 0],
        [{"all": [{"near": {"id": "id4", "k": 20, "other": True}}]}, 0],
    ]


def test_a_neighbour_in_review_has_the_address_of_what_is_like_it(evaluate):
    found = evaluate("review/near.js", "m.exploreNear({ run: 'a b', level: 'boxes' }, 'x#1')")
    assert found.startswith("explore?run=a%20b&level=boxes&selection=%7B%22all%22")
    assert "%22id%22%3A%22x%231%22%2C%22k%22%3A60" in found


def test_words_are_what_a_selection_is_near_to(run_js):
    body = """
      const source = { near: async () => ({ rows: [1, 0], distances: [0.7, 0.8] }) };
      const bus = { selection: v.selection, emit: () => {}, say: () => {} };
      Object.assign(bus, m.makeNear(source, v.near, () => bus));
      await bus.followNear();
      const { describe } = await load("shared/rules.js");
      return [m.shownNumber(bus, {}, 1).title, bus.near.words, describe(v.selection.all[0], String, String)];
    """
    near = {"missing": None, "other": True, "words": True}
    selection = {"all": [{"near": {"words": "a red car", "k": 60}}]}
    found = run_js("explorer/near.js", body, selection=selection, near=near)
    assert found == ["cosine distance to “a red car”", True, "60 nearest to “a red car”"]
