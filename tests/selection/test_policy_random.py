import pandas as pd

from hem_core.selection.policies.random import random
from hem_core.selection.pool import pool_of

POOL = pool_of(pd.DataFrame({"id": [f"{k:03d}" for k in range(100)]}))


def test_a_bigger_draw_holds_the_smaller_and_another_seed_draws_others():
    assert random(POOL, 50, seed=1).rows[:10].tolist() == random(POOL, 10, seed=1).rows.tolist()
    assert set(random(POOL, 10, seed=1).rows) != set(random(POOL, 10, seed=2).rows)


def test_each_is_drawn_about_as_often_as_the_other():
    drawn = pd.Series([row for seed in range(400) for row in random(POOL, 10, seed=seed).rows]).value_counts()
    assert len(drawn) == 100
    assert drawn.between(15, 70).all()
