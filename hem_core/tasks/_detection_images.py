"""What an image is worth looking at for: its boxes counted by their outcome, and their severities pooled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from hem_core.boxes.contents import in_words
from hem_core.boxes.error_types import RIGHT
from hem_core.boxes.hypotheses import Hypotheses
from hem_core.boxes.image_error import image_error
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.pooling import Pooling, pool, pool_suspicion, total
from hem_core.stats.percentile import percentile
from hem_core.thresholds import WRONG

COUNTED = {
    "n_missed": ("Missed",),
    "n_false_positive": ("Bkg", "Both"),
    "n_mislocated": ("Loc",),
    "n_confused": ("Cls",),
    "n_duplicate": ("Dupe",),
}
"""Column -> the types of error that it counts."""
BACKGROUND = "background_confidence"
"""Column of images and of boxes: the confidence of what is predicted on background."""
HOW = {
    "difficulty": "percentile of the pooled severity of the boxes of an image: of a given box the larger of 1 − IoU "
    "and 1 − confidence, of a prediction without a given box its confidence; ties by the mean over all its boxes",
    "label_suspicion": "percentile of how probable it is that any of the three most suspicious boxes of an image is "
    "annotated wrongly (missing, spurious, misplaced or of the wrong class); errors planted in the boxes teach how "
    "probable, where there are enough boxes",
}


def image_scores(judgement: Judgement, n_images: int, how: Pooling) -> dict[str, np.ndarray]:
    """`error` (1 - F1) and `loss` (pooled severity) of N images, each (N,) float32 in 0 .. 1; 0 without boxes."""
    rows = judgement.rows
    return {
        "error": image_error(rows, n_images).astype(np.float32),
        "loss": pool(rows.image, judgement.severity.severity, n_images, how).astype(np.float32),
    }


def image_columns(judgement: Judgement, n_images: int, how: Pooling) -> dict[str, np.ndarray]:
    """Every column of N images: those of `image_scores`, percentiles, sums and counts."""
    rows = judgement.rows
    image, kind = rows.image, rows.type
    scores = image_scores(judgement, n_images, how)
    severe = judgement.severity.severity
    objects = rows.given_boxes.image[~rows.given_boxes.is_ignored]
    counted = rows.predicted_boxes.image[rows.types.predicted != ""]
    columns = {
        **scores,
        "difficulty": _ranked(scores["loss"], severe, image),
        **suspicion_columns(judgement, n_images, how),
        "severity_sum": total(image, severe, n_images),
        "n_given": np.bincount(objects, minlength=n_images),
        "n_predicted": np.bincount(counted, minlength=n_images),
        "n_right": np.bincount(image[kind == RIGHT], minlength=n_images),
    }
    columns[BACKGROUND] = background_confidence(rows, n_images)
    for name, types in COUNTED.items():
        columns[name] = np.bincount(image[np.isin(kind, types)], minlength=n_images)
    return columns


def suspicion_columns(judgement: Judgement, n_images: int, how: Pooling) -> dict[str, np.ndarray]:
    """`suspicion` in 0 .. 1 of N images and its percentile, `label_suspicion`."""
    image, suspicious = judgement.rows.image, judgement.suspicion.label_suspicion
    pooled = pool_suspicion(image, suspicious, n_images, how)
    return {"suspicion": pooled, "label_suspicion": _ranked(pooled, suspicious, image)}


def background_confidence(rows: Hypotheses, n_images: int) -> np.ndarray:
    """(N,) the highest confidence of a prediction on background in each image, 0 .. 1; NaN where there is none."""
    confidence = np.full(n_images, np.nan)
    some = rows.type == "Bkg"
    np.fmax.at(confidence, rows.image[some], rows.predicted_boxes.probability()[rows.predicted[some]])
    return confidence.astype(np.float32)


def _ranked(pooled: np.ndarray, of_boxes: np.ndarray, image: np.ndarray) -> np.ndarray:
    """(N,) percentiles of the pooled values; of equal ones the image whose boxes are worse on average is harder."""
    n = np.maximum(np.bincount(image, minlength=len(pooled)), 1)
    mean = total(image, of_boxes, len(pooled)) / n
    return percentile(pooled.astype(np.float64) + 1e-4 * mean).astype(np.float32)


def predicted_in_words(rows: Hypotheses, n_images: int, classes: Sequence[str]) -> list[str]:
    """What is predicted in each image with a confidence of at least .5: `15 RBC, 1 WBC`."""
    boxes = rows.predicted_boxes
    counts: list[Counter[str]] = [Counter() for _image in range(n_images)]
    for index in np.flatnonzero((boxes.probability() >= WRONG) & (rows.types.predicted != "")).tolist():
        counts[int(boxes.image[index])][classes[int(boxes.label[index])]] += 1
    return [in_words(count) for count in counts]


def image_reasons(
    columns: dict[str, np.ndarray], image: np.ndarray, part_reasons: np.ndarray, part_severity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`reason` and `evidence` of N images: that of the most severe box that is not easy, and the counts in words."""
    n = len(columns["error"])
    reason = np.full(n, "easy", object)
    hard = np.flatnonzero(part_reasons != "easy")
    order = hard[np.lexsort((part_severity[hard], image[hard]))]
    reason[image[order]] = part_reasons[order]  # the last of an image, which is its most severe one, stays
    names = {
        "n_missed": "missed",
        "n_false_positive": "false positive",
        "n_mislocated": "mislocated",
        "n_confused": "confused",
        "n_duplicate": "duplicate",
    }
    evidence = []
    for row in range(n):
        found = [f"{int(columns[name][row])} {word}" for name, word in names.items() if columns[name][row]]
        given = int(columns["n_given"][row])
        right = f"{int(columns['n_right'][row])} of {given} given box{'es' * (given != 1)} found"
        evidence.append("; ".join([right, ", ".join(found)] if found else [right]))
    return reason, np.array(evidence, object)
