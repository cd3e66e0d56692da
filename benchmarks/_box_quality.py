"""How well planted annotation errors are found: one row a box, and one a picture within strata of crowding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _box_oracle import N_CLASSES, canvases, detected
from _box_peers import ObjectLab, object_lab
from _peers import HAS_CLEANLAB
from sklearn.metrics import average_precision_score

from hem_core import open_run
from hem_core.boxes import formats
from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, given_boxes, predicted_boxes
from hem_core.boxes.geometry import areas
from hem_core.boxes.hypotheses import Hypotheses, hypotheses, pair_iou
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.planted_rows import ECHO, planted_rows
from hem_core.boxes.pooling import pool
from hem_core.boxes.results import read as read_predictions
from hem_core.boxes.spoil import Spoiled, spoil
from hem_core.boxes.suspicion import KINDS as SUSPICIONS
from hem_core.tasks._detection_probes import learn, plantings

KINDS = {
    "removed": ("removed",),
    "moved": ("moved", "resized"),
    "relabelled": ("relabelled",),
    "added": ("added",),
    "all four": ("removed", "moved", "relabelled", "added"),
}
"""Row of the table -> what is planted, in 10% of the boxes together."""
STRATA = {"1–2": (1, 2), "3–5": (3, 5), "6–10": (6, 10), "11+": (11, np.inf)}
"""Given boxes of an image."""


@dataclass(frozen=True, eq=False)
class Data:
    """Objects as they are, and what a model says of the images."""

    truth: GivenBoxes
    size_px: np.ndarray
    predicted: PredictedBoxes
    n_classes: int


@dataclass(frozen=True, eq=False)
class Measured:
    """Column -> AUPRC: of boxes, and of images in each stratum of crowding."""

    boxes: dict[str, float]
    images: dict[str, dict[str, float]]


def sets(data: Path, n_canvases: int, seed: int) -> dict[str, Data]:
    """Name -> data of a seed: the simulated detector on canvases and BCCD, a real one's predictions on map_sample."""
    truth, size_px = canvases(n_canvases, seed)
    found = {"canvases": Data(truth, size_px, detected(truth, size_px, N_CLASSES, seed), N_CLASSES)}
    for name in ("bccd", "map_sample"):
        read = formats.read(data / name / "annotations_coco.json")
        kept = np.flatnonzero(~read.boxes.is_ignored & (areas(read.boxes.xyxy) > 0))
        truth, size_px, k = read.boxes.take(kept), read.size_px, len(read.categories)
        results = data / name / "detections_coco.json"
        own = read_predictions(results, read).boxes if results.is_file() else None
        found[name] = Data(truth, size_px, own or detected(truth, size_px, k, seed), k)
    return found


def of_run(folder: Path) -> Data:
    """The boxes of a finished run: given ones as the truth, and predictions of a confidence of .05 and more."""
    run = open_run(folder)
    rows = run.level("boxes").table()
    place = {id: at for at, id in enumerate(run.table(["id"])["id"])}
    classes = {name: at for at, name in enumerate(run.info["task_settings"]["categories"])}
    sizes = run.table(["width", "height"]).to_numpy(float)
    found = []
    for which, label in (("given", "given"), ("predicted", "predicted")):
        some = rows.loc[rows[f"{which}_left"].notna() & (rows[f"{which}_right"] > rows[f"{which}_left"]), :]
        corners = some[[f"{which}_{side}" for side in ("left", "top", "right", "bottom")]].to_numpy(float)
        found.append(([place[id] for id in some["example"]], [classes[name] for name in some[label]], corners, some))
    (image, label, corners, _some), (theirs, named, places, some) = found
    guess = predicted_boxes(theirs, named, places, some["confidence"].to_numpy(float))
    return Data(given_boxes(image, label, corners), sizes, guess, len(classes))


