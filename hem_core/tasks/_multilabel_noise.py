"""How often tags were added to examples that lack them, and dropped from those that have them, as a model shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST = 1e-6
"""Probabilities are clipped at this value before they become log-odds."""
MOST_CELLS = 200_000
"""Tags of examples, drawn with a fixed seed, on which the shares are fitted."""
USUAL, WEIGHT = 0.05, 100
"""The share of wrong tags that is expected of each kind before anything is seen, and of how many tags that counts."""
CALIBRATED = 300
"""How firmly the model is taken as calibrated: precision of a normal prior on the offset and the log of the slope."""
ALIKE = 10
"""How firmly both kinds are taken as equally frequent: precision of a normal prior on the log of their ratio."""


@dataclass(frozen=True)
class Noise:
    """How the truth becomes what is given, and the model's log-odds become those of the truth."""

    added: float
    """Share, 0 .. 0.5, of the tags that an example lacks and that are given."""
    dropped: float
    """Share, 0 .. 0.5, of the tags that an example has and that are not given."""
    slope: float = 1.0
    offset: float = 0.0

    def truth(self, log_odds: np.ndarray) -> np.ndarray:
        """The probability, 0 .. 1, that an example has a tag, of the model's log-odds for what is given."""
        return 0.5 * (1 + np.tanh(0.5 * (self.offset + self.slope * log_odds)))


def log_odds(probs: np.ndarray) -> np.ndarray:
    """Of probabilities, clipped at 1e-6 and 1 − 1e-6."""
    p = np.clip(np.asarray(probs, np.float64), LEAST, 1 - LEAST)
    return np.log(p) - np.log1p(-p)


def noise_of(given: np.ndarray, probs: np.ndarray) -> Noise:
    """The shares under which the given tags are most probable; given (N, K): 1 yes, 0 no, NaN unknown; probs (N, K).

    A tag is given with probability (1 − dropped) · truth + added · (1 − truth), where the log-odds of the truth rise
    with those of the model: a logistic curve of four parameters (Barton and Lord 1981, ETS RR-81-20), fitted on all
    tags together. Priors keep few tags from saying much, and then the suspicion ranks nearly as 1 − support does; so
    they do for a model whose own probabilities level off at these shares. `benchmarks/tasks.py` measures it.
    """
    from scipy.optimize import minimize

    is_known = ~np.isnan(given)
    state, z = given[is_known].astype(np.float64), log_odds(probs[is_known])
    if len(state) > MOST_CELLS:
        some = np.sort(np.random.default_rng(0).choice(len(state), MOST_CELLS, replace=False))
        state, z = state[some], z[some]
    usual = np.log(2 * USUAL / (1 - 2 * USUAL))
    start = np.array([usual, usual, 0.0, 0.0])
    found = minimize(_cost, start, (state, z), jac=True, method="L-BFGS-B")
    return _noise(found.x)


def _noise(at: np.ndarray) -> Noise:
    """at (4,): log-odds of twice each share, log of the slope, offset."""
    added, dropped = 0.5 / (1 + np.exp(-at[:2]))
    return Noise(float(added), float(dropped), float(np.exp(at[2])), float(at[3]))


def _cost(at: np.ndarray, state: np.ndarray, z: np.ndarray) -> tuple[float, np.ndarray]:
    """−log of the posterior, in nats a tag, and its gradient (4,)."""
    one = _noise(at)
    truth, shares = one.truth(z), np.array([one.added, one.dropped])
    p = ((1 - one.dropped) * truth + one.added * (1 - truth)).clip(1e-12, 1 - 1e-12)
    ratio = np.log(one.dropped / one.added)
    prior = WEIGHT * (USUAL * np.log(shares) + (1 - USUAL) * np.log1p(-shares)).sum()
    prior -= 0.5 * CALIBRATED * (at[2] ** 2 + at[3] ** 2) + 0.5 * ALIKE * ratio**2
    likelihood = np.where(state > 0, np.log(p), np.log1p(-p)).sum()
    by_p = np.where(state > 0, 1 / p, -1 / (1 - p))
    by_shares = np.array([(by_p * (1 - truth)).sum(), -(by_p * truth).sum()])
    by_shares += WEIGHT * (USUAL / shares - (1 - USUAL) / (1 - shares)) + ALIKE * ratio / shares * np.array([1, -1])
    by_truth = by_p * (1 - one.dropped - one.added) * truth * (1 - truth)
    by_curve = np.array([(by_truth * z).sum() * one.slope, by_truth.sum()]) - CALIBRATED * at[2:]
    n = max(1, len(state))
    return -(likelihood + prior) / n, -np.concatenate([by_shares * shares * (1 - 2 * shares), by_curve]) / n
