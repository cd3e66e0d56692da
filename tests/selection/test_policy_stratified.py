import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.selection.policies.stratified import stratified
from hem_core.selection.pool import pool_of

# 90 of difficulty 0 .. 10, 8 around 50, and two extremes of 100 that are to be suspects.
VALUES = [*np.linspace(0, 10, 90), *[50.0] * 8, 100.0, 100.0]
POOL = pool_of(pd.DataFrame({"id": [f"{k:03d}" for k in range(100)], "difficulty": VALUES}))


def test_the_hardest_two_percent_are_set_aside_and_never_chosen():
    chosen = stratified(POOL, 100, drop=0.02)
    assert len(chosen.rows) == 98
    assert chosen.why[98:].tolist() == ["set aside as suspect: difficulty among the highest 2%"] * 2


def test_two_strata_give_the_same_number_however_full_they_are():
    rows = stratified(POOL, 10, drop=0.02, strata=2).rows
    assert (rows >= 90).sum() == 5


def test_a_stratum_that_runs_dry_leaves_its_share_to_the_others():
    rows = stratified(POOL, 30, drop=0.02, strata=2).rows
    assert (rows >= 90).sum() == 8
    assert len(rows) == 30


def test_a_share_or_number_that_cannot_be_is_refused():
    with pytest.raises(DataError, match="drop must be from 0 to below 1 and strata 1 or more; got 1 and 50"):
        stratified(POOL, 1, drop=1)
