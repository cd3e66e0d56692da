"""What every policy promises; a new one is found by its file."""

import inspect

import numpy as np
import pandas as pd
import pytest

from hem_core.errors import UnknownNameError
from hem_core.selection.options import meaning, names, options, policy
from hem_core.selection.pool import Cap, Chosen, pool_of


def table(m):
    chance = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "id": [f"e{k:03d}" for k in range(m)],
            "label": np.array(["a", "b", "c"], dtype=object)[np.minimum(np.arange(m) % 7, 2)],
            "difficulty": chance.integers(0, 20, m) * 5.0,  # ties on purpose
            "variability": chance.integers(0, 10, m) / 20,
        }
    )


def embeddings(m):
    return np.random.default_rng(2).normal(size=(m, 6)).astype(np.float16)


def pool(m=60):
    return pool_of(table(m), embeddings(m))


def seeds(name):
    return {"seed": 3} if "seed" in inspect.signature(policy(name)[0]).parameters else {}


@pytest.fixture(params=names())
def name(request):
    return request.param


def pick(name, pool, n):
    chosen = policy(name)[0](pool, n, **seeds(name))
    assert isinstance(chosen, Chosen)
    return chosen


def is_set_aside(why):
    return np.array([words.startswith("set aside") for words in why], dtype=bool)


@pytest.mark.parametrize("m", [0, 1, 7, 60])
@pytest.mark.parametrize("n", [0, 1, 5, 60, 99])
def test_exactly_n_are_chosen_or_all_that_are_not_set_aside(name, m, n):
    chosen = pick(name, pool(m), n)
    assert len(chosen.rows) == min(n, m - is_set_aside(chosen.why).sum())


def test_the_chosen_are_different_rows_of_the_pool(name):
    rows = pick(name, pool(), 25).rows
    assert rows.dtype == np.int64
    assert len(set(rows.tolist())) == 25
    assert 0 <= rows.min() <= rows.max() < 60


def test_every_other_candidate_has_a_reason_and_the_chosen_none(name):
    chosen = pick(name, pool(), 25)
    assert len(chosen.why) == 60
    assert set(np.flatnonzero(chosen.why == "")) == set(chosen.rows.tolist())


def test_the_same_again_gives_the_same(name):
    state = np.random.get_state()[1].copy()
    assert pick(name, pool(), 25).rows.tolist() == pick(name, pool(), 25).rows.tolist()
    assert (np.random.get_state()[1] == state).all()


def test_the_order_of_the_rows_does_not_matter(name):
    shuffled = np.random.default_rng(5).permutation(60)
    other = pool_of(table(60).iloc[shuffled].reset_index(drop=True), embeddings(60)[shuffled])
    assert pick(name, other, 25).rows.tolist() == pick(name, pool(), 25).rows.tolist()
    assert other.ids[pick(name, other, 25).rows].tolist() == pool().ids[pick(name, pool(), 25).rows].tolist()


def test_a_cap_is_kept_and_said(name):
    group = np.full(60, -1)
    group[:30] = 0
    capped = pool_of(table(60), embeddings(60))
    capped = capped.narrowed(np.arange(60), Cap(group, np.array([2]), "over the cap"))
    chosen = pick(name, capped, 20)
    assert len(chosen.rows) == 20
    assert (chosen.rows < 30).sum() <= 2
    assert set(chosen.why[:30]) - {""}
    assert "over the cap" not in chosen.why[30:]


def test_a_pool_is_left_as_it_was(name):
    given, x = table(60), embeddings(60)
    pick(name, pool_of(given, x), 25)
    pd.testing.assert_frame_equal(given, table(60))
    assert (x == embeddings(60)).all()


def test_options_have_defaults_of_plain_types_and_a_meaning(name):
    assert all(type(default) in (int, float, str, bool) for default in options(name).values())
    assert meaning(name).endswith((".", ":")) or len(meaning(name)) > 20
    assert policy(name)[1] is None or policy(name)[1] >= 1


def test_an_unknown_policy_lists_what_there_is():
    with pytest.raises(UnknownNameError, match="no policy 'margn'; there are: cover, diverse, margin"):
        policy("margn")
