"""The verdict, by a rule that was fixed before anything was trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hem_core.stats.paired import NO_INTERVAL

TOLERANCE = 0.2
"""The largest accepted loss of overall accuracy, in points, at the lower end of the interval."""
MOST_CHURN = 2.0
"""Accepted regressions, as a multiple of those of a change of seed alone."""


@dataclass(frozen=True)
class Interval:
    """A difference in points with its 95% interval; None where one example alone carries it."""

    mean: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        is_known = self.low is not None and self.high is not None
        ends = f", {self.low:+z.2f} to {self.high:+z.2f}" if is_known else f"; {NO_INTERVAL}"
        return f"{self.mean:+z.2f} points{ends}"

    def in_words(self, unit: str = "%") -> str:
        """+0.61 points (95% interval +0.10 to +1.12); unit: of the measure."""
        is_known = self.low is not None and self.high is not None
        ends = f"95% interval {self.low:+z.2f} to {self.high:+z.2f}" if is_known else NO_INTERVAL
        return f"{self.mean:+z.2f} {difference_unit(unit)}".rstrip() + f" ({ends})"

    def is_above(self, value: float) -> bool:
        """Whether the whole interval lies above a value."""
        return self.low is not None and self.low > value

    def is_below(self, value: float) -> bool:
        """Whether the whole interval lies below a value."""
        return self.high is not None and self.high < value


def difference_unit(unit: str) -> str:
    """The unit of a difference of two values in this one."""
    return "points" if unit == "%" else unit


def verdict(
    overall: Interval,
    target: Interval,
    regressed: float,
    churn: float | None,
    *,
    n_seeds: int,
    target_words: str,
    measure: str = "accuracy",
) -> dict[str, Any]:
    """The verdict on curated against control, as report.json holds it.

    measure: what `overall` is a difference of. regressed: mean number of test examples that curated gets wrong and
    control right; churn: that of a control against the control of another seed, None where there was one seed only.
    ship: every rule passed. hold: the overall interval lies below 0, or the regressions are too many and nothing was
    gained for them. Else "no difference shown".
    """
    limit = None if churn is None else MOST_CHURN * churn
    rules = [
        _rule(
            f"the interval of overall {measure} stays above −{TOLERANCE} points",
            overall.is_above(-TOLERANCE),
            str(overall),
        ),
        _rule("the interval of the targeted slice stays above 0", target.is_above(0), str(target)),
        _rule(
            f"regressions are within {MOST_CHURN:g} times those of a change of seed",
            limit is not None and regressed <= limit,
            f"{regressed:.1f}; a change of seed: "
            + ("not known from one seed; use --seeds 2 or more" if churn is None else f"{churn:.1f}"),
        ),
    ]
    is_ship = all(rule["passed"] for rule in rules)
    is_worse = overall.is_below(0) or (limit is not None and regressed > limit and overall.mean <= 0)
    word = "ship" if is_ship else "hold" if is_worse else "no difference shown"
    reason = _of_verdict(word, overall, measure)
    sentences = [reason, *_sentences(overall, target, n_seeds, target_words, measure)]
    return {"ship": is_ship, "word": word, "sentences": sentences, "rules": rules}


def _rule(words: str, passed: bool, value: str) -> dict[str, Any]:
    return {"rule": words, "passed": bool(passed), "value": value}


def _of_verdict(word: str, overall: Interval, measure: str) -> str:
    """The verdict with its reason; only an interval below 0 shows that a model is worse."""
    if word == "ship":
        return "Ship the curated model."
    if word != "hold":
        return "No difference shown: the changes are within chance."
    if overall.is_below(0):
        return "Hold: the curated training is worse than the same training without curation."
    many = f"regressions exceed {MOST_CHURN:g} times those of a change of seed"
    return f"Hold: {many}, and overall {measure} has not risen."


def _sentences(overall: Interval, target: Interval, n_seeds: int, target_words: str, measure: str) -> list[str]:
    seeds = f"{n_seeds} seeds" if n_seeds > 1 else "one seed"
    return [
        f"Curated against control over {seeds}, overall {measure}: {overall}.",
        f"On the targeted slice ({target_words}): {target}.",
    ]
