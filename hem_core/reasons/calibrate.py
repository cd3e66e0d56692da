"""Reasons with probabilities: a model fitted to probes and tags, and adapted to how common each kind is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.reasons.classifier import ReasonModel, estimate_prior, fit
from hem_core.reasons.features import OF_THE_EMBEDDING, Features
from hem_core.reasons.rules import REASONS

TAG_WEIGHT = 5.0
LEAVE_OPEN = {"hard": ("mislabelled", "easy"), "right": ("mislabelled", "ambiguous", "outlier")}
"""A verdict that does not name a reason -> the reasons that it rules out: "hard" has a right
label and is not easy; "right" has a right label and nothing special about it."""
_SAMPLE = 20_000


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What `calibrate` returns."""

    model: ReasonModel
    prior: np.ndarray
    """(6,) the assumed share of each kind of REASONS."""
    probs: np.ndarray
    """(N, 6) float32: of REASONS for each row, under that prior."""


def calibrate(
    rows: Features,
    examples: np.ndarray,
    kinds: np.ndarray,
    *,
    seed: int,
    tagged: np.ndarray | None = None,
    tags: Sequence[str] = (),
) -> Calibrated:
    """Fit the classifier and return the probabilities of each row.

    rows: features of the N rows; examples (M, F): of planted probes and chosen regular rows; kinds (M,): theirs.
    tagged (T,) row numbers and tags: what people said of them, out of REASONS, or a key of LEAVE_OPEN: whatever the
    model holds likeliest but the reasons that it rules out. Each counts TAG_WEIGHT times a probe.
    Two first fits, one of them without the features OF_THE_EMBEDDING, find rows that are surely mislabelled (.5 and
    more by either); they join the last fit, no more of them than there are such probes: where a net was trained on a
    wrong label, its embedding has moved towards it, and a probe's has not. Without the second of the two the F1 of
    the reason on 5% flips was .01 (5,574 messages), .67 (23,700 questions), .94 (digits) and .85 (60,000 garments, one
    checkpoint); with it .83, .88, .97 and .85. Every figure in `model.measured` is of probes that the fit was without.
    """
    tagged = np.empty(0, np.int64) if tagged is None else tagged
    tagged = np.asarray(tagged, np.int64)
    said = np.array(tags, dtype=object)
    known = ~np.isin(tags, list(LEAVE_OPEN))
    if (~known).any():  # their kind is the likeliest that the person's word leaves open
        probs = _fitted(rows, examples, kinds, tagged[known], said[known], seed, n_folds=0).probs(
            rows.values[tagged[~known]]
        )
        for word, ruled_out in LEAVE_OPEN.items():
            probs[np.ix_(said[~known] == word, [REASONS.index(reason) for reason in ruled_out])] = 0
        said[~known] = np.array(REASONS, dtype=object)[probs.argmax(axis=1)]
    wrong = np.zeros(len(rows.values))
    for chosen in ([*range(len(rows.names))], [k for k, name in enumerate(rows.names) if name not in OF_THE_EMBEDDING]):
        if chosen:  # without cross-validation: nothing is measured on these two
            some = Features(rows.values[:, chosen], tuple(rows.names[k] for k in chosen))
            first = _fitted(some, examples[:, chosen], kinds, tagged, said, seed, n_folds=0)
            wrong = np.maximum(wrong, _weighed(first, some)[1][:, REASONS.index("mislabelled")])
    more = _surely_mislabelled(wrong, int((kinds == "mislabelled").sum()), tagged, seed)
    labels = np.concatenate([said, np.full(len(more), "mislabelled", dtype=object)])
    weights = np.repeat([1.0, TAG_WEIGHT, 1.0], [len(examples), len(tagged), len(more)])
    joined = np.concatenate([tagged, more])
    model = _fitted(rows, examples, kinds, joined, labels, seed, n_folds=5, weights=weights)
    return Calibrated(model, *_weighed(model, rows))


def _weighed(model: ReasonModel, rows: Features) -> tuple[np.ndarray, np.ndarray]:
    """The share of each kind, and the rows' probabilities under it."""
    flat = model.probs(rows.values)
    prior = estimate_prior(flat[:: max(1, len(flat) // _SAMPLE)])
    weighed = flat * prior.astype(np.float32)
    return prior, weighed / weighed.sum(axis=1, keepdims=True)


def _surely_mislabelled(wrong: np.ndarray, most: int, tagged: np.ndarray, seed: int) -> np.ndarray:
    """Up to `most` rows whose probability of being mislabelled, wrong (N,), is .5 and more, none of them tagged."""
    sure = np.setdiff1d(np.flatnonzero(wrong >= 0.5), tagged)
    rng = np.random.default_rng((seed, 4))  # no stream that others draw from the same seed
    return np.sort(rng.choice(sure, most, replace=False)) if len(sure) > most else sure


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
