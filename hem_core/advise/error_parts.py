"""How much of the held-out error can be removed, and how much cannot: by the learning curve, else by people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hem_core.advise.advice import ErrorParts, Share
from hem_core.advise.estimate import Estimate, combined
from hem_core.advise.label_noise import wrong_labels
from hem_core.advise.learning_curve import laws
from hem_core.stats.wilson import wilson
from hem_core.store.verdicts import WITHOUT_OPINION

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts

LEAST_JUDGED = 30
"""Wrong predictions that people judged, from which shares are named."""
UNCLEAR = ("ambiguous", "outlier")
"""Verdicts for which no model can be blamed, nor the label."""
WIDEST = 0.5
"""An interval that spans more than this share of the error says nothing."""


def error_parts(facts: Facts) -> ErrorParts | None:
    """The parts of the held-out error of a run; None where its error is not known, or not of unseen examples."""
    known = facts.is_wrong[~np.isnan(facts.is_wrong)]
    if not len(known) or not facts.is_held_out or not facts.has_classes:
        return None
    low, high = (float(end) for end in wilson(known.sum(), len(known)))
    error = Share(float(known.mean()), low, high)
    wrong = wrong_labels(facts)
    labels = None if wrong is None else Share(*_ends(wrong.share))
    found = _by_curve(facts, wrong.share if wrong else None) or _by_people(facts, error)
    if found is None:
        way = "measure a learning curve with `hem advise RUN --curve`, or audit labels until 30 errors are among them"
        seen = _of_those_looked_at(facts)
        return ErrorParts(error, None, None, labels, f"Not known how much can be removed; {way}.{seen}")
    irreducible, how = found
    most = max(0.0, error.value - irreducible.low)
    reducible = Share(max(0.0, error.value - irreducible.value), max(0.0, error.value - irreducible.high), most)
    if irreducible.high - irreducible.low > WIDEST * error.value:
        span = f"between {irreducible.low:.1%} and {min(irreducible.high, error.value):.1%}"
        return ErrorParts(error, None, None, labels, f"Not known: {span} of the examples, {how}; too wide to say.")
    return ErrorParts(error, reducible, irreducible, labels, f"Estimated {how}.")


def _by_curve(facts: Facts, wrong: Estimate | None) -> tuple[Share, str] | None:
    """The error that the fitted law keeps with endless data, without the wrong labels."""
    trials = facts.trials
    if trials is None or trials.is_memorised:
        return None
    found = laws(trials, np.flatnonzero(trials.fold >= 0))
    if found is None:
        return None
    low, high = np.quantile(found.asymptote[1:], [0.025, 0.975])
    value = float(np.clip(found.asymptote[0], low, high))
    left = Estimate(value, float(low), float(high))
    how = f"by where the learning curve of {trials.of} levels off: what more data do not remove for this model"
    if wrong is None:
        return Share(*_ends(left)), f"{how}; the share of wrong labels in it is not known"
    without = combined(lambda all_of_it, labels: np.maximum(0, all_of_it - labels), left, wrong)
    return Share(*_ends(without)), f"{how}, less the wrong labels"


def _by_people(facts: Facts, error: Share) -> tuple[Share, str] | None:
    """Of the wrong predictions that an audit drew at random and people judged, those without one right answer.

    Each stands for its part of the errors in its bin of difficulty, since an audit draws more from some bins; n is
    Kish's effective size (Survey Sampling, 1965). Other verdicts do not count: suspects are no random sample.
    """
    if facts.audit is None:
        return None
    tags, bin_of = _judged(facts, facts.audit.done), facts.audit.frame.bin_of
    n_errors = np.bincount(bin_of[facts.is_wrong == 1])
    n_judged = np.bincount(bin_of[list(tags)], minlength=len(n_errors)) if tags else np.zeros(len(n_errors))
    if len(tags) < LEAST_JUDGED or (n_judged[n_errors > 0] == 0).any():
        return None
    weight = (n_errors / np.maximum(n_judged, 1))[bin_of[list(tags)]]
    is_unclear = np.isin(list(tags.values()), UNCLEAR)
    share, n = float((weight * is_unclear).sum() / weight.sum()), weight.sum() ** 2 / (weight**2).sum()
    low, high = (float(end) for end in wilson(share * n, n))
    errors = f"{len(tags):,} judged wrong predictions, drawn at random"
    how = f"by {errors}, {int(is_unclear.sum()):,} of them ambiguous or out of place"
    return Share(*(error.value * end for end in (share, low, high))), how


def _judged(facts: Facts, rows: np.ndarray) -> dict[int, str]:
    """Row -> its verdict, of those of the rows whose prediction is wrong and whose verdict is an opinion."""
    tags = facts.verdicts["tag"].to_dict()
    wrong = rows[facts.is_wrong[rows] == 1].tolist()
    found = {row: tags.get(facts.column("id")[row], WITHOUT_OPINION) for row in wrong}
    return {row: tag for row, tag in found.items() if tag != WITHOUT_OPINION}


def _of_those_looked_at(facts: Facts) -> str:
    """What people said of wrong predictions that were not drawn at random, which says nothing of the others."""
    judged = _judged(facts, np.arange(facts.run.n))
    n_unclear = sum(tag in UNCLEAR for tag in judged.values())
    if not judged:
        return ""
    return f" Of the {len(judged):,} that people looked at, {n_unclear:,} are ambiguous or out of place."


def _ends(of: Estimate) -> tuple[float, float, float]:
    return of.value, of.low, of.high
