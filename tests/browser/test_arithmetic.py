"""Colours, scales and rules: numbers that a reader can check in the head."""

import pytest

LOOK = """{ steps: ['#000000', '#ffffff'], names: Array.from({ length: 12 }, (_, k) => '#0000' + (16 + k)),
  other: '#777777' }"""
BUS = """{ fixedColours: { c: v.fixed }, n: v.column.values?.length, filter: { all: [] },
  inFilter: v.column.values?.map(() => 1), column: () => v.column.values &&
  ({ ...v.column, values: Float32Array.from(v.column.values, (one) => one ?? NaN) }) }"""


def colouring(evaluate, column, expression, fixed=None):
    return evaluate(
        "explorer/colouring.js",
        f"((found) => {expression})(m.colouring({BUS}, 'c', {LOOK}))",
        column=column,
        fixed=fixed or {},
    )


def test_a_percentile_is_coloured_over_its_whole_range_in_ten_steps(evaluate):
    column = {"kind": "number", "unit": "percentile", "values": [0, 9.9, 10, 55, 100, None], "min": 0, "max": 100}
    found = colouring(evaluate, column, "[found.low, found.high, found.isCut, [...found.level].slice(0, 5)]")
    assert found == [0, 100, False, [0, 0, 1, 5, 9]]


def test_the_outer_percent_of_a_number_is_cut_off_the_colour_scale(evaluate):
    values = [-1000, *range(1, 200), 1000]
    column = {"kind": "number", "unit": "", "values": values, "min": -1000, "max": 1000}
    assert colouring(evaluate, column, "[found.low, found.high, found.isCut]") == [2, 198, True]


def test_a_number_that_is_the_same_everywhere_has_a_scale(evaluate):
    column = {"kind": "number", "unit": "", "values": [3, 3, 3], "min": 3, "max": 3}
    assert colouring(evaluate, column, "[found.low, found.high]") == [3, 3]
    column["values"] = [None, None]
    assert colouring(evaluate, column, "[found.low, found.high]") == [0, 1]


def test_names_have_colours_of_their_own_and_what_is_missing_is_other(evaluate):
    column = {"kind": "category", "names": ["easy", "rare"], "values": [1, 0, 255], "missing": 1}
    found = colouring(evaluate, column, "[[...found.level], found.colours, found.hasOther]", {"rare": "#ff0000"})
    assert found == [[1, 0, 2], ["#000016", "#ff0000", "#777777"], True]


def test_with_more_names_than_colours_the_rare_ones_share_one(evaluate):
    column = {"kind": "category", "names": [f"class {k}" for k in range(14)], "missing": 0}
    column["values"] = [0, 1, *range(2, 14), *range(2, 14)]
    found = colouring(evaluate, column, "[[...found.level].slice(0, 2), found.names, found.hasOther]")
    assert found == [[12, 12], [f"class {k}" for k in range(2, 14)], True]


def test_a_column_that_is_not_here_has_no_colours(evaluate):
    assert colouring(evaluate, {}, "found") is None


@pytest.mark.parametrize(
    ("counts", "is_skewed"),
    [([0, 5, 5, 100], False), ([0, 5, 5, 101], True), ([1000, 1], False), ([], False)],
)
def test_counts_are_skewed_when_one_is_more_than_twenty_times_the_usual(evaluate, counts, is_skewed):
    assert evaluate("explorer/scale.js", "m.isSkewed(v.counts)", counts=counts) is is_skewed


@pytest.mark.parametrize(
    ("low", "high", "wanted", "steps"),
    [(0, 1, 4, [0, 0.25, 0.5, 0.75, 1]), (0, 10, 5, [0, 2, 4, 6, 8, 10]), (3, 3, 5, [3]), (7, 33, 3, [10, 20, 30])],
)
def test_ticks_stand_at_round_numbers(evaluate, low, high, wanted, steps):
    assert evaluate("shared/numbers.js", "m.ticks(v.low, v.high, v.wanted)", low=low, high=high, wanted=wanted) == steps


def test_a_new_clause_replaces_the_one_on_its_column_and_null_removes_it(evaluate):
    body = """((rule) => [m.withClause(rule, "a", { column: "a", min: 2 }), m.withClause(rule, "a", null),
      m.withClause(null, "b", { column: "b", in: ["x"] }), m.clauseOf(rule, "tag")])
      ({ all: [{ not: { column: "a", min: 1 } }, { tag: ["hard"] }] })"""
    tagged = {"tag": ["hard"]}
    assert evaluate("shared/rules.js", body) == [
        {"all": [tagged, {"column": "a", "min": 2}]},
        {"all": [tagged]},
        {"all": [{"column": "b", "in": ["x"]}]},
        tagged,
    ]


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        ({"column": "a", "min": 1, "max": 2}, "A 1 to 2"),
        ({"column": "a", "min": None, "max": 2}, "A up to 2"),
        ({"column": "a", "min": 1, "max": None}, "A from 1"),
        ({"column": "a", "min": None, "max": None}, "A is known"),
        ({"column": "a", "contains": "x"}, "A contains “x”"),
        ({"column": "a", "in": ["x", None]}, "A is x or missing"),
        ({"column": "a", "in": ["1", "2", "3", "4"]}, "A is 1, 2 or 2 more"),
        ({"tag": []}, "no tag"),
        ({"not": {"tag": []}}, "has a tag"),
        ({"not": {"tag": ["hard", "rare"]}}, "not (tagged hard or rare)"),
        ({"rows": ["one"]}, "1 chosen"),
        ({"column": "a", "word": "free"}, "A has the word “free”"),
        ({"column": "a", "words": {"max": 9}}, "A has up to 9 words"),
        ({"near": {"id": "x", "k": 1200}}, "1,200 nearest to x"),
        ({"not": {"near": {"id": "x", "k": 60, "other": True}}}, "not (60 nearest to x with another label)"),
        ({"polygon": {"x": "a", "y": "b", "points": []}}, "lasso on A and B"),
    ],
)
def test_a_clause_in_words(evaluate, clause, words):
    expression = "m.describe(v.clause, (name) => name.toUpperCase(), String)"
    assert evaluate("shared/rules.js", expression, clause=clause) == words


def test_a_missing_clause_inverted_is_still_for_the_server(evaluate):
    store = "{ n: 1, column: () => undefined, rowOf: () => undefined, verdicts: [0], verdictNames: ['hard'] }"
    assert evaluate("shared/rules.js", f"m.clauseMask({{ not: {{ tag: ['mine'] }} }}, {store})") is None
