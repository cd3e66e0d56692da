"""How values of a measure and their differences are printed: shares in percent and points, numbers in their unit."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10

from hem_core.loop.measures import SHARE, Measure

DIGITS = 3
"""Digits of a number that are printed."""


def value(measure: Measure, number: float) -> str:
    """`94.5%`; a number with three digits, `0.512` or `151`."""
    return f"{number:.1%}" if measure.unit == SHARE else f"{number:,.{decimals(number)}f}"


def spread(measure: Measure, entry: Mapping[str, float]) -> str:
    """The standard deviation over seeds in the digits of the mean; entry: `mean` and `sd`."""
    return f"{entry['sd'] * 100:.1f}" if measure.unit == SHARE else f"{entry['sd']:,.{decimals(entry['mean'])}f}"


def with_spread(measure: Measure, entry: Mapping[str, float]) -> str:
    """`94.5% ± 1.0%`; entry: `mean` and `sd`."""
    sign = "%" if measure.unit == SHARE else ""
    return f"{value(measure, entry['mean'])} ± {spread(measure, entry)}{sign}"


def change(measure: Measure, number: float, of: float) -> str:
    """A difference with its sign, in points or in the digits of the number `of` that it is a difference of."""
    return f"{number * 100:+z.1f}" if measure.unit == SHARE else f"{number:+z,.{decimals(of)}f}"


def interval(measure: Measure, found: Mapping[str, float | None]) -> tuple[str, str]:
    """The mean of a difference, and its ends as `-0.2 to +1.3`, "" where it has none; found: mean, low, high."""
    mean, low, high = found["mean"], found["low"], found["high"]
    assert mean is not None
    if low is None or high is None:
        return change(measure, mean, mean), ""
    largest = max(abs(mean), abs(low), abs(high))
    return change(measure, mean, largest), f"{change(measure, low, largest)} to {change(measure, high, largest)}"


def of_measure(measure: Measure) -> str:
    """What follows the mean of a difference in a sentence: `points of accuracy`, `in mean absolute error`."""
    return f"points of {measure.words}" if measure.unit == SHARE else f"in {measure.words}"


def title(measure: Measure) -> str:
    """The words with the unit of what is no share."""
    return measure.words if measure.unit in (SHARE, "") else f"{measure.words} ({measure.unit})"


def decimals(number: float) -> int:
    """How many digits behind the point show three digits of a number."""
    return min(6, max(0, DIGITS - 1 - floor(log10(abs(number))))) if number else DIGITS - 1
