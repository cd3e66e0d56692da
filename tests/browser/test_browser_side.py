"""The browser side's arithmetic, run by node and checked against numpy and the server's own."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from hem_core.store.polygon import inside


@pytest.mark.parametrize("seed", range(5))
def test_a_lasso_holds_the_same_points_in_the_page_and_on_the_server(evaluate, seed):
    rng = np.random.default_rng(seed)
    # coarse values put points on edges and corners, where the two could differ
    x, y = (np.round(rng.normal(size=5000), 1).astype(np.float32) for _ in range(2))
    points = np.round(rng.normal(size=(12, 2)), 1).tolist()
    found = evaluate(
        "shared/rules.js", "[...m.inside(Float32Array.from(v.x), Float32Array.from(v.y), v.points)]",
        x=x.tolist(), y=y.tolist(), points=points,
    )  # fmt: skip
    np.testing.assert_array_equal(np.array(found, bool), inside(x, y, points))


def test_a_straight_lasso_edge_keeps_its_ends_only(evaluate):
    points = [[0, 0], [1, 0.01], [2, 0], [2, 2], [0, 2]]
    assert evaluate("shared/rules.js", "m.simplify(v.points, 0.1)", points=points) == [[0, 0], [2, 0], [2, 2], [0, 2]]


def test_the_page_makes_the_same_cells_of_a_csv_as_python(evaluate):
    cases = json.loads((Path(__file__).parents[1] / "cells.json").read_text("utf-8"))
    assert evaluate("shared/cells.js", "v.cases.map(([text]) => m.safeCell(text))", cases=cases) == [
        cell for _, cell in cases
    ]


def test_a_csv_of_the_page_is_read_back_by_python(evaluate):
    rows = [["=1", 'a "b", c', None, 1.5], ["'x\ny", "", "ok", -2]]
    text = evaluate("shared/cells.js", "m.csv(['id', '@b', 'c', 'd'], v.rows)", rows=rows)
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert found == [["id", "'@b", "c", "d"], ["'=1", 'a "b", c', "", "1.5"], ["''x\ny", "", "ok", "-2"]]


@pytest.mark.parametrize(
    ("clause", "wanted"),
    [
        ({"column": "a", "min": 2, "max": None}, [0, 1, 1, 0]),
        ({"column": "a", "min": None, "max": 2}, [1, 1, 0, 0]),
        ({"not": {"column": "a", "min": 2, "max": 2}}, [1, 0, 1, 1]),
        ({"column": "c", "in": ["y", None]}, [0, 1, 0, 1]),
        ({"tag": ["hard"]}, [0, 1, 0, 0]),
        ({"rows": ["id0", "id3"]}, [1, 0, 0, 1]),
        ({"tag": []}, None),
        ({"tag": ["my own"]}, None),
        ({"rows": ["unknown"]}, None),
        ({"column": "id", "contains": "x"}, None),
        ({"column": "c", "word": "x"}, None),
        ({"column": "c", "words": {"min": 1}}, None),
        ({"near": {"id": "id0", "k": 2}}, None),
    ],
)
def test_clauses_are_resolved_in_the_page_or_left_to_the_server(evaluate, clause, wanted):
    store = """{ n: 4, verdicts: [0, 1, 2, 0], verdictNames: ["hard", "easy"],
      rowOf: (id) => ({ id0: 0, id3: 3 })[id],
      column: (name) => ({ a: { kind: "number", values: Float32Array.from([1, 2, 3, NaN]) },
                           c: { kind: "category", names: ["x", "y"], values: [0, 1, 0, 255] } })[name] }"""
    assert (
        evaluate("shared/rules.js", f"((mask) => mask && [...mask])(m.clauseMask(v.clause, {store}))", clause=clause)
        == wanted
    )


def test_histogram_counts_like_numpy_and_the_last_edge_belongs_to_the_last_bin(evaluate):
    values = [0.0, 0.5, 1.0, 9.99, 10.0, 4.2]
    counts = evaluate(
        "shared/numbers.js", "[...m.histogram(Float64Array.from(v.values), m.bins(0, 10, 5))]", values=values
    )
    assert counts == np.histogram(values, bins=5, range=(0, 10))[0].tolist()


def test_order_puts_missing_last_and_breaks_ties_by_row(evaluate):
    expression = "[...m.order(Float64Array.from(v.values, (one) => one ?? NaN), true)]"
    assert evaluate("shared/numbers.js", expression, values=[1, None, 3, 1, 3]) == [2, 4, 0, 3, 1]


@pytest.mark.parametrize(
    ("value", "text"), [(1797, "1,797"), (97.44, "97.4"), (0.0312, "0.0312"), (0, "0"), (1.5e-6, "1.5e-6")]
)
def test_numbers_read_well(evaluate, value, text):
    assert evaluate("shared/numbers.js", "m.short(v.value)", value=value) == text


def test_the_nearest_point_is_found_within_reach_only(evaluate):
    expression = """((placed) => ((index) => [m.nearest(index, placed, 12, 11, 5), m.nearest(index, placed, 50, 50, 5)])
      (m.grid(placed, [1, 1, 0], 100, 100, 24)))
      ({ px: Int16Array.from([10, 14, 12]), py: Int16Array.from([10, 11, 11]) })"""
    assert evaluate("explorer/raster.js", expression) == [1, -1]


def test_a_text_is_cut_at_its_marks_by_letters_as_python_counts_them(evaluate):
    text, marks = "🎬 a bad film", [[4, 7, 0.8], [0, 1, -0.4], [5, 9, 0.5], [40, 50, 1]]
    found = evaluate("shared/contents.js", "m.pieces(v.text, v.marks)", text=text, marks=marks)
    assert found == [["🎬", -0.4], [" a ", 0], ["bad", 0.8], [" f", 0.5], ["ilm", 0]]
    assert evaluate("shared/contents.js", "m.pieces(v.text, [])", text="plain") == [["plain", 0]]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"value": 3, "distance": 2.34}, "2.3 spreads above"),
        ({"value": 3, "distance": -12.3}, "12 spreads below"),
        ({"value": 3, "distance": 0}, "like them"),
        ({"value": 3, "distance": None, "same": None}, "nowhere else"),
        ({"value": "C", "same": 0, "of": 15}, "none of 15 have the same"),
        ({"value": None, "same": 3, "of": 15}, "3 of 15 miss it too"),
    ],
)
def test_how_unusual_a_feature_is_reads_well(evaluate, one, words):
    assert evaluate("shared/contents.js", "m.howUnusual(v.one)", one=one) == words


@pytest.mark.parametrize("module", ["explorer/explorer.js", "review/review.js"])
def test_a_page_and_all_that_it_imports_can_be_read(run_js, module):
    assert run_js(module, "return typeof m.default;") == "function"
