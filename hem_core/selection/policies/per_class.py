from collections.abc import Mapping

import numpy as np

from hem_core.errors import DataError
from hem_core.selection.in_turn import in_turn
from hem_core.selection.policies.margin import LABEL_FREE, uncertainty
from hem_core.selection.pool import Chosen, Members, Pool, first, hardest_first

READS = ("label", *LABEL_FREE)


def per_class(pool: Pool, n: int, *, by: str = "", least: float = 0.5, most: float = 4.0) -> Chosen:
    """The first n with a quota for each class: the square root of its natural share, within least to most times it.

    by: a column of numbers, higher = first; by default the order of the policy before, else as `margin`. A class with
    fewer examples than its quota gives the rest to the others. Examples without a label are a class of their own.
    An image belongs to all classes of its given boxes, and an example to all of its tags: in turn, the class that is
    furthest behind its quota gets its first example, which counts for each of its other classes too. A box is of its
    given class, or of the predicted one where nothing is given.
    Chosen in turn, so that every beginning of the choice keeps the quotas too; seats as by Sainte-Laguë.
    Raises DataError unless 0 <= least <= 1 <= most.
    """
    if not 0 <= least <= 1 <= most:
        raise DataError(f"least must be from 0 to 1 and most 1 or more; got {least} and {most}")
    plain = first(pool, _order(pool, by), len(pool), "")
    members = pool.members()
    target = quotas(_shares(members, pool.shares), least=least, most=most)
    turn, of_class = in_turn(plain.rows, members, target)
    rows = turn[:n]
    words = np.where(plain.why != "", plain.why, "further back in its class than those chosen").astype(object)
    words[plain.rows[:n]] = "over the class quota"
    words[rows] = ""
    return Chosen(rows, words, of_class=of_class[:n])


def quotas(shares: np.ndarray, *, least: float = 0.5, most: float = 4.0) -> np.ndarray:
    """Quota of each class (K,), sum 1: the square root of its natural share (K,), held to least to most times it.

    What the bounds take or leave is spread over the other classes, in the ratio of their roots.
    Shares .9 and .1 give .75 and .25; .99 and .01 give .96 and .04, four times its share.
    """
    root = np.sqrt(shares)
    low, high = 0.0, float((most * shares / np.maximum(root, 1e-300)).max(initial=1.0))
    for _ in range(100):  # the factor on the roots at which the bounded quotas sum to 1
        factor = (low + high) / 2
        is_over = np.clip(factor * root, least * shares, most * shares).sum() > 1
        low, high = (low, factor) if is_over else (factor, high)
    return np.clip(high * root, least * shares, most * shares)


def _order(pool: Pool, by: str) -> np.ndarray:
    if not by and pool.rank is not None:
        return np.argsort(pool.rank, kind="stable")
    name = by or uncertainty(pool.table.columns)
    return hardest_first(pool.score(name)) if name else np.arange(len(pool))


def _shares(members: Members, shares: Mapping[str, float]) -> np.ndarray:
    """(K,) natural share of each class of the pool, sum 1."""
    counted = np.bincount(members.code, minlength=len(members.names)).astype(np.float64)
    named_shares = np.array([shares.get(name, 0.0) for name in members.names])
    raw_shares = named_shares if named_shares.size and (named_shares > 0).all() else counted
    return raw_shares / max(raw_shares.sum(), 1e-300)
