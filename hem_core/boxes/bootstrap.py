"""Confidence intervals of average precision: images are resampled, their matches are computed once and weighted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.average_precision import by_confidence, interpolated, outcomes
from hem_core.boxes.matching import Matches


def image_weights(n_images: int, n_resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each of N images is drawn, with replacement, (N,) float64 for each resample."""
    chance = np.random.default_rng(seed)
    for _resample in range(n_resamples):
        yield np.bincount(chance.integers(n_images, size=n_images), minlength=n_images).astype(np.float64)


def resampled_precision(
    given: GivenBoxes,
    predicted: PredictedBoxes,
    matches: Matches,
    shape: tuple[int, int],
    *,
    n_resamples: int = 200,
    seed: int = 0,
) -> np.ndarray:
    """Average precision of each class in each resample of the images.

    shape: N images and K classes. Returns (n_resamples, T, K); NaN where a resample has no given box of a class.
    Take the mean over K, with `np.nanmean`, then `interval`. A fixed seed draws the same images for two models, so
    their difference can be bootstrapped pair by pair.
    """
    n_images, n_classes = shape
    order, ends = by_confidence(predicted, matches, n_classes)
    objects = np.flatnonzero(~matches.is_given_ignored)
    result = np.full((n_resamples, len(matches.thresholds), n_classes), np.nan)
    weights = np.stack([*image_weights(n_images, n_resamples, seed)]) if n_images else np.zeros((n_resamples, 0))
    for k in range(n_classes):
        some = order[ends[k] : ends[k + 1]]
        is_hit, is_error = outcomes(matches, some)
        images, owners = predicted.image[some], given.image[objects[given.label[objects] == k]]
        for row, weight in zip(result, weights, strict=True):
            n_given, count = weight[owners].sum(), weight[images]
            if n_given:
                row[:, k] = interpolated((is_hit * count).cumsum(axis=1), (is_error * count).cumsum(axis=1), n_given)
    return result
