"""Groups of look-alikes in the embedding, in two levels."""

from __future__ import annotations

import numpy as np

MOST_PARTS = 150
MOST_GROUPS = 15
LEARN_FROM = 20_000
"""Rows that the centres are learned from; all rows are then assigned."""


def clusters(embeddings: np.ndarray, *, seed: int = 0, n_directions: int = 32, min_size: int = 30) -> np.ndarray:
    """The cluster of each row: (N,) texts as "3.12" (part 12, of group 3); None where the embedding is not finite.

    embeddings (N, D). k-means on the first principal directions, parts of some 3 · min_size rows and more, at most
    `MOST_PARTS`; their centres are joined by Ward's method into groups. A group is all parts with one first number.
    Too few rows for two parts: all are "0.0".
    Reference: Ward 1963, doi:10.1080/01621459.1963.10500845.
    """
    embedded = np.flatnonzero(np.isfinite(embeddings).all(axis=1))
    result = np.full(len(embeddings), None, object)
    n_parts = min(MOST_PARTS, len(embedded) // (3 * min_size))
    if n_parts < 2:
        result[embedded] = "0.0"
        return result
    values = _directions(np.asarray(embeddings[embedded], np.float32), n_directions)
    parts, group = _parts(values, n_parts, seed)
    names = np.array([f"{number}.{part}" for part, number in enumerate(group)], object)
    result[embedded] = names[parts]
    return result


LARGE = 1e15
"""The squares of larger numbers, added up, leave the range of float32."""


def _parts(values: np.ndarray, n_parts: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The part of each row (N,), and the group of each part (n_parts,)."""
    from sklearn.cluster import AgglomerativeClustering, KMeans  # takes a second to load

    drawn = np.random.default_rng(seed).permutation(len(values))[:LEARN_FROM]
    means = KMeans(n_parts, n_init="auto", max_iter=30, random_state=seed).fit(values[np.sort(drawn)])
    n_groups = min(MOST_GROUPS, max(1, round(n_parts**0.5)))
    centres = means.cluster_centers_
    group = AgglomerativeClustering(n_groups).fit_predict(centres) if n_groups > 1 else np.zeros(n_parts, np.int64)
    return np.asarray(means.predict(values)), np.asarray(group)


def _directions(values: np.ndarray, n_directions: int) -> np.ndarray:
    largest = float(np.abs(values).max(initial=0))
    if largest > LARGE:
        values = values / np.float32(largest)
    values = values - values.mean(axis=0)
    scale, axes = np.linalg.eigh(values.T @ values)
    return np.ascontiguousarray(values @ axes[:, np.argsort(-scale)[:n_directions]])
