"""Real rows that represent the kinds that are not planted: easy ones, and subtle ones near a look-alike class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hem_core.reasons.features import features

LEAST = 5
"""With fewer rows than this, a kind is left out."""


def regular_rows(
    table: Mapping[str, np.ndarray],
    *,
    most: int,
    seed: int,
    narrow_from: float = 0.88,
    narrow_odds: float = 9.0,
    typical_below: float = 0.97,
    backed_from: float = 0.5,
) -> tuple[np.ndarray, np.ndarray]:
    """Up to 2 x `most` easy and `most` subtle rows, and which is which.

    table: the columns of the real rows that `features` takes; margin is needed, votes_label and the distances count
    where present.
    easy    the label predicted, its margin not among the narrowest (the share above `narrow_from`)
    subtle  a margin among these, or lost, and odds for the label below `narrow_odds` to 1; without votes that back the
            label, odds against it below that too
    Both: at least `backed_from` of the neighbours have the label, and every distance is among the nearest
    `typical_below` of the data.
    Returns row numbers (M,) and kinds (M,).
    """
    margin = np.asarray(table["margin"], np.float64)
    found = features(table, names=("margin", "knn_distance", "prototype_distance", "nearest_prototype"))
    place = found.values[:, found.names.index("margin")]
    far = [found.values[:, k] for k, name in enumerate(found.names) if name != "margin"]
    is_sound = np.max(far, axis=0) < typical_below if far else np.ones(len(margin), bool)
    if "votes_label" in table:
        is_sound &= np.asarray(table["votes_label"]) >= backed_from
    is_narrow = (place > narrow_from) & (margin > -np.log(narrow_odds))
    if "votes_label" not in table:
        is_narrow &= margin < np.log(narrow_odds)
    rng = np.random.default_rng((seed, 2))  # no stream that others draw from the same seed
    easy = _some(np.flatnonzero(is_sound & (margin < 0) & ~is_narrow), 2 * most, rng)
    subtle = _some(np.flatnonzero(is_sound & is_narrow), most, rng)
    kinds = np.repeat(np.array(["easy", "subtle"], dtype=object), [len(easy), len(subtle)])
    return np.concatenate([easy, subtle]), kinds


def _some(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    if len(rows) < LEAST:
        return rows[:0]
    return rng.choice(rows, most, replace=False) if len(rows) > most else rows
