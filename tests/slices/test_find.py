import importlib

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from hem_core.errors import HemError
from hem_core.slices.clusters import clusters
from hem_core.slices.find import find
from hem_core.stats.hypergeometric import benjamini_hochberg, chance_of_so_many
from hem_core.store.rules import columns_of, describe, to_sql, validate


def world(seed, n=5000):
    """Every sort of column there is, none of them to do with errors."""
    draw = np.random.default_rng(seed)
    return draw, pd.DataFrame(
        {
            "id": [f"x{i}" for i in range(n)],
            "label": draw.choice(list("abcdefgh"), n),
            "night": draw.random(n) < 0.2,
            "camera": pd.Categorical(draw.choice([f"c{i}" for i in range(12)], n)),
            "bright": draw.normal(size=n).astype(np.float32),
            "age": draw.integers(0, 90, n),
            "gap": np.where(draw.random(n) < 0.3, np.nan, draw.random(n)),
            "maybe": np.where(draw.random(n) < 0.3, None, draw.choice(["u", "v"], n)),
            "constant": "x",
            "one": 1.0,
            "infinite": np.where(draw.random(n) < 0.1, np.inf, draw.random(n)),
            "when": pd.Timestamp("2020-01-01"),
            "list": [[1]] * n,
        }
    )


def errors_of(draw, rate):
    return (draw.random(len(rate)) < rate).astype(float)


@pytest.mark.slow
def test_pure_noise_yields_almost_nothing():
    found = []
    for seed in range(10):
        draw, table = world(seed)
        result = find(draw.normal(size=(5000, 8)), table, errors_of(draw, np.full(5000, 0.1)), seed=seed)
        assert result.n_tested > 800
        found.append(len(result.table))
    assert sum(found) <= 2


@pytest.mark.parametrize("seed", [0, 1])
def test_a_planted_slice_is_found_first_with_its_interval_around_the_truth(seed):
    draw, table = world(seed)
    result = find(draw.normal(size=(5000, 8)), table, errors_of(draw, np.where(table["night"], 0.3, 0.1)), seed=seed)
    first = result.table.iloc[0]
    assert first["name"] == "night is true"
    assert first["rule"] == {"all": [{"column": "night", "in": [True]}]}
    assert first["low"] <= 0.3 <= first["high"]
    assert first["rest_rate"] == pytest.approx(0.1, abs=0.015)
    assert first["rows"].tolist() == np.flatnonzero(table["night"]).tolist()
    assert len(result.table) <= 2  # night and what else says nothing new
    assert result.measure == "share of wrong predictions"


def test_a_pair_that_is_worse_than_both_its_parts_is_found_as_a_pair():
    draw, table = world(0)
    is_weak = table["night"] & (table["label"] == "c")
    found = find(None, table, errors_of(draw, np.where(is_weak, 0.6, 0.1)))
    assert found.table.loc[0, "name"] == "label is c · night is true"
    assert found.cluster is None


def test_a_run_of_bins_is_one_slice_with_its_ends():
    draw, table = world(0)
    found = find(None, table, errors_of(draw, np.where(table["bright"] < np.quantile(table["bright"], 0.4), 0.3, 0.1)))
    rule = found.table.loc[0, "rule"]
    assert list(rule["all"][0]) == ["column", "max"]
    assert rule["all"][0]["max"] == pytest.approx(np.quantile(table["bright"], 0.4), abs=0.01)
    assert found.table.loc[0, "name"].startswith("bright up to -0.2")


def test_a_bin_of_one_value_is_named_by_that_value():
    draw, table = world(0)
    table["glazing"] = draw.choice([0.1, 0.25, 0.4], 5000)
    found = find(None, table, errors_of(draw, np.where(table["glazing"] == 0.25, 0.4, 0.1)))
    assert found.table.loc[0, "name"] == "glazing 0.25"


def test_a_number_that_is_nearly_always_its_largest_has_the_few_below_it_as_a_slice():
    draw = np.random.default_rng(0)
    sure = np.where(np.arange(2000) % 25 == 0, draw.integers(1, 4, 2000), 8.0)
    error = np.where(sure < 8, draw.random(2000) < 0.6, draw.random(2000) < 0.05).astype(float)
    found = find(None, pd.DataFrame({"sure": sure}), error).table
    assert found["rule"].tolist() == [{"all": [{"column": "sure", "max": 3.0}]}]
    assert found["n"].tolist() == [80]


def test_of_twin_columns_and_of_overlapping_runs_only_one_is_told():
    draw, table = world(0)
    table["dark"] = table["night"] ^ (draw.random(5000) < 0.01)
    made = find(None, table, errors_of(draw, 0.05 + 0.2 * table["night"] + 0.3 * (table["age"] / 90))).table
    assert list(made["name"]).count("night is true") + list(made["name"]).count("dark is true") == 1
    of_age = [rows for rule, rows in zip(made["rule"], made["rows"], strict=True) if columns_of(rule) == {"age"}]
    assert of_age
    assert len(np.unique(np.concatenate(of_age))) == sum(map(len, of_age))


def test_infinite_numbers_lie_in_the_outermost_bin():
    draw, table = world(0)
    is_infinite = np.isinf(table["infinite"])
    first = find(None, table, errors_of(draw, np.where(is_infinite, 0.5, 0.05))).table.iloc[0]
    assert first["rule"]["all"][0].keys() == {"column", "min"}
    assert is_infinite[first["rows"]].sum() == is_infinite.sum()


