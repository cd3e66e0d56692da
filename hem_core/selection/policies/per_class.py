from collections.abc import Mapping

import numpy as np
import pandas as pd

from hem_core.errors import DataError
from hem_core.selection.policies.margin import LABEL_FREE, uncertainty
from hem_core.selection.pool import Chosen, Pool, first, hardest_first, place_in_group

READS = ("label", *LABEL_FREE)


def per_class(pool: Pool, n: int, *, by: str = "", least: float = 0.5, most: float = 4.0) -> Chosen:
    """The first n with a quota for each class: the square root of its natural share, within least to most times it.

    by: a column of numbers, higher = first; by default the order of the policy before, else as `margin`. A class with
    fewer examples than its quota gives the rest to the others. Examples without a label are a class of their own.
    Chosen in turn, so that every beginning of the choice keeps the quotas too; seats as by Sainte-Laguë.
    Raises DataError unless 0 <= least <= 1 <= most.
    """
    if not 0 <= least <= 1 <= most:
        raise DataError(f"least must be from 0 to 1 and most 1 or more; got {least} and {most}")
    plain = first(pool, _order(pool, by), len(pool), "")
    code, names = pd.factorize(_labels(pool))
    target = quotas(_shares(np.asarray(names), code, pool.shares), least=least, most=most)
    group = code[plain.rows]
    turn = np.argsort((place_in_group(group) + 0.5) / target[group], kind="stable")
    rows = plain.rows[turn][:n]
    words = np.where(plain.why != "", plain.why, "further back in its class than those chosen").astype(object)
    words[plain.rows[:n]] = "over the class quota"
    words[rows] = ""
    return Chosen(rows, words, keeps_classes=True)


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


def _labels(pool: Pool) -> np.ndarray:
    if "label" not in pool.table:
        raise DataError("policy 'per_class' needs the column 'label'; choose another policy for data without labels")
    label = pool.table["label"]
    return label.astype("object").where(label.notna(), "").to_numpy()


def _shares(names: np.ndarray, code: np.ndarray, shares: Mapping[str, float]) -> np.ndarray:
    """(K,) natural share of each class of the pool, sum 1."""
    counted = np.bincount(code, minlength=len(names)) / max(1, len(code))
    named_shares = np.array([shares.get(str(name), 0.0) for name in names])
    raw_shares = named_shares if named_shares.size and (named_shares > 0).all() else counted
    return raw_shares / max(raw_shares.sum(), 1e-300)
