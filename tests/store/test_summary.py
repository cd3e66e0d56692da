import numpy as np
import pandas as pd
import pytest

from hem_core.store import summary

RULE = {"all": [{"column": "difficulty", "min": 20}, {"column": "loss", "min": -1}]}


@pytest.fixture
def matching(table) -> pd.DataFrame:
    return table[(table["difficulty"] >= 20) & (table["loss"] >= -1) & table["label"].notna()]


def test_the_class_table_is_what_pandas_groups(run, matching):
    found = summary.per_class(run.examples, RULE, hard_from=60).set_index("label")
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
    found = summary.per_class(run.examples, {"all": [{"column": "label", "in": ["cat"]}]}).set_index("label")
    row = found.loc["dog"]
    assert (row["support"], row["errors"], row["worst_confusion"], row["worst_confusion_n"]) == (0, 0, "", 0)
    assert np.isnan([row["error_rate"], row["mean_difficulty"], row["hard_share"]]).all()


def test_confusions_are_a_crosstab(run, matching):
    wanted = pd.crosstab(matching["label"], matching["predicted"])
    pairs = summary.confusions(run.examples, RULE)
    for label, predicted, n in pairs.itertuples(index=False):
        assert wanted.loc[label, predicted] == n
    assert pairs["n"].is_monotonic_decreasing
    assert pairs["n"].sum() == len(matching)


def test_counts_of_a_column_with_missing_values(run, table):
    found = summary.counts(run.examples, "label")
    assert found["n"].tolist() == sorted(table["label"].value_counts(dropna=False), reverse=True)
    assert found["value"].isna().sum() == 1
    assert summary.counts(run.examples, "is_correct", {"all": [{"rows": ["id-00"]}]})["n"].tolist() == [1]
