"""What the committed benchmarks measured, where the run itself has measured nothing. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from hem_core.advise.estimate import Estimate


@dataclass(frozen=True)
class Corrected:
    """A row "all labels put right" of "Which labels are looked at" in benchmarks/RESULTS.md; a test compares them."""

    data: str
    share: float
    """Of the labels that were wrong and put right."""
    gain: float
    """Points of accuracy, with the 95% interval over seeds."""
    low: float
    high: float


CORRECTED = (Corrected("digits", 0.10, 0.6, 0.1, 1.1), Corrected("garments", 0.10, 2.2, 1.4, 3.0))


def points_per_corrected_percent() -> Estimate:
    """Points of accuracy for each 1% of all labels that is corrected: the mean over the benchmark's data sets, from
    the lowest end of their intervals to the highest."""
    percents = [(100 * one.share, one) for one in CORRECTED]
    gain = sum(one.gain / percent for percent, one in percents) / len(percents)
    low, high = (
        min(one.low / percent for percent, one in percents),
        max(one.high / percent for percent, one in percents),
    )
    return Estimate(gain, low, high)
