"""Numbers with an interval, and what follows from several of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DRAWS = 4_000
NORMAL = 1.959964


def rule_of_three(n: int) -> float:
    """The end of the 95% interval, 0 .. 1, of the share of what none of n examples shows: 3/n.

    Reference: Hanley & Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031.
    """
    return min(1.0, 3 / max(n, 1))


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval; low <= value <= high."""

    value: float
    low: float
    high: float

    def at_least(self, half: float) -> Estimate:
        """The same number, each side of whose interval is `half` or wider."""
        return Estimate(self.value, min(self.low, self.value - half), max(self.high, self.value + half))

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


def pooled(*parts: Estimate) -> Estimate:
    """The same number from several sources: their mean, each weighted by the inverse of its squared standard error.

    Raises ValueError for an interval without width, which would count alone: see `rule_of_three`.
    Reference: Cochran 1954, doi:10.2307/3001666.
    """
    if any(part.high <= part.low for part in parts):
        raise ValueError("an interval without width cannot be weighted; widen it with `at_least`")
    weights = [(2 * NORMAL / (part.high - part.low)) ** 2 for part in parts]
    value = sum(weight * part.value for weight, part in zip(weights, parts, strict=True)) / sum(weights)
    half = NORMAL / sum(weights) ** 0.5
    return Estimate(value, value - half, value + half)
