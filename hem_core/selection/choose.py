"""A chain of policies over a pool: the chosen examples, their weights, and why the others were not chosen."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hem_core.errors import DataError
from hem_core.selection.options import policy, resolve
from hem_core.selection.pool import Cap, Chosen, Pool
from hem_core.selection.verdicts_applied import EXCLUSIONS, WORDS, why_not
from hem_core.selection.weights import weights

QUOTA = "over the class quota"


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows and reasons; rows number the table that the pool was made of."""

    rows: np.ndarray
    """(n,) int64, in the order of picking."""
    weights: np.ndarray
    """(n,) float64 in 1 .. 4."""
    left_out: pd.DataFrame
    """`id` and `why` of every other candidate, by id."""
    counts: dict[str, int]
    """Each reason -> its count, the largest first."""
    options: dict[str, dict[str, Any]]
    """Every option of every policy, as it was used."""


def choose(
    pool: Pool,
    n: int,
    policies: Sequence[str],
    *,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
    leave_out: Collection[str] = tuple(EXCLUSIONS),
    has_held_out: bool = False,
    max_per_duplicate_group: int = 3,
) -> Selection:
    """Choose n by a chain of policies, each choosing from what the previous one kept.

    A policy picks as many times n as those after it want to choose from (their AMONG), the last one n. Quotas of
    `per_class` hold for all policies after it. Where the table has `verdict`, those in leave_out (keys of EXCLUSIONS)
    stay out, 'mislabelled' only without a new label; where it has `split`, without has_held_out, those of the test and
    validation splits do; where it has `duplicate_group`, at most max_per_duplicate_group
    of one group are chosen. Weights: see `weights`; unreviewed suspects have at most 1.
    The same pool in another order of rows gives the same choice. Never holds M x M numbers.
    Raises UnknownNameError for a policy or option that does not exist, DataError for n below 0, no policy, or a column
    that a policy needs.
    """
    _check(n, policies, leave_out, max_per_duplicate_group)
    used = resolve(policies, options)
    excluded = why_not(pool.table, leave_out=leave_out, has_held_out=has_held_out)
    why = excluded.map({"": "", **WORDS}).to_numpy(dtype=object, copy=True)  # (M,) words
    now, at = _without(pool, why)  # at (m,): where the candidates of `now` are in `pool`
    now = replace(now, cap=_duplicates(now.table, max_per_duplicate_group))
    chosen = np.empty(0, dtype=np.int64)
    for name, wanted, following in zip(policies, *_wanted(n, policies, len(now)), strict=True):
        picked = _picked(name, now, wanted, used[name], seed)
        is_out = picked.why != ""
        why[at[is_out]] = picked.why[is_out]
        chosen = at[picked.rows]
        now, at = now.narrowed(picked.rows, _kept_mix(now, picked, following)), np.sort(chosen)
    is_out = np.ones(len(pool), dtype=bool)
    is_out[chosen] = False
    left_out = pd.DataFrame({"id": pool.ids[is_out], "why": why[is_out]}, dtype="str")
    counts = {str(words): int(count) for words, count in left_out["why"].value_counts().items()}
    return Selection(pool.row[chosen], weights(pool.table.iloc[chosen]), left_out, counts, used)


def _check(n: int, policies: Sequence[str], leave_out: Collection[str], most: int) -> None:
    if n < 0 or most < 1:
        raise DataError(f"n must be 0 or more, and at least 1 of a group of duplicates is kept; got {n} and {most}")
    if not policies or isinstance(policies, str):
        raise DataError(f"policies must be a list of names such as ['margin', 'per_class']; got {policies!r}")
    if len(set(policies)) < len(policies):
        raise DataError(f"a policy may occur only once in a chain; the chain is {', '.join(policies)}")
    for tag in leave_out:
        if tag not in EXCLUSIONS:
            raise DataError(f"'{tag}' leaves nothing out; there are: {', '.join(EXCLUSIONS)}")


def _without(pool: Pool, why: np.ndarray) -> tuple[Pool, np.ndarray]:
    free = np.flatnonzero(why == "")
    return replace(pool.narrowed(free, None), rank=None), free


def _duplicates(table: pd.DataFrame, most: int) -> Cap | None:
    if "duplicate_group" not in table:
        return None
    code, groups = pd.factorize(table["duplicate_group"])  # a missing one: -1
    if not len(groups):
        return None
    room = np.full(len(groups), most, dtype=np.int64)
    return Cap(code.astype(np.int64), room, f"more than {most} of one group of near-duplicates")


def _wanted(n: int, policies: Sequence[str], m: int) -> tuple[list[int], list[int]]:
    """How many examples each policy picks, and how many the next one does."""
    wanted = [min(n, m)]
    for name in reversed(policies[1:]):
        among = policy(name)[1]
        wanted.insert(0, m if among is None else min(m, among * wanted[0]))
    return wanted, [*wanted[1:], 0]


def _picked(name: str, pool: Pool, n: int, options: Mapping[str, Any], seed: int) -> Chosen:
    function = policy(name)[0]
    takes_seed = "seed" in inspect.signature(function).parameters
    return function(pool, n, **options, **({"seed": seed} if takes_seed else {}))


def _kept_mix(pool: Pool, found: Chosen, n: int) -> Cap | None:
    """The cap for the next policy, which picks n: the classes of the first n, where their mix was chosen.

    A cap on duplicates no longer matters: what was picked respects it, and so does any part of it.
    """
    group = pool.cap.group if pool.cap is not None and pool.cap.why == QUOTA else None
    if found.of_class is not None:
        group = np.full(len(pool), -1, np.int64)
        group[found.rows] = found.of_class
    if group is None:
        return None
    return Cap(group, np.bincount(group[found.rows[:n]], minlength=group.max(initial=-1) + 1), QUOTA)
