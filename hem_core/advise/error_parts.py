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
        way = "measure a learning curve with `hem advise RUN --curve`, or review wrong predictions, some 30 of them"
        return ErrorParts(error, None, None, labels, f"Not known how much can be removed; {way}.")
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
    """Of the wrong predictions that people judged, those without one right answer."""
    tags = facts.verdicts["tag"].to_dict()
    wrong = facts.column("id")[facts.is_wrong == 1].tolist()
    judged = [tags[id] for id in wrong if tags.get(id, WITHOUT_OPINION) != WITHOUT_OPINION]
    if len(judged) < LEAST_JUDGED:
        return None
    n_unclear = sum(tag in UNCLEAR for tag in judged)
    low, high = (float(end) for end in wilson(n_unclear, len(judged)))
    ends = (n_unclear / len(judged), low, high)
    how = f"by {len(judged):,} judged wrong predictions, {n_unclear:,} of them ambiguous or out of place"
    return Share(*(error.value * end for end in ends)), how


def _ends(of: Estimate) -> tuple[float, float, float]:
    return of.value, of.low, of.high
