import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.store import summary

RULE = {"all": [{"column": "difficulty", "min": 20}, {"column": "loss", "min": -1}]}


@pytest.fixture
def matching(table) -> pd.DataFrame:
    return table[(table["difficulty"] >= 20) & (table["loss"] >= -1) & table["label"].notna()]


def test_the_class_table_is_what_pandas_groups(run, matching):
    found = summary.per_class(run, RULE, hard_from=60).set_index("label")
    assert list(found.index) == list(run.classes)
    for label, rows in matching.groupby("label"):
        wrong = rows[rows["label"] != rows["predicted"]]["predicted"].value_counts()
        row = found.loc[label]
        assert (row["support"], row["errors"]) == (len(rows), (~rows["is_correct"]).sum())
        assert row["error_rate"] == pytest.approx((~rows["is_correct"]).mean())
        assert row["mean_difficulty"] == pytest.approx(rows["difficulty"].mean())
        assert row["hard_share"] == pytest.approx((rows["difficulty"] >= 60).mean())
        assert row["worst_confusion_n"] == wrong.max() == wrong[row["worst_confusion"]]


def test_a_class_without_examples_has_a_row_of_nothing(run):
    found = summary.per_class(run, {"all": [{"column": "label", "in": ["cat"]}]}).set_index("label")
    row = found.loc["dog"]
    assert (row["support"], row["errors"], row["worst_confusion"], row["worst_confusion_n"]) == (0, 0, "", 0)
    assert np.isnan([row["error_rate"], row["mean_difficulty"], row["hard_share"]]).all()


def test_the_confusion_matrix_is_a_crosstab(run, matching):
    wanted = pd.crosstab(matching["label"], matching["predicted"]).reindex(index=run.classes, columns=run.classes)
    np.testing.assert_array_equal(summary.confusion_matrix(run, RULE), wanted.fillna(0))
    pairs = summary.confusions(run, RULE)
    assert pairs["n"].is_monotonic_decreasing
    assert pairs["n"].sum() == len(matching)


def test_counts_of_a_column_with_missing_values(run, table):
    found = summary.counts(run, "label")
    assert found["n"].tolist() == sorted(table["label"].value_counts(dropna=False), reverse=True)
    assert found["value"].isna().sum() == 1
    assert summary.counts(run, "is_correct", {"all": [{"rows": ["id-00"]}]})["n"].tolist() == [1]


def test_a_histogram_is_numpys_and_a_filter_keeps_its_edges(run, table):
    found = summary.histogram(run, "difficulty", bins=7, limits=(0, 100))
    np.testing.assert_array_equal(found["n"], np.histogram(table["difficulty"], 7, (0, 100))[0])
    known = table["loss"].dropna().to_numpy(np.float64)
    everything = summary.histogram(run, "loss", bins=5)
    np.testing.assert_array_equal(everything["n"], np.histogram(known, 5)[0])
    some = summary.histogram(run, "loss", {"all": [{"column": "label", "in": ["cat"]}]}, bins=5)
    assert some[["low", "high"]].equals(everything[["low", "high"]])
    assert some["n"].sum() == (table["loss"].notna() & (table["label"] == "cat")).sum()


def test_a_histogram_of_one_value_and_of_none(run):
    one = {"all": [{"column": "duplicate_group", "in": [1]}]}
    found = summary.histogram(run, "duplicate_group", one, bins=4)
    assert found["n"].tolist() == [0, 0, 2, 0]
    assert (found["low"].iloc[0], found["high"].iloc[-1]) == (0.5, 1.5)
    with pytest.raises(DataError, match="a histogram needs a column of numbers; 'label' is none; there are: index"):
        summary.histogram(run, "label")
