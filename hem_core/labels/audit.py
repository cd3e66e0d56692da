"""An audit: how many labels are wrong, from a random sample of each bin of difficulty. Numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from hem_core.errors import DataError
from hem_core.stats.wilson import wilson

PILOT = 10
"""Reviews in each bin before reviews go where they help most: until then a bin's rate is hardly known."""
STEPS = (0.2, 0.15, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005)
"""Half widths of an interval that a forecast is made for."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Bin:
    """Rows of about equal difficulty, `low` to `high` (NaN: no difficulty), and what people found in them.

    Each of the four counts is of rows whose verdict says whether the label is right; 0 <= wrong <= drawn.
    """

    low: float
    high: float
    n: int
    drawn: int = 0
    """Drawn at random by the audit, and judged blind."""
    wrong: int = 0
    known: int = 0
    """Judged otherwise, such as suspects: they count as themselves, and say nothing of the rest."""
    known_wrong: int = 0

    @property
    def left(self) -> int:
        """Rows that nobody has judged."""
        return self.n - self.known - self.drawn


@dataclass(frozen=True)
class Share:
    """A share of wrong labels and its interval, 0 .. 1; the share is NaN while a bin has no review."""

    share: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2


def shares(bins: Sequence[Bin], confidence: float = CONFIDENCE) -> list[Share]:
    """The share of wrong labels in each bin.

    Wilson's interval of the drawn, with as many reviews as a sample without replacement is worth: drawn · (M − 1) /
    (M − drawn) of the M rows that are not judged otherwise. What is judged otherwise counts as itself.
    Raises DataError for a confidence outside of 0.5 .. 0.999.
    """
    found = _Counts.of(bins, confidence)
    intervals = found.intervals(found.drawn, is_corrected=False)
    return [Share(*map(float, one)) for one in zip(*(part[:, 0] for part in intervals), strict=True)]


def total(bins: Sequence[Bin], confidence: float = CONFIDENCE) -> Share:
    """The share of wrong labels in all bins, weighted by their sizes. N = 0 gives NaN, 0, 1.

    Wilson's intervals of the bins, with the correction for continuity since a bin may have few wrong labels, are
    combined by the squares of their distances from the share (MOVER). A bin without a review adds the whole range from
    0 to 1. At 95% it covers the truth in 93 to 98 of 100 simulated audits that stop by their rule.
    Reference: Zou & Donner 2008, doi:10.1002/sim.3095; Wilson's per stratum: Yan & Su 2010, doi:10.1198/sbr.2009.0047.
    """
    found = _Counts.of(bins, confidence)
    return found.total(found.drawn)


def next_bins(bins: Sequence[Bin], most: int, confidence: float = CONFIDENCE) -> list[int]:
    """The bin of each of the next reviews, at most `most` of them; fewer where nothing is left.

    First PILOT in each bin in turn, then each review where the interval of the total shrinks most, at the rates found
    so far: the allocation of Neyman 1934 (doi:10.2307/2342192), one review at a time.
    """
    return _Counts.of(bins, confidence).path(most)


def reviews_left(bins: Sequence[Bin], half: float, confidence: float = CONFIDENCE) -> int:
    """About how many more reviews until the interval of the total is ± `half` (0 .. 1) wide, at the rates found so far.

    At least those of PILOT that a bin lacks; 0 where it has them and is as narrow, and where nothing is left to review.
    """
    counts = _Counts.of(bins, confidence)
    return max(int(counts.of_pilot.sum()), counts.reviews_left(half))


def forecast(one: Bin, confidence: float = CONFIDENCE) -> tuple[int, float] | None:
    """How many more reviews narrow a bin's interval to the next of STEPS: (reviews, that half width).

    None before the first review, and where the rows that are left do not suffice or the interval is narrower already.
    """
    found = _Counts.of([one], confidence)
    if one.drawn == 0 or one.left == 0:
        return None
    now = found.half_of_bin(one.drawn)
    step = next((step for step in STEPS if step < now), None)
    if step is None:
        return None
    few, many = 0, one.left
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if found.half_of_bin(one.drawn + middle) <= step else (middle, many)
    return many, step


@dataclass(frozen=True, eq=False)
class _Counts:
    """The bins as arrays (B, 1)."""

    n: np.ndarray
    most: np.ndarray
    """How many the audit can draw in all."""
    drawn: np.ndarray
    rate: np.ndarray
    """Of the drawn; NaN where there are none."""
    known_wrong: np.ndarray
    z: float

    @classmethod
    def of(cls, bins: Sequence[Bin], confidence: float) -> _Counts:
        if not 0.5 <= confidence <= 0.999:
            raise DataError(f"the confidence of an audit must be from 0.5 to 0.999; got {confidence}")
        names = ("n", "known", "drawn", "wrong", "known_wrong")
        n, known, drawn, wrong, known_wrong = (
            np.array([[getattr(one, name)] for one in bins], float).reshape(-1, 1) for name in names
        )
        rate = np.divide(wrong, drawn, out=np.full(drawn.shape, np.nan), where=drawn > 0)
        return cls(n, n - known, drawn, rate, known_wrong, NormalDist().inv_cdf((1 + confidence) / 2))

    def intervals(self, drawn: np.ndarray, *, is_corrected: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Share, low and high of each bin, (B, M), had `drawn` (B, M) been reviewed at the rates found so far."""
        is_known, is_all = drawn > 0, drawn >= self.most
        rest = np.maximum(self.most - drawn, 1)
        worth = np.where(is_all, drawn, drawn * np.maximum(self.most - 1, 1) / rest)
        rate = np.where(self.most == 0, 0.0, self.rate) + np.zeros(drawn.shape)
        low, high = wilson(np.where(is_known, rate, 0) * worth, worth, z=self.z, is_corrected=is_corrected)
        low, high = (np.where(is_all, rate, np.where(is_known, end, side)) for end, side in ((low, 0), (high, 1)))
        size = np.maximum(self.n, 1)
        share, low, high = ((self.known_wrong + self.most * part) / size for part in (rate, low, high))
        return share, low, high

    def total(self, drawn: np.ndarray) -> Share:
        """Of all bins, had `drawn` (B, 1) been reviewed."""
        share, low, high = self.intervals(drawn)
        n = self.n.sum()
        if n == 0:
            return Share(float("nan"), 0.0, 1.0)
        weight, is_known = self.n / n, ~np.isnan(share)
        middle = float((weight * share)[is_known].sum())
        below, above = (weight * low)[~is_known].sum(), (weight * high)[~is_known].sum()
        down = np.sqrt((weight**2 * (share - low) ** 2)[is_known].sum())
        up = np.sqrt((weight**2 * (high - share) ** 2)[is_known].sum())
        shown = middle if is_known.all() else float("nan")
        return Share(shown, max(0.0, float(middle + below - down)), min(1.0, float(middle + above + up)))

    @property
    def of_pilot(self) -> np.ndarray:
        """(B,) the reviews of the pilot that each bin lacks."""
        return np.maximum(np.minimum(PILOT, self.most) - self.drawn, 0).astype(int)[:, 0]

    def path(self, most: int, step: int = 1) -> list[int]:
        """The bin of each of the next steps, of `step` reviews each: first those of the pilot."""
        missing = self.of_pilot
        turn = [(self.drawn[at, 0] + k, at) for at, count in enumerate(missing) for k in range(0, count, step)]
        pilot = [at for _drawn, at in sorted(turn)][:most]
        counts = self._with_rates()
        ahead = counts.drawn + missing[:, None] + step * np.arange(most - len(pilot) + 1)  # (B, M + 1)
        spread = self.n**2 * counts._squared(np.minimum(ahead, self.most))
        gain = np.where(ahead[:, :-1] < self.most, spread[:, :-1] - spread[:, 1:], -np.inf)  # (B, M)
        best = np.argsort(-gain, axis=None, kind="stable")[: most - len(pilot)]
        where = [int(at) for at in best if np.isfinite(gain.flat[at])]
        return pilot + [at // max(1, gain.shape[1]) for at in where]

    def reviews_left(self, half: float) -> int:
        """How many reviews along the path until the total is ± `half`."""
        if self.total(self.drawn).half <= half:
            return 0
        counts, most = self._with_rates(), int((self.most - self.drawn).sum())
        ahead = min(most, 64)
        while ahead < most and counts._half_after(counts._ahead(ahead)) > half:
            ahead = min(most, 2 * ahead)
        few, many = 0, ahead
        path, step = counts._ahead(ahead)
        while many - few > step:
            middle = (few + many) // 2
            few, many = (few, middle) if counts._half_after((path[: middle // step], step)) <= half else (middle, many)
        return many

    def _ahead(self, most: int) -> tuple[list[int], int]:
        """The path over `most` reviews, in at most a thousand steps or so, and the size of a step."""
        step = max(1, most // 1000)
        return self.path(most // step, step), step

    def _half_after(self, ahead: tuple[list[int], int]) -> float:
        path, step = ahead
        drawn = self.drawn[:, 0] + step * np.bincount(np.array(path, int), minlength=len(self.n))
        return self.total(np.minimum(drawn[:, None], self.most)).half

    def half_of_bin(self, drawn: int) -> float:
        """Of the only bin, as `shares` gives it."""
        _share, low, high = self.intervals(np.array([[float(drawn)]]), is_corrected=False)
        return float(high[0, 0] - low[0, 0]) / 2

    def _with_rates(self) -> _Counts:
        """A bin without a review is taken to be like the others; before any review, to have some 5% wrong labels."""
        is_known = ~np.isnan(self.rate)
        pooled = ((self.rate * self.drawn)[is_known].sum() + 0.5) / (self.drawn[is_known].sum() + 10)
        return replace(self, rate=np.where(is_known, self.rate, pooled))

    def _squared(self, drawn: np.ndarray) -> np.ndarray:
        share, low, high = self.intervals(drawn)
        return (share - low) ** 2 + (high - share) ** 2
