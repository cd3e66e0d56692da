"""A power law through a learning curve: error(n) = a + b · n^−c."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EXPONENTS = np.linspace(0.05, 1.5, 59)
"""The exponents that are tried: those measured in practice lie between 0.07 and 1 (Hestness et al. 2017)."""


@dataclass(frozen=True, eq=False)
class PowerLaws:
    """B fitted laws; `asymptote`, `scale` and `exponent` are (B,) each, sizes are counted in `unit`s."""

    asymptote: np.ndarray
    """The error with endless data, 0 or more."""
    scale: np.ndarray
    exponent: np.ndarray
    unit: float

    def error(self, sizes: np.ndarray) -> np.ndarray:
        """(B, M) the error at sizes (M,) or (B, M)."""
        parts = np.asarray(sizes, float) / self.unit
        return self.asymptote[:, None] + self.scale[:, None] * parts ** -self.exponent[:, None]


def fit(sizes: np.ndarray, errors: np.ndarray) -> PowerLaws:
    """The law of least squares through each of B curves.

    sizes (S,) ascending, S >= 3; errors (B, S), 0 .. 1. Asymptote and scale are 0 or more, so that no law rises with
    more data; the exponent is one of EXPONENTS. Squares are divided by the mean error at each size.
    Raises ValueError for fewer than 3 sizes.
    Reference: Cortes et al. 1993, Learning curves: asymptotic values and rate of convergence, NIPS 6; which forms
    fit: Viering & Loog 2021, arXiv:2103.10948.
    """
    if len(sizes) < 3:
        raise ValueError(f"a power law has 3 parameters; there are {len(sizes)} sizes")
    unit = float(sizes[-1])
    x = (np.asarray(sizes, float) / unit)[None, :] ** -EXPONENTS[:, None]  # (C, S)
    weight = 1 / np.maximum(errors.mean(axis=0), 1e-6)  # (S,)
    a, b = _lines(x, errors, weight)  # (B, C) each
    rest = errors[:, None, :] - a[:, :, None] - b[:, :, None] * x  # (B, C, S)
    best = (weight * rest**2).sum(axis=2).argmin(axis=1)
    rows = np.arange(len(errors))
    return PowerLaws(a[rows, best], b[rows, best], EXPONENTS[best], unit)


def _lines(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a and b (B, C), both 0 or more, of the weighted lines y ≈ a + b x; x (C, S), y (B, S), weight (S,)."""
    total = weight.sum()
    mean_x, mean_y = (x * weight).sum(axis=1) / total, (y * weight).sum(axis=1) / total  # (C,), (B,)
    across = (y * weight) @ x.T - total * mean_y[:, None] * mean_x  # (B, C)
    spread = (weight * x**2).sum(axis=1) - total * mean_x**2  # (C,)
    b = np.maximum(across / spread, 0)
    a = mean_y[:, None] - b * mean_x
    through_zero = (y * weight) @ x.T / (weight * x**2).sum(axis=1)
    return np.maximum(a, 0), np.where(a < 0, through_zero, b)
