import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.selection.policies.top import top
from hem_core.selection.pool import pool_of

POOL = pool_of(pd.DataFrame({"id": list("dcba"), "difficulty": [5.0, 9.0, 9.0, np.nan], "loss": [1, 2, 3, 4]}))


def picked(chosen):
    return POOL.ids[chosen.rows].tolist()


def test_the_hardest_come_first_and_a_tie_goes_to_the_lower_id():
    assert picked(top(POOL, 3)) == ["b", "c", "d"]


def test_another_column_gives_another_order():
    assert picked(top(POOL, 2, by="loss")) == ["a", "b"]


def test_why_not_says_the_column_and_a_missing_value():
    assert top(POOL, 1).why.tolist() == [
        "no value of difficulty",
        "",
        "lower difficulty than those chosen",
        "lower difficulty than those chosen",
    ]


def test_a_column_that_is_not_there_or_no_number_is_refused():
    with pytest.raises(DataError, match="no column of numbers 'id'; there are: difficulty, loss"):
        top(POOL, 1, by="id")
