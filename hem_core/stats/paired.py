"""Measures of several models on the same examples, with their differences over the same resamples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
NO_INTERVAL = "one example: no interval"
"""What is printed in place of an interval where one example alone carries a measure."""
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
    """One measure of two models and their difference, after minus before, with its interval; None where one example
    alone carries the measure, so that no resample changes it."""

    measure: Measure
    before: float
    after: float
    difference: float
    low: float | None
    high: float | None

    @property
    def is_better(self) -> bool:
        """Whether the whole interval lies on the better side of 0."""
        return self._side == (1 if self.measure.higher_is_better else -1)

    @property
    def is_worse(self) -> bool:
        """Whether the whole interval lies on the worse side of 0."""
        return self._side == (-1 if self.measure.higher_is_better else 1)

    @property
    def _side(self) -> int:
        """1 where the interval lies above 0, -1 below, 0 where it holds 0 or there is none."""
        if self.low is None or self.high is None:
            return 0
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True, eq=False)
class Paired:
    """M measures of A models on N examples, and of B resamples of these examples, the same ones for every model."""

    measures: tuple[Measure, ...]
    point: np.ndarray
    """(A, M) float64; NaN where it cannot be measured."""
    draws: np.ndarray
    """(B, A, M) float64; NaN where a measure cannot be resampled, since one example alone carries it."""
    n: int
    """N, the number of examples."""

    def differences(self, before: int = 0, after: int = 1) -> list[Difference]:
        """Of two of the models; measures that are not known of both are left out."""
        found = []
        for at, measure in enumerate(self.measures):
            values = float(self.point[before, at]), float(self.point[after, at])
            if np.isfinite(values).all():
                gained = values[1] - values[0]
                low, high = known_interval(self.draws[:, after, at] - self.draws[:, before, at])
                low = min(low, gained) if low is not None else None  # the resamples may lie to one side of the value
                high = max(high, gained) if high is not None else None
                found.append(Difference(measure, *values, gained, low, high))
        return found


def known_interval(samples: np.ndarray) -> tuple[float, float] | tuple[None, None]:
    """The `interval` of resampled values (B,); None where none of them is known."""
    low, high = interval(samples)
    return (low, high) if np.isfinite([low, high]).all() else (None, None)


def interval(samples: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The middle part of resampled values (B,), NaN left out; (NaN, NaN) where none is left.

    Reference: Efron 1979, doi:10.1214/aos/1176344552 (percentile interval).
    """
    known = samples[np.isfinite(samples)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
