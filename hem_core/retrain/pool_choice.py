"""Which candidates of the pool come next: the policies of `hem_core.selection`, on what the round's model said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hem_core.selection.choose import choose
from hem_core.selection.options import resolve
from hem_core.selection.pool import pool_of

DEFAULT = ("margin", "per_class")
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
    """Raises HemError for a policy or an option that does not exist."""
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
    """n of the candidates by a chain of policies; no more than 3 of a group of near-duplicates as long as others are
    there, and always n, so that the budget is the one of the random arm.

    table (c rows): as `pool_scores.candidates` gives it; embeddings (c, D) of the same model or None.
    The class that a policy sees is the one that the model predicts: nobody has looked at the label of a candidate yet.
    """
    seen = table.assign(label=table["predicted"])
    found = choose(pool_of(seen, embeddings), n, policies, options=options, seed=seed)
    rest, words = np.setdiff1d(np.arange(len(table)), found.rows), ", ".join(policies)
    missing = min(n, len(table)) - len(found.rows)
    if missing <= 0:
        return Picks(found.rows, [words] * len(found.rows), found.counts)
    others = seen.iloc[rest].drop(columns="duplicate_group").reset_index(drop=True)
    more = choose(
        pool_of(others, embeddings[rest] if embeddings is not None else None),
        missing,
        policies,
        options=options,
        seed=seed,
    )
    places = np.concatenate([found.rows, rest[more.rows]])
    return Picks(places, [words] * len(found.rows) + ["fill"] * len(more.rows), more.counts)
