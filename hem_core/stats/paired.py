"""Measures of several models on the same examples, with their differences over the same resamples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 200
"""Draws of a paired bootstrap."""


@dataclass(frozen=True)
class Measure:
    """What is measured."""

    name: str
    higher_is_better: bool = True
    unit: str = "share"
    """As of a `Metric`: "share" is printed in percent."""
    label: str | None = None
    """The class that it is of; None for all together."""
    n: int | None = None
    """The number of given parts that it is measured on, where it is of a class."""


@dataclass(frozen=True)
class Difference:
    """One measure of two models and their difference, after minus before, with its interval."""

    measure: Measure
    before: float
    after: float
    difference: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Whether the whole interval lies on the better side of 0."""
        return self.low > 0 if self.measure.higher_is_better else self.high < 0

    @property
    def is_worse(self) -> bool:
        """Whether the whole interval lies on the worse side of 0."""
        return self.high < 0 if self.measure.higher_is_better else self.low > 0


@dataclass(frozen=True, eq=False)
class Paired:
    """M measures of A models on N examples, and of B resamples of these examples, the same ones for every model."""

    measures: tuple[Measure, ...]
    point: np.ndarray
    """(A, M) float64; NaN where it cannot be measured."""
    draws: np.ndarray
    """(B, A, M) float64."""
    n: int
    """N, the number of examples."""

    def differences(self, before: int = 0, after: int = 1) -> list[Difference]:
        """Of two of the models; measures that are not known of both are left out."""
        found = []
        for at, measure in enumerate(self.measures):
            values = float(self.point[before, at]), float(self.point[after, at])
            if np.isfinite(values).all():
                low, high = interval(self.draws[:, after, at] - self.draws[:, before, at])
                gained = values[1] - values[0]
                found.append(Difference(measure, *values, gained, *_around(gained, low, high)))
        return found


def interval(samples: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The middle part of resampled values (B,), NaN left out; (NaN, NaN) where none is left.

    Reference: Efron 1979, doi:10.1214/aos/1176344552 (percentile interval).
    """
    known = samples[np.isfinite(samples)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _around(value: float, low: float, high: float) -> tuple[float, float]:
    """The interval, widened where it does not hold the value itself."""
    return (min(low, value), max(high, value)) if np.isfinite([low, high]).all() else (value, value)
