"""What sets a group of rows apart from others: every value, number and word is tested, and what differs is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from hem_core.slices.statement import Statement
from hem_core.slices.strength import strength_of_shares
from hem_core.slices.subjects import Sides, Subject, subjects
from hem_core.slices.traits import Traits
from hem_core.stats.hypergeometric import benjamini_hochberg, chance_of_so_many
from hem_core.stats.share_ratio import share_ratio

SMALLEST = 8
"""A smaller group is too small to say anything of."""
LEAST_RATIO = 1.25
"""A value is spoken of where its ratio is at least this, or 1 over it, with 95% confidence: with many rows smaller
differences are beyond chance too, and say nothing."""
CHOSEN_RANGE = 1.3
"""A range is the best of many: it has to say this many times as much as the shift of the same number."""
ORDER = ("value", "tag", "pair", "shift", "range", "word")
"""Of statements of the same strength the first kind comes first."""


@dataclass(frozen=True)
class Contrast:
    """What `contrast` finds."""

    statements: list[Statement]
    """The strongest first."""
    n: int
    n_others: int
    n_tested: int


@dataclass(frozen=True, eq=False)
class _Shares:
    """How often each of C things is in the group and elsewhere, and what follows from it; all (C,)."""

    inside: np.ndarray
    outside: np.ndarray
    ratio: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    strength: np.ndarray


def contrast(
    traits: Traits, group: np.ndarray, others: np.ndarray, *, skipped: Collection[str] = (), q: float = 0.05
) -> Contrast:
    """What is more or less frequent, higher or lower in a group of rows than in others, the strongest first.

    group, others: row numbers, without a common one. skipped: columns that are not compared, because they define the
    group. Values, words and ranges of numbers are tested by Fisher's exact test, the shift of a number by the rank
    test of Mann and Whitney, all two-sided; kept is what holds at a false discovery rate of `q` over all of them
    (Benjamini-Hochberg) and is no trifle (`LEAST_RATIO`, `subjects.LEAST_SHIFT`). Of two values that are each other's
    complement one is kept, of a number either its shift or a range.
    A group, or others, of fewer than `SMALLEST` rows are not compared: no statements, n_tested 0.
    Reference: Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    sides = Sides(np.asarray(group), np.asarray(others), traits.n)
    n, m = len(sides.group), len(sides.others)
    if min(n, m) < SMALLEST:
        return Contrast([], n, m, 0)
    tested = [one for one in subjects(traits, sides, frozenset(skipped)) if len(one.inside)]
    if not tested:
        return Contrast([], n, m, 0)
    shares = _shares(tested, n, m)
    adjusted = benjamini_hochberg(shares.p)
    kept: list[Statement] = []
    for subject, places in _places(tested):
        told = [place for place in places if adjusted[place] <= q and shares.strength[place] > 0]
        kept += [
            _statement(subject, place - places[0], place, shares, adjusted, (n, m))
            for place in _best(subject, places[0], told, shares, n)
        ]
    kept.sort(key=lambda one: (-one.strength, one.p, ORDER.index(one.kind), one.columns, str(one.names)))
    return Contrast(kept, n, m, len(shares.p))


def _places(tested: list[Subject]) -> Iterator[tuple[Subject, range]]:
    at = 0
    for subject in tested:
        yield subject, range(at, at + len(subject.inside))
        at += len(subject.inside)


def _best(subject: Subject, first: int, told: list[int], shares: _Shares, n: int) -> list[int]:
    """Of what is told of one number the strongest; of two values that are each other's complement, one."""
    if subject.is_number and told:
        return [max(told, key=lambda place: shares.strength[place] / (1 if place == first else CHOSEN_RANGE))]
    if len(told) == 2 and shares.inside[told].sum() == n:
        return [max(told, key=lambda place: abs(np.log(max(float(shares.ratio[place]), 1e-9))))]
    return told


def _statement(
    subject: Subject, number: int, place: int, shares: _Shares, adjusted: np.ndarray, sizes: tuple[int, int]
) -> Statement:
    return Statement(
        **subject.describe(number),
        n=int(shares.inside[place]),
        n_group=sizes[0],
        n_elsewhere=int(shares.outside[place]),
        n_others=sizes[1],
        ratio=float(shares.ratio[place]),
        low=float(shares.low[place]),
        high=float(shares.high[place]),
        p=float(shares.p[place]),
        p_adjusted=float(adjusted[place]),
        strength=float(shares.strength[place]),
    )


def _shares(tested: list[Subject], n: int, m: int) -> _Shares:
    """All tests at once."""
    inside, outside, p, strength = (
        np.concatenate([getattr(one, name) for one in tested]) for name in ("inside", "outside", "p", "strength")
    )
    ratio, low, high = share_ratio(inside, n, outside, m)
    more = chance_of_so_many(inside, n, inside + outside, n + m)
    less = chance_of_so_many(n - inside, n, n + m - inside - outside, n + m)
    exact = np.minimum(1.0, 2 * np.minimum(more, less))
    is_told = (low >= LEAST_RATIO) | (high <= 1 / LEAST_RATIO)
    of_shares = np.where(is_told, strength_of_shares(inside, n, outside, m), 0.0)
    # Where the two groups differ most, a shift may be told from its range still better than from the ranks.
    own = np.where(strength > 0, np.maximum(strength, of_shares / CHOSEN_RANGE), strength)
    p, strength = np.where(np.isnan(p), exact, p), np.where(np.isnan(strength), of_shares, own)
    return _Shares(inside, outside, ratio, low, high, p, strength)
