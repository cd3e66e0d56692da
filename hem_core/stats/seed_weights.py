"""Weights of a few repetitions, such as seeds, with which a bootstrap over something else also covers their chance."""

from __future__ import annotations

import numpy as np

CONFIDENCE, NORMAL = 0.95, 1.959964
"""Of the interval, and the end of the standard normal one."""


def seed_weights(n_seeds: int, draws: int, generator: np.random.Generator) -> np.ndarray:
    """(draws, n_seeds) weights that sum to 1 in each draw; all 1 for one seed, of whose chance nothing is known.

    The mean of values with these weights is normal about their mean; its middle 95% is the interval of Student's t for
    n_seeds values. Seeds drawn with replacement give a narrower one: by √((S − 1) / S), and as if their spread were
    known, which for S = 2 is a sixth of the width.
    Reference: Student 1908, doi:10.1093/biomet/6.1.1.
    """
    from scipy.stats import t

    if n_seeds < 2:
        return np.ones((draws, n_seeds))
    chance = generator.normal(size=(draws, n_seeds))
    chance -= chance.mean(axis=1, keepdims=True)
    wider = t.ppf((1 + CONFIDENCE) / 2, n_seeds - 1) / NORMAL
    return 1 / n_seeds + wider * chance / np.sqrt(n_seeds * (n_seeds - 1))
