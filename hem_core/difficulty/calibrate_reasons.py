"""Reasons with probabilities: a model fitted to probes and tags, and adapted to how common each kind is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.difficulty.features import Features
from hem_core.difficulty.reason_model import ReasonModel, estimate_prior, fit
from hem_core.difficulty.reasons import REASONS

TAG_WEIGHT = 5.0
_SAMPLE = 20_000


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What `calibrate` returns."""

    model: ReasonModel
    prior: np.ndarray
    """(6,) how common each kind of REASONS is held to be."""
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
    """Fit the classifier and give each row its probabilities.

    rows: features of the N rows; examples (M, F): of planted probes and chosen regular rows; kinds (M,): theirs.
    tagged (T,) row numbers and tags: what people said of them, out of REASONS, or "hard": whatever the model holds
    likeliest but mislabelled and easy. They weigh TAG_WEIGHT times a probe.
    Every figure in `model.measured` is of probes that the fit was without.
    """
    tagged = np.empty(0, np.int64) if tagged is None else tagged
    tagged = np.asarray(tagged, np.int64)
    said = np.array(tags, dtype=object)
    known = said != "hard"
    if (~known).any():  # their kind is the likeliest that a person's "hard" leaves open
        probs = _fitted(rows, examples, kinds, tagged[known], said[known], seed, n_folds=0).probs(
            rows.values[tagged[~known]]
        )
        probs[:, [REASONS.index("mislabelled"), REASONS.index("easy")]] = 0
        said[~known] = np.array(REASONS, dtype=object)[probs.argmax(axis=1)]
    model = _fitted(rows, examples, kinds, tagged, said, seed, n_folds=5)
    flat = model.probs(rows.values)
    prior = estimate_prior(flat[:: max(1, len(flat) // _SAMPLE)])
    weighed = flat * prior.astype(np.float32)
    return Calibrated(model, prior, weighed / weighed.sum(axis=1, keepdims=True))


def _fitted(
    rows: Features,
    examples: np.ndarray,
    kinds: np.ndarray,
    tagged: np.ndarray,
    said: np.ndarray,
    seed: int,
    *,
    n_folds: int,
) -> ReasonModel:
    return fit(
        np.concatenate([examples, rows.values[tagged]]),
        np.concatenate([kinds.astype(object), said]),
        np.repeat([1.0, TAG_WEIGHT], [len(examples), len(tagged)]),
        seed,
        names=rows.names,
        n_folds=n_folds,
        is_probe=np.repeat([True, False], [len(examples), len(tagged)]),
    )
