"""The legend of the map: which names get a colour, and what a click on a colour filters."""

import pytest

NAMES = [f"c{code:02}" for code in range(30)]

BUS = """
  const errors = v.errors, n = v.values.length;
  const columns = {
    label: { name: "label", kind: "category", names: v.names, values: v.values },
    is_correct: { kind: "bool", names: ["false", "true"], values: errors.map((one) => 1 - one) },
  };
  const bus = { n, filter: { all: [] }, inFilter: new Uint8Array(n).fill(1), column: (name) => columns[name] };
"""


def test_the_colours_go_to_the_classes_with_errors_of_a_column_with_many(run_js):
    values = [code for code in range(30) for _ in range(3)]
    errors = [int(code >= 18) for code in values]
    codes = run_js(
        "explorer/name_colours.js",
        BUS + "return m.colouredNames(bus, columns.label);",
        names=NAMES,
        values=values,
        errors=errors,
    )
    assert sorted(codes) == list(range(18, 30))


def test_a_filter_moves_colours_to_what_it_leaves_and_the_rest_keep_theirs(run_js):
    values = [code for code in range(30) for _ in range(3)]
    body = """
      const first = [...m.colouredNames(bus, columns.label)];
      bus.filter = { all: [{ column: "label", in: ["c10"] }] };
      bus.inFilter = Uint8Array.from(v.values, (code) => (code >= 10 ? 1 : 0));
      return [first, m.colouredNames(bus, columns.label)];
    """
    first, second = run_js("explorer/name_colours.js", BUS + body, names=NAMES, values=values, errors=[1] * 90)
    assert sorted(first) == list(range(12))
    assert sorted(second) == list(range(10, 22))
    assert [second.index(code) for code in (10, 11)] == [first.index(code) for code in (10, 11)]


def test_a_few_names_keep_the_order_of_the_classes(run_js):
    codes = run_js(
        "explorer/name_colours.js",
        BUS + "return m.colouredNames(bus, columns.label);",
        names=["b", "a"],
        values=[0, 1, 1],
        errors=[0, 1, 1],
    )
    assert codes == [0, 1]


@pytest.mark.parametrize(
    ("clause", "name", "wanted"),
    [
        (None, "a", {"column": "label", "in": ["a"]}),
        ({"column": "label", "in": ["a"]}, "b", {"column": "label", "in": ["a", "b"]}),
        ({"column": "label", "in": ["a"]}, "a", None),
        ({"not": {"column": "label", "in": ["a"]}}, "b", {"column": "label", "in": ["b"]}),
    ],
)
def test_a_key_filters_by_its_name_and_takes_it_out_again(evaluate, clause, name, wanted):
    expression = "m.toggled(v.clause, { name: 'label', isBool: false }, v.name)"
    assert evaluate("explorer/legend.js", expression, clause=clause, name=name) == wanted


def test_a_key_of_true_and_false_filters_by_the_values(evaluate):
    expression = "m.toggled(null, { name: 'is_correct', isBool: true }, 'false')"
    assert evaluate("explorer/legend.js", expression) == {"column": "is_correct", "in": [False]}


@pytest.mark.parametrize(
    ("at", "clause", "is_adding", "wanted"),
    [
        (0, None, False, (None, 1)),
        (2, None, False, (2, 3)),
        (4, None, False, (4, None)),
        (2, {"min": 2, "max": 3}, False, None),
        (3, {"min": 1, "max": 2}, True, (1, 4)),
        (4, {"min": None, "max": 1}, True, None),
    ],
)
def test_a_step_of_the_ramp_filters_by_its_range_and_the_ends_are_open(evaluate, at, clause, is_adding, wanted):
    found = evaluate(
        "explorer/legend.js",
        "m.stepClause({ name: 'loss', low: 0, high: 5, colours: [1, 2, 3, 4, 5] }, v.at, v.clause, v.adding)",
        at=at,
        clause=clause,
        adding=is_adding,
    )
    assert (found and (found["min"], found["max"])) == wanted


@pytest.mark.parametrize(
    ("column", "text", "is_bool", "wanted"),
    [
        ("is_correct", "true", True, "correct"),
        ("night", "false", True, "no"),
        ("label", "true", False, "true"),
        ("reason", "suspect_label", False, "suspect label"),
        ("label", "big_cat", False, "big_cat"),
    ],
)
def test_names_are_shown_in_the_words_of_the_filters(evaluate, column, text, is_bool, wanted):
    expression = "m.shownName(v.column, v.text, v.isBool)"
    assert evaluate("explorer/shown_name.js", expression, column=column, text=text, isBool=is_bool) == wanted


def test_colours_that_were_given_before_the_rows_of_a_filter_were_known_are_given_again(run_js):
    body = """
      bus.counts = { filter: 90 };
      bus.filter = { all: [{ column: "text", contains: "fox" }] }; // the server still looks for its rows
      const first = [...m.colouredNames(bus, columns.label)];
      bus.inFilter = Uint8Array.from(v.values, (code) => (code >= 18 ? 1 : 0));
      bus.counts = { filter: 36 };
      return [first, m.colouredNames(bus, columns.label)];
    """
    values = [code for code in range(30) for _ in range(3)]
    first, second = run_js("explorer/name_colours.js", BUS + body, names=NAMES, values=values, errors=[1] * 90)
    assert sorted(first) == list(range(12))
    assert sorted(second) == list(range(18, 30))
