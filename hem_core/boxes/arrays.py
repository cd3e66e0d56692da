"""Boxes as arrays: one entry a box, over all images of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from hem_core.boxes.geometry import areas


@dataclass(frozen=True, eq=False)
class GivenBoxes:
    """M boxes of an annotation file, crowd and ignore regions included."""

    image: np.ndarray
    """(M,) int64, the index of the image in 0 .. N - 1."""
    label: np.ndarray
    """(M,) int64, the index of the class in 0 .. K - 1."""
    xyxy: np.ndarray
    """(M, 4) float64: left, top, right, bottom in pixels, finite."""
    area_px: np.ndarray
    """(M,) float64, the area that decides on the bucket of size: the file's own where it has one."""
    is_crowd: np.ndarray
    """(M,) bool: a region of many objects, which absorbs any number of predictions and is no object."""
    is_ignored: np.ndarray
    """(M,) bool: neither an object nor background; true wherever `is_crowd` is."""
    number: np.ndarray
    """(M,) int64, from 1: the place among the records of its image in the file, unreadable ones counted."""

    def __len__(self) -> int:
        return len(self.image)

    def take(self, which: np.ndarray) -> GivenBoxes:
        """Some of the boxes: a mask or indices."""
        return GivenBoxes(**{each.name: getattr(self, each.name)[which] for each in fields(self)})


def stacked(first: GivenBoxes, second: GivenBoxes, n: int) -> GivenBoxes:
    """The boxes of n images, then those of others, whose numbers follow: image r of `second` is n + r.

    n = 0: both are of the same images.
    """
    moved = replace(second, image=second.image + n)
    return GivenBoxes(
        **{each.name: np.concatenate([getattr(one, each.name) for one in (first, moved)]) for each in fields(first)}
    )


@dataclass(frozen=True, eq=False)
class PredictedBoxes:
    """P boxes that a model predicted."""

    image: np.ndarray
    """(P,) int64, the index of the image in 0 .. N - 1."""
    label: np.ndarray
    """(P,) int64, the index of the class in 0 .. K - 1."""
    xyxy: np.ndarray
    """(P, 4) float64: left, top, right, bottom in pixels, finite."""
    confidence: np.ndarray
    """(P,) float64 as the file has it, finite; clipped to 0 .. 1 only where a probability is needed."""
    number: np.ndarray
    """(P,) int64, from 1: the place among the records of its image in the file, unreadable ones counted."""
    probs: np.ndarray | None = None
    """(P, K) in 0 .. 1 where the probabilities of all classes are known."""

    def __len__(self) -> int:
        return len(self.image)

    def take(self, which: np.ndarray) -> PredictedBoxes:
        """Some of the boxes: a mask or indices."""
        known = [each.name for each in fields(self) if getattr(self, each.name) is not None]
        return replace(self, **{name: getattr(self, name)[which] for name in known})

    def probability(self) -> np.ndarray:
        """(P,) the confidence, clipped to 0 .. 1."""
        return np.clip(self.confidence, 0.0, 1.0)


def given_boxes(
    image: Sequence[int] | np.ndarray,
    label: Sequence[int] | np.ndarray,
    xyxy: Sequence[Sequence[float]] | np.ndarray,
    *,
    area_px: np.ndarray | None = None,
    is_crowd: Sequence[bool] | np.ndarray | None = None,
    is_ignored: Sequence[bool] | np.ndarray | None = None,
) -> GivenBoxes:
    """Given boxes of plain sequences; the area is the box's and nothing is ignored where nothing else is said.

    Shapes and units as in `GivenBoxes`; a crowd region is always ignored.
    """
    corners = np.asarray(xyxy, np.float64).reshape(-1, 4)
    images = np.asarray(image, np.int64)
    crowd = np.zeros(len(images), bool) if is_crowd is None else np.asarray(is_crowd, bool)
    ignored = crowd if is_ignored is None else crowd | np.asarray(is_ignored, bool)
    area = areas(corners) if area_px is None else np.asarray(area_px, np.float64)
    return GivenBoxes(images, np.asarray(label, np.int64), corners, area, crowd, ignored, numbered(images))


def predicted_boxes(
    image: Sequence[int] | np.ndarray,
    label: Sequence[int] | np.ndarray,
    xyxy: Sequence[Sequence[float]] | np.ndarray,
    confidence: Sequence[float] | np.ndarray,
    *,
    probs: np.ndarray | None = None,
) -> PredictedBoxes:
    """Predicted boxes of plain sequences. Shapes and units as in `PredictedBoxes`."""
    corners = np.asarray(xyxy, np.float64).reshape(-1, 4)
    images = np.asarray(image, np.int64)
    sure = np.asarray(confidence, np.float64)
    return PredictedBoxes(images, np.asarray(label, np.int64), corners, sure, numbered(images), probs)


def values_at(values: np.ndarray, which: np.ndarray, otherwise: float) -> np.ndarray:
    """Values of some entries; `otherwise` where the index is below 0. values (M, …); which (R,) int64 -> (R, …)."""
    result = np.full((len(which), *values.shape[1:]), otherwise, values.dtype)
    result[which >= 0] = values[which[which >= 0]]
    return result


def numbered(image: np.ndarray) -> np.ndarray:
    """(M,) int64, from 1: the place of each entry among those of the same image, in their order."""
    order = np.argsort(image, kind="stable")
    ranked = image[order]
    result = np.empty(len(image), np.int64)
    result[order] = np.arange(len(image)) - np.searchsorted(ranked, ranked) + 1
    return result


def part_ids(image_ids: Sequence[str], image: np.ndarray, number: np.ndarray, letter: str) -> list[str]:
    """Ids of boxes: `<image id>#g3` is the third given box of an image, `#p7` its seventh predicted one.

    image_ids (N,); image and number (M,); letter is g or p. Returns M ids.
    """
    pairs = zip(image.tolist(), number.tolist(), strict=True)
    return [f"{image_ids[index]}#{letter}{place}" for index, place in pairs]
