"""What every selection policy promises."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd

from hem_core.selection.options import meaning, options, policy
from hem_core.selection.pool import Cap, Chosen, Pool, pool_of
from hem_core.testing._want import want

M = 60


def check_policy(name: str) -> None:
    """Check all that a selection policy promises: PROMISES, one after the other.

    Raises AssertionError, saying what is broken; UnknownNameError when no file or plugin has that name.
    """
    for promise in PROMISES:
        promise(name)


def exactly_n_are_chosen_or_all_that_are_not_set_aside(name: str) -> None:
    for m in (0, 1, 7, M):
        for n in (0, 1, 5, M, 99):
            chosen = _pick(name, _pool(m), n)
            wanted = min(n, m - sum(str(words).startswith("set aside") for words in chosen.why))
            want(len(chosen.rows) == wanted, f"{name} chose {len(chosen.rows)} of {m} when asked for {n}")


def the_chosen_are_different_rows_of_the_pool(name: str) -> None:
    rows = _pick(name, _pool(), 25).rows
    want(rows.dtype == np.int64, f"{name} gives rows of {rows.dtype}; wanted int64")
    want(len(set(rows.tolist())) == 25, f"{name} chose a candidate twice")
    want(rows.min() >= 0 and rows.max() < M, f"{name} chose a row that is not in the pool")


def every_other_candidate_has_a_reason_and_the_chosen_none(name: str) -> None:
    chosen = _pick(name, _pool(), 25)
    want(len(chosen.why) == M, f"{name} gives {len(chosen.why)} reasons for {M} candidates")
    without = set(np.flatnonzero(chosen.why == "").tolist())
    want(without == set(chosen.rows.tolist()), f"{name}: '' stands in `why` of the chosen, and of them alone")


def the_same_again_gives_the_same(name: str) -> None:
    state = np.random.get_state()[1].copy()  # type: ignore[union-attr]
    first, again = (_pick(name, _pool(), 25).rows.tolist() for _ in range(2))
    want(first == again, f"{name} chose others the second time; take `seed` and draw from numpy's default_rng(seed)")
    is_same = (np.random.get_state()[1] == state).all()  # type: ignore[union-attr]
    want(is_same, f"{name} draws from numpy's global generator; take `seed` and draw from default_rng(seed)")


def the_order_of_the_rows_does_not_matter(name: str) -> None:
    shuffled = np.random.default_rng(5).permutation(M)
    other = pool_of(_table(M).iloc[shuffled].reset_index(drop=True), _embeddings(M)[shuffled])
    same = _pick(name, other, 25).rows.tolist() == _pick(name, _pool(), 25).rows.tolist()
    want(same, f"{name} depends on the order of the rows; break ties by the position in the pool, which is by id")


def a_cap_is_kept_and_named(name: str) -> None:
    group = np.where(np.arange(M) < 30, 0, -1)
    capped = _pool().narrowed(np.arange(M), Cap(group, np.array([2]), "over the cap"))
    chosen = _pick(name, capped, 20)
    want(len(chosen.rows) == 20, f"{name} chose {len(chosen.rows)} of 20 under a cap that leaves 32 candidates")
    want((chosen.rows < 30).sum() <= 2, f"{name} ignores pool.cap; choose with `first` or with `Places`")
    want("over the cap" not in chosen.why[30:], f"{name} gives the cap as the reason for a candidate of no group")


def a_pool_is_left_as_it_was(name: str) -> None:
    table, x = _table(M), _embeddings(M)
    _pick(name, pool_of(table, x), 25)
    want(table.equals(_table(M)) and (x == _embeddings(M)).all(), f"{name} changes its pool; compute on a copy")


def its_options_have_plain_defaults_and_its_docstring_a_meaning(name: str) -> None:
    plain = all(type(default) in (int, float, str, bool) for default in options(name).values())
    want(plain, f"an option of {name} has no default, or one that no command line can give")
    want(len(meaning(name)) > 20, f"the docstring of {name} has no first sentence that says what it chooses")
    among = policy(name)[1]
    want(among is None or among >= 1, f"AMONG of {name} is {among}; wanted 1 or more, or None")


PROMISES = (
    exactly_n_are_chosen_or_all_that_are_not_set_aside,
    the_chosen_are_different_rows_of_the_pool,
    every_other_candidate_has_a_reason_and_the_chosen_none,
    the_same_again_gives_the_same,
    the_order_of_the_rows_does_not_matter,
    a_cap_is_kept_and_named,
    a_pool_is_left_as_it_was,
    its_options_have_plain_defaults_and_its_docstring_a_meaning,
)


def _pick(name: str, pool: Pool, n: int) -> Chosen:
    function = policy(name)[0]
    seed: dict[str, Any] = {"seed": 3} if "seed" in inspect.signature(function).parameters else {}
    chosen = function(pool, n, **seed)
    want(isinstance(chosen, Chosen), f"{name} returns {type(chosen).__name__}; wanted Chosen")
    return chosen


def _pool(m: int = M) -> Pool:
    return pool_of(_table(m), _embeddings(m))


def _table(m: int) -> pd.DataFrame:
    chance = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "id": [f"e{k:03d}" for k in range(m)],
            "label": np.array(["a", "b", "c"], dtype=object)[np.minimum(np.arange(m) % 7, 2)],
            "difficulty": chance.integers(0, 20, m) * 5.0,  # ties on purpose
            "variability": chance.integers(0, 10, m) / 20,
            "background_confidence": chance.integers(2, 10, m) / 10,
        }
    )


def _embeddings(m: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=(m, 6)).astype(np.float16)
