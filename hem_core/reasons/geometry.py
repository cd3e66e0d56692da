"""How typical an embedding is of its class and of the data: distances scaled by the spread of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ROWS = 65_536
_SAMPLE = 20_000
_WIDEST = 128


@dataclass(frozen=True, eq=False)
class Geometry:
    """The spread of the real rows' embeddings: main directions, and the classes' middles among them."""

    centre: np.ndarray
    """(D,) mean of all."""
    directions: np.ndarray
    """(D, d) orthonormal: the fewest that hold 99% of the variance, at most 128."""
    whitening: np.ndarray
    """(d, d) makes the spread within the classes 1 in every direction."""
    middles: np.ndarray
    """(K, d) whitened mean of each class; infinite for a class without rows."""

    def columns(self, embeddings: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        """Columns (N,) for embeddings (N, D), read block by block, and labels (N,) in [0, K).

        mahalanobis: squared Mahalanobis distance to the class of the label; mahalanobis_nearest: to the nearest class;
        mahalanobis_contrast: to the label's less that to the best other; embedding_norm: its length; residual: the
        share of it that lies outside the main directions, 0 .. 1.
        """
        parts = [slice(start, start + _ROWS) for start in range(0, max(1, len(labels)), _ROWS)]
        blocks = [self._block(np.asarray(embeddings[part], np.float64), labels[part]) for part in parts]
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}

    def _block(self, rows: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        centred = rows - self.centre
        inside = centred @ self.directions  # (B, D) -> (B, d)
        outside = np.maximum(np.square(centred).sum(axis=1) - np.square(inside).sum(axis=1), 0)
        white = inside @ self.whitening
        finite = np.where(np.isfinite(self.middles), self.middles, 0)
        gap = np.square(white).sum(axis=1)[:, None] - 2 * white @ finite.T + np.square(finite).sum(axis=1)
        gap[:, ~np.isfinite(self.middles).all(axis=1)] = np.inf
        each = np.arange(len(gap))
        own, nearest = gap[each, labels], gap.min(axis=1)
        gap[each, labels] = np.inf
        norm = np.linalg.norm(rows, axis=1)
        return {
            "mahalanobis": own,
            "mahalanobis_nearest": nearest,
            "mahalanobis_contrast": own - gap.min(axis=1),
            "embedding_norm": norm,
            "residual": np.sqrt(outside) / np.where(norm > 0, norm, 1),
        }


def fit(embeddings: np.ndarray, labels: np.ndarray, n_classes: int, *, seed: int = 0) -> Geometry:
    """Measure the spread on up to 20,000 rows.

    embeddings (N, D) any float type; labels (N,) in [0, K), -1 = not used.
    Reference: Lee et al. 2018, arXiv:1807.03888 (one covariance for all classes); the residual after Wang et al. 2022,
    arXiv:2203.10807, as a share of the length.
    """
    rng = np.random.default_rng((seed, 3))  # no stream that others draw from the same seed
    usable = np.flatnonzero(labels >= 0)
    if len(usable) > _SAMPLE:
        usable = np.sort(rng.choice(usable, _SAMPLE, replace=False))
    rows, y = np.asarray(embeddings[usable], np.float64), labels[usable]
    centre = rows.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((rows - centre).T).reshape(rows.shape[1], rows.shape[1]))
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    share = np.cumsum(values) / max(values.sum(), 1e-12)
    width = min(_WIDEST, int(np.searchsorted(share, 0.99)) + 1, rows.shape[1])
    inside = (rows - centre) @ vectors[:, :width]
    count = np.bincount(y, minlength=n_classes)
    middles = np.zeros((n_classes, width))
    np.add.at(middles, y, inside)
    middles /= np.maximum(count, 1)[:, None]
    within = np.cov((inside - middles[y]).T).reshape(width, width)
    within += np.eye(width) * max(1e-3 * np.trace(within) / width, 1e-12)
    spread, axes = np.linalg.eigh(within)
    whitening = axes / np.sqrt(spread)
    middles = np.where(count[:, None] > 0, middles @ whitening, np.inf)
    return Geometry(centre, vectors[:, :width], whitening, middles)
