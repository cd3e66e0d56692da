"""The share of wrong labels, from how many are called mislabelled and how well probes are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
