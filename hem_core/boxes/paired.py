"""Average precision and miss rate of several detectors on the same images, with a paired bootstrap over the images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hem_core.boxes.average_precision import THRESHOLDS, class_precision
from hem_core.boxes.bootstrap import image_weights, resampled_precision
from hem_core.boxes.curves import curve, miss_rate
from hem_core.boxes.detections import Detections
from hem_core.boxes.matching import Matches, match
from hem_core.boxes.overlaps import overlaps
from hem_core.errors import DataError
from hem_core.stats.paired import RESAMPLES, Measure, Paired

FALSE_POSITIVES = 1.0
"""False positives an image that are accepted where the miss rate is measured."""
MISS_RATE = "miss rate at 1 false positive per image"
WHOLE = (
    Measure("mAP50"),
    Measure("mAP50–95"),
    Measure("mAP75"),
    Measure(MISS_RATE, higher_is_better=False),
)
"""The measures of all classes together, the headline first."""
_SEVENTY_FIVE = 5


def paired(models: Sequence[Detections], *, n_resamples: int = RESAMPLES, seed: int = 0) -> Paired:
    """The measures `WHOLE` of A models on the same N images, then AP50 and AP50–95 of each class with a given box.

    Every resample draws the same images for all models, so what they share cancels in their difference. What rests on
    one image, such as a class that is given nowhere else, is not resampled.
    Raises DataError when the models have other numbers of images, or other classes.
    """
    first = models[0]
    for other in models:
        if other.n_images != first.n_images or other.classes != first.classes:
            raise DataError(
                f"these predictions are of {first.n_images:,} and {other.n_images:,} images and of "
                f"{len(first.classes)} and {len(other.classes)} classes; compare predictions of the same images"
            )
    measures = (*WHOLE, *_of_classes(first))
    known = [at for at, _n in _counts(first)]
    found = [_of_one(model, known, n_resamples, seed) for model in models]
    point = np.stack([each[0] for each in found])
    return Paired(measures, point, np.stack([each[1] for each in found], axis=1), first.n_images)


def _counts(model: Detections) -> list[tuple[int, int]]:
    """Class and number of its given boxes, where there are any."""
    counts = np.bincount(model.given.label[~model.given.is_ignored], minlength=len(model.classes))
    return [(at, int(n)) for at, n in enumerate(counts.tolist()) if n]


def _of_classes(model: Detections) -> list[Measure]:
    pairs = _counts(model)
    return [Measure(name, label=model.classes[at], n=n) for name in ("AP50", "AP50–95") for at, n in pairs]


def _of_one(model: Detections, known: list[int], n_resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The measures of one model, (M,) and in every resample (B, M)."""
    given, predicted, shape = model.given, model.predicted, (model.n_images, len(model.classes))
    pairs = overlaps(given, predicted, least=min(THRESHOLDS), right_class_only=True)
    (matches,) = match(given, predicted, pairs, THRESHOLDS)
    whole = class_precision(given, predicted, matches, shape[1])  # (T, K)
    drawn = resampled_precision(given, predicted, matches, shape, n_resamples=n_resamples, seed=seed)  # (B, T, K)
    missed = [_missed(model, matches, None)]
    missed += [_missed(model, matches, weight) for weight in image_weights(shape[0], n_resamples, seed)]
    values = np.concatenate([whole[None], drawn])  # (1 + B, T, K)
    columns = [_mean(values[:, 0]), _mean(values).mean(axis=1), _mean(values[:, _SEVENTY_FIVE]), np.array(missed)]
    columns += [*values[:, 0, known].T, *values[:, :, known].mean(axis=1).T]
    table = np.stack(columns, axis=1)  # (1 + B, M)
    n_images = _images_of_measures(model, known)
    return table[0], np.where(n_images > 1, table[1:], np.nan)


def _images_of_measures(model: Detections, known: list[int]) -> np.ndarray:
    """(M,) on how many images each measure rests: all, or those with a given box of the class."""
    given = model.given
    pairs = np.unique(np.stack([given.label, given.image])[:, ~given.is_ignored], axis=1)
    by_class = np.bincount(pairs[0], minlength=len(model.classes))[known]
    return np.concatenate([np.full(len(WHOLE), model.n_images), by_class, by_class])


def _missed(model: Detections, matches: Matches, weight: np.ndarray | None) -> float:
    line = curve(model.given, model.predicted, matches, image_weight=weight)
    return miss_rate(line, model.n_images, FALSE_POSITIVES)


def _mean(values: np.ndarray) -> np.ndarray:
    """The mean over the last axis without NaN; NaN where nothing is known."""
    is_known = ~np.isnan(values)
    total, n = np.where(is_known, values, 0).sum(axis=-1), is_known.sum(axis=-1)
    return np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
