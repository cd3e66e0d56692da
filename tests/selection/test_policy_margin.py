import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.selection.policies.margin import margin
from hem_core.selection.pool import pool_of

TABLE = pd.DataFrame({"id": list("abc"), "top2_gap": [0.1, 0.9, 0.5], "loss": [9.0, 0.0, 1.0]})


def picked(table, **options):
    pool = pool_of(table)
    return pool.ids[margin(pool, 2, **options).rows].tolist()


def test_the_least_sure_are_chosen_whatever_their_loss():
    assert picked(TABLE) == ["b", "c"]


def test_variability_comes_before_the_gap_where_there_is_one():
    assert picked(TABLE.assign(variability=[0.4, 0.0, 0.2])) == ["a", "c"]


def test_another_column_can_be_asked_for():
    assert picked(TABLE, by="loss") == ["a", "c"]


def test_without_an_uncertainty_it_says_which_it_looked_for():
    with pytest.raises(DataError, match="needs one of variability, top2_gap, entropy, least_confidence"):
        picked(TABLE[["id", "loss"]])
