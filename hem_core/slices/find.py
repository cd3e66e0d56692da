"""Weak slices: describable parts of the data where the model errs more than elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hem_core.errors import HemError
from hem_core.slices.attributes import attributes
from hem_core.slices.candidates import beats_its_parts, candidates, describe, inside, without_repetitions
from hem_core.slices.clusters import clusters
from hem_core.stats.hypergeometric import benjamini_hochberg, chance_of_so_many
from hem_core.stats.percentile import percentile
from hem_core.stats.wilson import wilson
from hem_core.thresholds import HARDEST

MOST_TRIED = 1_000
MOST_SHARE = 0.5
"""Larger shares of the data are not slices: "all but the young" says less than "the young"."""


@dataclass(frozen=True)
class Slices:
    """What `find` returns."""

    table: pd.DataFrame
    """One row per slice, the most important first: `name`, `rule` (see store/rules.py), `n`, `n_errors`,
    `error_rate`, `low`, `high` (95%, Wilson), `rest_rate`, `ratio` (to the whole), `p`, `p_adjusted`, `rows` (indices).
    """
    cluster: np.ndarray | None
    """(N,) the cluster of each row, as the rules name it: to be kept as column `cluster`. None without embeddings."""
    n_tested: int
    measure: str
    """What counts as an error here, in words."""


def find(
    embeddings: np.ndarray | None,
    metadata: pd.DataFrame,
    errors: np.ndarray,
    *,
    min_size: int = 30,
    most: int = 50,
    q: float = 0.05,
    overlap: float = 0.8,
    seed: int = 0,
) -> Slices:
    """Slices with a higher error rate than the rest: values, bins, clusters, and pairs of two of them.

    embeddings (N, D) or None; metadata (N rows): classes and other columns that do not come from the model, never its
    scores; a column `cluster` there is used as it is. errors (N,): 1 wrong, 0 right, NaN not known; other numbers are
    difficulties, of which the hardest tenth then counts as errors.
    Numbers are cut at their 5, 20, 40, 60, 80 and 95% points, any neighbouring bins joined. Every candidate of at
    least `min_size` rows is tested against the rest (Fisher, one-sided) and kept at a false discovery rate of `q`
    over all of them (Benjamini-Hochberg); a pair must also beat each of its two parts by more than chance
    (Bonferroni over the part's pairs). Dropped: what shares more than `overlap` (Jaccard) with a better slice, or
    overlaps a better one of the same columns, or is more than half of the data. Order: excess of the error rate times
    sqrt n; at most `most`.
    The intervals are each slice's own; the best of many looks a little worse than it is.
    Raises HemError when the lengths differ.
    Reference: the search of Chung et al. 2019 (Slice Finder), arXiv:1807.06068, with exact tests.
    """
    errors = np.asarray(errors, np.float64)
    if errors.shape != (len(metadata),) or (embeddings is not None and len(embeddings) != len(errors)):
        raise HemError(f"embeddings, metadata and errors must have the same rows; errors are {errors.shape}, "
                       f"metadata has {len(metadata):,} rows")  # fmt: skip
    names = clusters(embeddings, seed=seed, min_size=min_size) if embeddings is not None and len(errors) else None
    table = metadata if names is None else metadata.assign(cluster=pd.Series(names, index=metadata.index, dtype=object))
    judged = np.flatnonzero(~np.isnan(errors))
    is_wrong, measure = _as_errors(errors[judged])
    parts = attributes(table.iloc[judged], min_size=min_size)
    sides, n, hits = candidates(parts, is_wrong, min_size)
    n_all, n_wrong = len(is_wrong), int(is_wrong.sum())
    p = chance_of_so_many(hits, n, n_wrong, n_all)
    adjusted = benjamini_hochberg(p)
    beats = beats_its_parts(parts, sides, n, hits)
    excess = hits / np.maximum(n, 1) - (n_wrong - hits) / np.maximum(n_all - n, 1)
    worth = excess * np.sqrt(n)
    is_kept = (adjusted <= q) & beats & (n <= MOST_SHARE * n_all)
    order = [c for c in np.argsort(-worth, kind="stable") if is_kept[c]][:MOST_TRIED]
    chosen = without_repetitions(parts, sides, order, most, overlap)
    rows = [judged[inside(parts, sides[c])] for c in chosen]
    low, high = wilson(hits[chosen], n[chosen])
    described = [describe(parts, sides[c]) for c in chosen]
    rate = hits[chosen] / n[chosen]
    columns: dict[str, Any] = {
        "name": pd.Series([words for _, words in described], dtype="str"),
        "rule": pd.Series([rule for rule, _ in described], dtype=object),
        "n": n[chosen],
        "n_errors": hits[chosen],
        "error_rate": rate,
        "low": low,
        "high": high,
        "rest_rate": rate - excess[chosen],
        "ratio": rate / (n_wrong / n_all) if n_wrong else rate,
        "p": p[chosen],
        "p_adjusted": adjusted[chosen],
        "rows": pd.Series(rows, dtype=object),
    }
    return Slices(pd.DataFrame(columns), names, len(sides), measure)


def _as_errors(values: np.ndarray) -> tuple[np.ndarray, str]:
    if np.isin(values, (0, 1)).all():
        return values.astype(np.int64), "share of wrong predictions"
    return (percentile(values) >= HARDEST).astype(np.int64), "share of the hardest tenth"