def measure(data: Data, kinds: tuple[str, ...], seed: int) -> Measured:
    """Plant errors of these kinds in 10% of the boxes, and rank all rows by each column."""
    spoiled = spoil(data.truth, data.size_px, kinds=kinds, seed=seed)
    rows = hypotheses(spoiled.given, data.predicted)
    n = len(data.size_px)
    lab = object_lab(spoiled.given, data.predicted, n, data.n_classes) if HAS_CLEANLAB else None
    planted = planted_rows(rows, spoiled, data.truth)
    columns = box_columns(Judgement(rows, data.size_px), lab, seed)
    counts = planted.kind != ECHO
    answer = np.concatenate([planted.kind[counts] != "", np.ones(planted.n_lost, bool)])  # lost ones rank last
    of_boxes = {"base rate": float(answer.mean())}
    for name, values in columns.items():
        ranked = np.concatenate([np.nan_to_num(values[counts]), np.full(planted.n_lost, -1.0)])
        of_boxes[name] = float(average_precision_score(answer, ranked))
    return Measured(of_boxes, _of_images(rows, columns, spoiled, lab, n))


def box_columns(judgement: Judgement, lab: ObjectLab | None, seed: int) -> dict[str, np.ndarray]:
    """Column -> (R,), higher = more suspect. HEM plants errors of its own among these, as it does in a run."""
    planted = plantings(judgement, seed=seed + 5000)
    rows, plain, found = judgement.rows, judgement.suspicion, judgement.severity
    doubt = learn(planted).of(plain) if planted else plain
    columns = {"HEM label_suspicion": doubt.label_suspicion, "HEM, without probes": plain.label_suspicion}
    columns |= {"HEM severity": found.severity, "HEM error": found.error}
    columns |= {f"HEM {kind}": getattr(doubt, kind) for kind in SUSPICIONS}
    sure = np.zeros(len(rows))
    has = rows.predicted >= 0
    sure[has] = rows.predicted_boxes.probability()[rows.predicted[has]]
    columns["confidence of strays"] = np.where(rows.is_given, 0, sure)
    columns["1 − IoU"] = np.where(rows.is_pair, 1 - np.nan_to_num(pair_iou(rows)), 1.0)
    columns["1 − confidence"] = np.where(rows.is_given, 1 - sure, 0)
    if lab is not None:
        of_given = np.maximum(lab.badloc, lab.swap)
        for name, given, predicted in (
            ("ObjectLab", of_given, lab.overlooked),
            ("ObjectLab overlooked", np.zeros(len(of_given)), lab.overlooked),
            ("ObjectLab badloc", lab.badloc, np.zeros(len(lab.overlooked))),
            ("ObjectLab swap", lab.swap, np.zeros(len(lab.overlooked))),
        ):
            columns[name] = rows.of_rows(given, predicted)
    return columns


def _of_images(
    rows: Hypotheses, columns: Mapping[str, np.ndarray], spoiled: Spoiled, lab: ObjectLab | None, n: int
) -> dict[str, dict[str, float]]:
    """Column -> AUPRC of the images with a planted error, in each stratum."""
    is_bad = np.zeros(n, bool)
    is_bad[spoiled.given.image[spoiled.kind != ""]] = True
    is_bad[spoiled.removed.image] = True
    count = np.bincount(spoiled.given.image, minlength=n)
    values = {
        "HEM label_suspicion": pool(rows.image, columns["HEM label_suspicion"], n),
        "HEM label_suspicion, softmax": pool(rows.image, columns["HEM label_suspicion"], n, "softmax"),
        "HEM, without probes": pool(rows.image, columns["HEM, without probes"], n),
        "HEM severity": pool(rows.image, columns["HEM severity"], n),
        "1 − IoU": pool(rows.image, columns["1 − IoU"], n),
        "confidence of strays": pool(rows.image, columns["confidence of strays"], n),
        "number of predictions": np.bincount(rows.predicted_boxes.image, minlength=n).astype(float),
        "number of given boxes": count.astype(float),
    }
    if lab is not None:
        values["ObjectLab"] = lab.image
    found = {}
    for name, (low, high) in STRATA.items():
        inside = (count >= low) & (count <= high)
        if is_bad[inside].any() and not is_bad[inside].all():
            rate = {"base rate": float(is_bad[inside].mean())}
            found[name] = rate | {
                column: float(average_precision_score(is_bad[inside], each[inside])) for column, each in values.items()
            }
    return found
