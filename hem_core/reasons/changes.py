"""Which reasons people's tags changed, and what they taught that changed them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.reasons.calibrate import Calibrated
from hem_core.reasons.classifier import stretched
from hem_core.reasons.features import Features
from hem_core.reasons.rules import REASONS, UNSURE

MOST_ROWS = 2_000
MOST_WHY = 3
HIGH, LOW = 0.75, 0.25
"""Mean place of the changed rows from which a feature is called high, or low."""


@dataclass(frozen=True, eq=False)
class Fits:
    """The fit without people's tags and the one with them, and what both read."""

    untaught: Calibrated
    taught: Calibrated
    rows: Features
    facts: Features | None


def changes(was: np.ndarray, now: np.ndarray, fits: Fits) -> list[dict[str, Any]]:
    """Each change of a reason by people's tags as {was, now, n, because}, the most frequent first.

    was, now (N,) strings out of REASONS or "unsure", without the tags and with them. because: up to `MOST_WHY`
    features, such as "low brightness", in the order in which what the tags taught of them favours the new reason over
    the old one, on average over the rows.
    """
    rows = np.flatnonzero(was != now)
    pairs = list(zip(was[rows].tolist(), now[rows].tolist(), strict=True))
    told = []
    for (before, after), n in sorted(Counter(pairs).items(), key=lambda one: (-one[1], one[0])):
        here = rows[[pair == (before, after) for pair in pairs]][:MOST_ROWS]
        told.append({"was": before, "now": after, "n": n, "because": _because(here, before, after, fits)})
    return told


def _because(rows: np.ndarray, before: str, after: str, fits: Fits) -> list[str]:
    if UNSURE in (before, after):
        return []
    to, off = REASONS.index(after), REASONS.index(before)
    if {to, off} == {REASONS.index("easy"), REASONS.index("subtle")} or fits.taught is fits.untaught:
        return []
    moved = _speaks(fits.taught, fits.rows, rows, to, off) - _speaks(fits.untaught, fits.rows, rows, to, off)
    names, places, gain = list(fits.rows.names), fits.rows.values[rows].mean(axis=0), moved.mean(axis=0)
    if fits.taught.of_facts is not None and fits.facts is not None:
        added = fits.taught.of_facts.added_by(fits.facts.values[rows])
        names += fits.facts.names
        places = np.append(places, fits.facts.values[rows].mean(axis=0))
        gain = np.append(gain, (added[:, :, to] - added[:, :, off]).mean(axis=0))
    best = [k for k in np.argsort(-gain, kind="stable") if gain[k] > 0][:MOST_WHY]
    return [f"{_level(float(places[k]))} {names[k].replace('_', ' ')}".strip() for k in best]


def _speaks(fit: Calibrated, features: Features, rows: np.ndarray, to: int, off: int) -> np.ndarray:
    """(n, F): how much each feature of these rows favours one reason over another."""
    weights = (fit.model.weights[:, to] - fit.model.weights[:, off]) / fit.model.temperature
    parts = stretched(features.values[rows]) * weights  # (n, 3 F)
    return parts.reshape(len(rows), 3, len(features.names)).sum(axis=1)


def _level(place: float) -> str:
    return "high" if place >= HIGH else "low" if place <= LOW else ""
