"""Choose the next candidates of the pool with the policies of `hem_core.selection`, by the round's model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hem_core.embeddings.duplicates import duplicate_groups
from hem_core.embeddings.neighbours import neighbours
from hem_core.selection.choose import choose
from hem_core.selection.options import resolve
from hem_core.selection.pool import place_in_group, pool_of

DEFAULT = ("margin",)
"""Label-free, so that it does not collect wrong labels. Quotas of predicted classes after it (`per_class`) gain nothing
that the intervals show; diverse, cover and entropy gain less, and the loss loses. benchmarks/_benefit_pool.py measures
it."""
MOST, TURNS = 3, 4
"""Of one group of near-duplicates; and how often the excess is replaced."""
Options = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Picks:
    """What was chosen of c candidates."""

    places: np.ndarray
    """(a,) int64 places in the table, in the order of picking."""
    picked_by: list[str]
    """Of each: the chain of policies, or "fill"."""
    counts: dict[str, int]
    """Why others were left out -> how many."""


def check(policies: Sequence[str], options: Options) -> None:
    """Raises HemError for a policy or an option that does not exist; () is left for the task to say."""
    if policies:
        resolve(policies, options)


def choose_picks(
    table: pd.DataFrame,
    embeddings: np.ndarray | None,
    n: int,
    *,
    policies: Sequence[str] = DEFAULT,
    options: Options | None = None,
    seed: int = 0,
) -> Picks:
    """n of the candidates by a chain of policies; no more than MOST of a group of near-duplicates as long as others
    are there, and always n where there are so many, so that the budget is the one of the random arm: where the chain
    chooses fewer, the rest is drawn.

    table (c rows): as `pool_scores.candidates` gives it; embeddings (c, D) of the same model or None.
    The class that a policy sees is the one that the model predicts: nobody has looked at the label of a candidate yet.
    A task without classes predicts none.
    Near-duplicates are looked for among the picks alone: the excess is put aside and replaced by others.
    """
    seen, words, aside = without_labels(table), ", ".join(policies), np.zeros(0, dtype=np.int64)
    places, counts = _chosen(seen, embeddings, n, aside, policies, options, seed)
    for _turn in range(TURNS):
        over = _over(places, embeddings)
        if not len(over):
            break
        aside = np.concatenate([aside, over])
        places, counts = _chosen(seen, embeddings, n, aside, policies, options, seed)
    if len(aside):
        counts[f"more than {MOST} of one group of near-duplicates"] = len(aside)
    fill = _fill(places, aside, len(table), min(n, len(table)) - len(places), seed)
    return Picks(np.concatenate([places, fill]), [words] * len(places) + ["fill"] * len(fill), counts)


def _fill(places: np.ndarray, aside: np.ndarray, n_all: int, n: int, seed: int) -> np.ndarray:
    """n more of n_all places for a chain that chose too few: what was put aside, then others by uniform sampling."""
    if n <= 0:
        return aside[:0]
    others = np.setdiff1d(np.arange(n_all), np.concatenate([places, aside]))
    drawn = np.random.default_rng([seed, 1]).permutation(others)
    return np.concatenate([aside, drawn])[:n]


def without_labels(table: pd.DataFrame) -> pd.DataFrame:
    """The candidates as a policy sees them: `label` is the predicted class, and is missing where no class is."""
    return table.assign(label=table["predicted"]) if "predicted" in table else table.drop(columns="label")


def _chosen(
    table: pd.DataFrame,
    embeddings: np.ndarray | None,
    n: int,
    aside: np.ndarray,
    policies: Sequence[str],
    options: Options | None,
    seed: int,
) -> tuple[np.ndarray, dict[str, int]]:
    """Places in the table, none of them put aside, and why the others stayed out."""
    free = np.setdiff1d(np.arange(len(table)), aside)
    pool = pool_of(table.iloc[free].reset_index(drop=True), embeddings[free] if embeddings is not None else None)
    choice = choose(pool, min(n, len(free)), policies, options=options, seed=seed)
    return free[choice.rows], dict(choice.counts)


def _over(places: np.ndarray, embeddings: np.ndarray | None) -> np.ndarray:
    """Those of the picks, in the order of picking, that come after MOST of their own group."""
    if embeddings is None or len(places) <= MOST:
        return places[:0]
    groups = duplicate_groups(neighbours(embeddings[places], MOST + 1))
    return places[(groups >= 0) & (place_in_group(groups) >= MOST)]
