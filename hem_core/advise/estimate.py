"""Numbers with an interval, and what follows from several of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DRAWS = 4_000
NORMAL = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval; low <= value <= high."""

    value: float
    low: float
    high: float

    def draws(self, generator: np.random.Generator) -> np.ndarray:
        """(DRAWS,) from a normal distribution with a width of its own on each side of the value."""
        chance = generator.normal(size=DRAWS)
        width = np.where(chance < 0, self.value - self.low, self.high - self.value)
        return self.value + chance * width / NORMAL


def combined(formula: Callable[..., np.ndarray], *parts: Estimate, seed: int = 0) -> Estimate:
    """What a formula gives for independent estimates: its value at theirs, and the middle 95% of its draws.

    formula: arrays (n,) of the parts -> (n,). Reference: propagation of distributions, JCGM 101:2008.
    """
    generator = np.random.default_rng(seed)
    value = float(formula(*(np.array([part.value]) for part in parts))[0])
    low, high = np.quantile(formula(*(part.draws(generator) for part in parts)), [0.025, 0.975])
    return Estimate(value, min(float(low), value), max(float(high), value))
