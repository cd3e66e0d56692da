import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.selection.policies.background_false_positives import background_false_positives
from hem_core.selection.pool import pool_of
from hem_core.testing import check_policy


def test_the_most_confident_on_background_come_first_and_the_unsure_are_set_aside():
    check_policy("background_false_positives")
    sure = [0.6, None, 0.9, 0.4]
    pool = pool_of(pd.DataFrame({"id": ["a", "b", "c", "d"], "background_confidence": sure}))
    chosen = background_false_positives(pool, 3)
    assert pool.ids[chosen.rows].tolist() == ["c", "a"]
    assert chosen.why[[1, 3]].tolist() == ["set aside: no detection on background with a confidence of 0.5 or more"] * 2
    assert pool.ids[background_false_positives(pool, 3, least=0.3).rows].tolist() == ["c", "a", "d"]


def test_a_run_without_boxes_is_refused():
    with pytest.raises(DataError, match="no column of numbers 'background_confidence'"):
        background_false_positives(pool_of(pd.DataFrame({"id": ["a"], "difficulty": [1.0]})), 1)
