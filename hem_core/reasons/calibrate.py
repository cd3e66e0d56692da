"""Reasons with probabilities: a model fitted to probes and tags, and adapted to how common each kind is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.reasons.classifier import HARD, ReasonModel, estimate_prior, fit, merged
from hem_core.reasons.features import Features
from hem_core.reasons.own_facts import FactsModel, fit_facts, with_facts
from hem_core.reasons.rules import REASONS

TAG_WEIGHT = 5.0
LEAVE_OPEN = {
    "hard": ("mislabelled", "ambiguous", "outlier", "easy"),
    "right": ("mislabelled", "ambiguous", "outlier", "rare"),
}
"""A verdict that does not name a reason -> the reasons that it rules out: whoever says "hard" or "right" had keys for a
wrong label, for an ambiguous one and for an outlier beside it; "right" has nothing special about it."""
SURELY = 0.7
"""Rows with a higher probability of being mislabelled, were all kinds as common, join the fit."""
MOST_HARD = 2_000
_SAMPLE = 20_000


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What `calibrate` returns."""

    model: ReasonModel
    prior: np.ndarray
    """(7,) the assumed share of each kind of FITTED, (6,) of REASONS where facts count."""
    probs: np.ndarray
    """(N, 6) float32: of REASONS for each row, under that prior."""
    of_facts: FactsModel | None = None
    """What the examples' own facts add; None without facts or enough tags."""


def calibrate(
    rows: Features,
    examples: np.ndarray,
    kinds: np.ndarray,
    *,
    seed: int,
    is_wrong: np.ndarray | None = None,
    tagged: np.ndarray | None = None,
    tags: Sequence[str] = (),
    own_facts: Features | None = None,
) -> Calibrated:
    """Fit the classifier and return the probabilities of each row.

    rows: features of the N rows; examples (M, F): of planted probes and chosen regular rows; kinds (M,): theirs.
    is_wrong (N,): what a fresh model gets wrong as labelled. tagged (T,) row numbers and tags: what people said of
    them, out of REASONS, or a key of LEAVE_OPEN: whatever the model holds likeliest but the reasons that it rules out.
    Each counts TAG_WEIGHT times a probe. own_facts: of the N rows, places like the features; they count where there are
    tags (see `own_facts`).
    A first fit finds rows that are surely mislabelled, up to as many as there are such probes, and how likely each
    row of is_wrong is to be hard but right; both join the last fit, the latter as a kind of their own, since the rows
    chosen as easy or subtle are sound and no probe looks like them. All kinds count as equally common there, so that
    which rows join does not depend on the estimated prior. Every figure in `model.measured` is of probes that the fit
    was without.
    """
    tagged = np.asarray(np.empty(0) if tagged is None else tagged, np.int64)
    words = _closed(rows, examples, kinds, tagged, np.array(tags, dtype=object), seed)
    first = _fitted(rows, examples, kinds, tagged, words, seed, n_folds=0).probs(rows.values)
    more = _surely_mislabelled(first, int((kinds == "mislabelled").sum()), tagged, seed)
    hard = _hard(is_wrong, np.concatenate([tagged, more]), seed)
    names = np.repeat(np.array(["mislabelled", HARD], dtype=object), [len(more), len(hard)])
    is_right = first[hard][:, [REASONS.index("subtle"), REASONS.index("easy")]].sum(axis=1)
    weights = [np.ones(len(examples)), np.full(len(tagged), TAG_WEIGHT), np.ones(len(more)), is_right + 1e-6]
    joined, labels = np.concatenate([tagged, more, hard]), np.concatenate([words, names])
    model = _fitted(rows, examples, kinds, joined, labels, seed, n_folds=5, weights=np.concatenate(weights))
    if own_facts is not None and len(tagged):
        return _with_facts(model, rows, own_facts, tagged, tags)
    return Calibrated(model, *_weighed(model.probs_fitted(rows.values)))


def _with_facts(
    model: ReasonModel, rows: Features, facts: Features, tagged: np.ndarray, tags: Sequence[str]
) -> Calibrated:
    flat = model.probs_fitted(rows.values)
    of_tagged = Features(facts.values[tagged], facts.names)
    found = fit_facts(of_tagged, merged(flat[tagged]), tags, LEAVE_OPEN)
    return Calibrated(model, *_weighed(with_facts(merged(flat), found, facts) if found else flat), found)


def _closed(
    rows: Features, examples: np.ndarray, kinds: np.ndarray, tagged: np.ndarray, tags: np.ndarray, seed: int
) -> np.ndarray:
    """The tags (T,), those that leave the reason open replaced by the likeliest reason that they leave."""
    is_open = np.isin(tags, list(LEAVE_OPEN))
    if not is_open.any():
        return tags
    model = _fitted(rows, examples, kinds, tagged[~is_open], tags[~is_open], seed, n_folds=0)
    probs = model.probs(rows.values[tagged[is_open]])
    for word, ruled_out in LEAVE_OPEN.items():
        probs[np.ix_(tags[is_open] == word, [REASONS.index(reason) for reason in ruled_out])] = 0
    closed = tags.copy()
    closed[is_open] = np.array(REASONS, dtype=object)[probs.argmax(axis=1)]
    return closed


def _weighed(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The share of each kind, and the rows' probabilities (N, 6) under it.

    flat: of FITTED (N, 7) or of REASONS (N, 6), were all kinds as common."""
    prior = estimate_prior(flat[:: max(1, len(flat) // _SAMPLE)])
    return prior, under(prior, flat)


def under(prior: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """(N, 6) probabilities of REASONS where each kind has its share in `prior`, of those were all kinds as common.

    Both are of FITTED, (7,) and (N, 7), or both of REASONS."""
    weighed = flat * prior.astype(np.float32)
    weighed = merged(weighed) if flat.shape[1] > len(REASONS) else weighed
    return weighed / weighed.sum(axis=1, keepdims=True)


def _surely_mislabelled(probs: np.ndarray, most: int, tagged: np.ndarray, seed: int) -> np.ndarray:
    """Up to `most` rows that are mislabelled by `SURELY` and more, by probs (N, 6), none of them tagged."""
    sure = np.setdiff1d(np.flatnonzero(probs[:, REASONS.index("mislabelled")] >= SURELY), tagged)
    rng = np.random.default_rng((seed, 4))  # no stream that others draw from the same seed
    return np.sort(rng.choice(sure, most, replace=False)) if len(sure) > most else sure


def _hard(is_wrong: np.ndarray | None, taken: np.ndarray, seed: int) -> np.ndarray:
    """Up to `MOST_HARD` of the rows that a fresh model gets wrong, none of them taken."""
    if is_wrong is None:
        return np.empty(0, np.int64)
    free = np.setdiff1d(np.flatnonzero(is_wrong), taken)
    rng = np.random.default_rng((seed, 5))  # no stream that others draw from the same seed
    return np.sort(rng.choice(free, MOST_HARD, replace=False)) if len(free) > MOST_HARD else free


def _fitted(
    rows: Features,
    examples: np.ndarray,
    kinds: np.ndarray,
    tagged: np.ndarray,
    said: np.ndarray,
    seed: int,
    *,
    n_folds: int,
    weights: np.ndarray | None = None,
) -> ReasonModel:
    return fit(
        np.concatenate([examples, rows.values[tagged]]),
        np.concatenate([kinds.astype(object), said]),
        np.repeat([1.0, TAG_WEIGHT], [len(examples), len(tagged)]) if weights is None else weights,
        seed,
        names=rows.names,
        n_folds=n_folds,
        is_probe=np.repeat([True, False], [len(examples), len(tagged)]),
    )