def test_a_weak_cluster_is_found_and_its_rule_names_the_returned_column():
    draw = np.random.default_rng(0)
    middle = draw.normal(size=(6, 8)) * 5
    which = draw.integers(0, 6, 3000)
    embeddings = middle[which] + draw.normal(size=(3000, 8))
    embeddings[5] = np.nan
    found = find(embeddings, pd.DataFrame(index=range(3000)), errors_of(draw, np.where(which == 2, 0.4, 0.05)))
    assert found.cluster is not None
    assert found.cluster[5] is None
    caught = np.zeros(3000, bool)
    for rule, rows in zip(found.table["rule"], found.table["rows"], strict=True):
        assert np.isin(found.cluster[rows], rule["all"][0]["in"]).all()
        caught[rows] = True
    assert caught[which == 2].mean() > 0.9
    assert caught[which != 2].mean() < 0.05


def test_rules_are_such_as_the_store_takes_and_pick_the_rows_they_say():
    duckdb = importlib.import_module("duckdb")
    draw, table = world(3)
    rate = (
        np.where(table["maybe"].isna(), 0.4, 0.05) + np.where(table["bright"] > 1, 0.3, 0) + 0.2 * (table["age"] < 20)
    )
    made = find(None, table, errors_of(draw, rate)).table
    kinds = {"maybe": "category", "bright": "number", "age": "number", "label": "category", "night": "bool"}
    kinds |= {"camera": "category", "gap": "number", "infinite": "number"}
    held = table[list(kinds)].assign(row=range(len(table)))  # noqa: F841 - DuckDB reads it by its name
    assert {"maybe is missing"} < set(made["name"])
    for rule, rows, name in zip(made["rule"], made["rows"], made["name"], strict=True):
        validate(rule, kinds)
        condition = to_sql(rule, kinds)
        picked = duckdb.execute(f"select row from held where {condition.sql} order by row", condition.parameters)
        assert [row for (row,) in picked.fetchall()] == rows.tolist(), (name, describe(rule))


def test_of_difficulties_the_hardest_tenth_counts():
    draw, table = world(0)
    found = find(None, table, np.where(table["night"], 20, 0) + 80 * draw.random(5000))
    assert found.measure == "share of the hardest tenth"
    assert found.table.loc[0, "name"] == "night is true"


def test_rows_of_unknown_error_are_left_out():
    draw, table = world(0)
    errors = errors_of(draw, np.where(table["night"], 0.3, 0.1))
    errors[::2] = np.nan
    rows = find(None, table, errors).table.loc[0, "rows"]
    assert rows.tolist() == [row for row in np.flatnonzero(table["night"]) if row % 2]


@pytest.mark.parametrize("n", [0, 1, 7])
@pytest.mark.parametrize("error", [0.0, 1.0, np.nan])
def test_a_handful_of_rows_has_no_slices(n, error):
    found = find(np.zeros((n, 4)), world(0)[1].iloc[:n], np.full(n, error))
    assert len(found.table) == 0
    assert {"name", "rule", "n", "error_rate", "low", "high", "ratio", "p", "p_adjusted", "rows"} < set(found.table)


def test_the_same_seed_gives_the_same_clusters_in_two_levels():
    values = np.random.default_rng(0).normal(size=(2000, 5))
    made = clusters(values, seed=1)
    assert made.tolist() == clusters(values, seed=1).tolist()
    assert len(set(made)) == 2000 // 90
    assert 1 < len({name.split(".")[0] for name in made}) < 10


def test_the_chance_of_so_many_errors_is_scipy_s():
    draw = np.random.default_rng(0)
    whole = draw.integers(50, 5000, 200)
    wrong, size = (whole * draw.random(200)).astype(int), (whole * draw.random(200)).astype(int)
    hits = hypergeom.rvs(whole, wrong, size, random_state=0)
    is_more = hits * whole > wrong * size
    expected = np.where(is_more, hypergeom.sf(hits - 1, whole, wrong, size), 1)
    np.testing.assert_allclose(chance_of_so_many(hits, size, wrong, whole), expected, rtol=1e-6)
    assert chance_of_so_many(2, 2, 2, 4) == pytest.approx(1 / 6)  # both of two, of four


def test_benjamini_and_hochberg_of_four_tests():
    np.testing.assert_allclose(benjamini_hochberg(np.array([0.01, 0.9, 0.02, 0.03])), [0.04, 0.9, 0.04, 0.04])


def test_rows_that_do_not_match_are_refused():
    with pytest.raises(HemError, match=r"errors are \(3,\), metadata has 2 rows"):
        find(None, pd.DataFrame({"a": [1, 2]}), np.zeros(3))


def test_more_than_half_of_the_data_is_no_slice():
    is_old = np.arange(2_000) >= 400
    errors = (np.arange(2_000) % 2 == 0) & is_old
    found = find(None, pd.DataFrame({"is_old": is_old}), errors.astype(float))
    assert found.table.empty


def test_the_hardest_tenth_begins_at_the_90th_percentile_itself():
    difficulties = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 40)  # the middle places of five groups: 10, 30, 50, 70, 90
    found = find(None, pd.DataFrame({"group": np.repeat(list("abcde"), 40)}), difficulties)
    assert found.table[["name", "n", "n_errors"]].values.tolist() == [["group is e", 40, 40]]
