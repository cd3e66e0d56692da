"""What matching and judging boxes costs, and how well wrong annotations are found, compared with others.

    python benchmarks/detection.py [--only speed quality] [--images 5000] [--peer-images 500]
                                   [--data ../shared/data] [--seeds 3] [--canvases 300]

Peers: pycocotools, and cleanlab's ObjectLab where that is installed (`pip install cleanlab`).
Speed: CPU seconds of this thread; all ratios are from one run. A peer that takes minutes gets fewer images: its seconds
are given for each image, and grow with their number.
Quality: 10% of the boxes are removed, moved or resized, relabelled or added; see `_box_quality`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from _box_quality import KINDS, STRATA, measure, sets
from _measures import table
from _peers import NOTE

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, given_boxes, predicted_boxes
from hem_core.boxes.average_precision import average_precision
from hem_core.boxes.hypotheses import hypotheses
from hem_core.boxes.pooling import pool
from hem_core.boxes.suspicion import suspicion

ROOT = Path(__file__).parents[1]
N_CLASSES = 10
SIZE_PX = (640, 480)


def main() -> None:
    """Print the requested tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=("speed", "quality"), default=["speed", "quality"])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--peer-images", type=int, default=500)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=100, help="the formulas were chosen on seeds 0 and 1")
    parser.add_argument("--canvases", type=int, default=300)
    options = parser.parse_args()
    if "speed" in options.only:
        speed(options.images, options.peer_images)
    if "quality" in options.only:
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        quality(options.data.resolve(), seeds, options.canvases)


def quality(data: Path, seeds: range, n_canvases: int) -> None:
    """Two tables a data set: AUPRC of boxes by kind, and of images within strata of crowding."""
    boxes: dict[str, dict[str, dict[str, list[float]]]] = {}
    images: dict[str, dict[str, dict[str, list[float]]]] = {}
    for seed in seeds:
        for name, one in sets(data, n_canvases, seed).items():
            for kind, kinds in KINDS.items():
                found = measure(one, kinds, seed)
                add(boxes.setdefault(name, {}), kind, found.boxes)
                if kind == "all four":
                    for stratum, columns in found.images.items():
                        add(images.setdefault(name, {}), f"{stratum} boxes", columns)
    for name in boxes:
        print(f"### {name}\n\n{table('AUPRC of boxes', boxes[name], best='column', is_range=True)}\n")
        strata = [f"{each} boxes" for each in STRATA]
        ordered = {row: {each: cells[each] for each in strata if each in cells} for row, cells in images[name].items()}
        print(f"{table('AUPRC of images, all four kinds', ordered, best='column', is_range=True)}\n{NOTE}", flush=True)


def add(rows: dict[str, dict[str, list[float]]], column: str, values: Mapping[str, float]) -> None:
    """Put the number of a seed into its cell. rows: row -> column -> numbers."""
    for row, value in values.items():
        rows.setdefault(row, {}).setdefault(column, []).append(value)


def speed(n_images: int, n_peer: int) -> None:
    """Average precision, and suspicion of every image, of 50 given and 50 predicted boxes an image."""
    given, predicted = scene(n_images)
    few = scene(min(n_peer, n_images))
    n_few = min(n_peer, n_images)
    print(f"{n_images:,} images, {len(given):,} given and {len(predicted):,} predicted boxes, {N_CLASSES} classes")
    print(f"peers: {n_few:,} images of the same kind; CPU seconds of one thread\n")
    print(f"{'what':62} {'seconds':>9} {'µs/image':>10} {'ratio':>8}")
    ours, _found = timed(lambda: average_precision(given, predicted, N_CLASSES))
    line("average precision: 10 IoUs × 4 sizes, HEM", ours, n_images)
    theirs, want = coco(*few, n_few)
    line("average precision: 10 IoUs × 4 sizes, pycocotools", theirs, n_few, ours / n_images)
    apart = np.nanmax(np.abs(average_precision(*few, N_CLASSES).ap - want))
    print(f"{'  largest difference of any class, IoU and size':62} {apart:9.1e}")
    ours, _scores = timed(lambda: suspicion_of_images(given, predicted, n_images))
    line("error types, hypotheses, suspicion of images, HEM", ours, n_images)
    if importlib.util.find_spec("cleanlab") is None:
        print("cleanlab is not installed: ObjectLab is skipped")
    else:
        theirs = object_lab(*few, n_few)
        line("label quality of images, cleanlab ObjectLab", theirs, n_few, ours / n_images)
    memory(n_images)


def scene(n_images: int) -> tuple[GivenBoxes, PredictedBoxes]:
    """50 given and 50 predicted boxes an image: 80% of the given ones are found, some of them as another class."""
    chance = np.random.default_rng(0)
    n = 50 * n_images
    image, label = np.repeat(np.arange(n_images), 50), chance.integers(0, N_CLASSES, n)
    xyxy = corners(chance, n)
    is_found = chance.random(n) < 0.8
    moved = np.where(is_found[:, None], xyxy + chance.integers(-6, 7, (n, 4)), corners(chance, n))
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
    answer = np.where(is_found & (chance.random(n) < 0.9), label, chance.integers(0, N_CLASSES, n))
    return given_boxes(image, label, xyxy), predicted_boxes(image, answer, moved, chance.random(n))


def corners(chance: np.random.Generator, n: int) -> np.ndarray:
    """Boxes of 4 to 120 px."""
    start = np.stack([chance.integers(0, side, n) for side in SIZE_PX], axis=1)
    return np.concatenate([start, start + chance.integers(4, 120, (n, 2))], axis=1).astype(np.float64)


def suspicion_of_images(given: GivenBoxes, predicted: PredictedBoxes, n_images: int) -> np.ndarray:
    """The label suspicion of each image, from the boxes on."""
    rows = hypotheses(given, predicted)
    return pool(rows.image, suspicion(rows).label_suspicion, n_images)


def coco(given: GivenBoxes, predicted: PredictedBoxes, n_images: int) -> tuple[float, np.ndarray]:
    """pycocotools' seconds to evaluate and accumulate, and its average precision (T, K, A)."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth: Any = COCO()
    truth.dataset = {
        "images": [{"id": at + 1} for at in range(n_images)],
        "categories": [{"id": at + 1, "name": str(at)} for at in range(N_CLASSES)],
        "annotations": [{**each, "iscrowd": 0, "area": each["bbox"][2] * each["bbox"][3]} for each in records(given)],
    }
    results = [{**each, "score": score} for each, score in zip(records(predicted), predicted.confidence, strict=True)]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        judge: Any = COCOeval(truth, truth.loadRes(results), "bbox")
        seconds, _none = timed(lambda: (judge.evaluate(), judge.accumulate()))
    precision = judge.eval["precision"][..., -1]  # (T, R, K, A)
    return seconds, np.where(precision.min(axis=1) > -1, precision.mean(axis=1), np.nan)


def records(boxes: GivenBoxes | PredictedBoxes) -> list[dict[str, Any]]:
    """Boxes as COCO writes them, ids from 1."""
    columns = zip(boxes.image.tolist(), boxes.label.tolist(), boxes.xyxy.tolist(), strict=True)
    return [
        {"id": at, "image_id": image + 1, "category_id": label + 1, "bbox": [x, y, right - x, bottom - y]}
        for at, (image, label, (x, y, right, bottom)) in enumerate(columns, 1)
    ]


def object_lab(given: GivenBoxes, predicted: PredictedBoxes, n_images: int) -> float:
    """Seconds of cleanlab's label quality scores of images."""
    from cleanlab.object_detection.rank import get_label_quality_scores  # pyright: ignore[reportMissingImports]

    labels, predictions = [], []
    for image in range(n_images):
        mine, theirs = given.image == image, predicted.image == image
        labels.append({"bboxes": given.xyxy[mine], "labels": given.label[mine]})
        whole = np.concatenate([predicted.xyxy[theirs], predicted.confidence[theirs, None]], axis=1)
        split = np.empty(N_CLASSES, object)
        for k in range(N_CLASSES):
            split[k] = whole[predicted.label[theirs] == k]
        predictions.append(split)
    seconds, _scores = timed(lambda: get_label_quality_scores(labels, predictions, verbose=False))
    return seconds


def memory(n_images: int) -> None:
    """Python's peak of average precision, for each predicted box."""
    print()
    for n in (n_images // 10, n_images):
        given, predicted = scene(n)
        tracemalloc.start()
        average_precision(given, predicted, N_CLASSES)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"peak memory of average precision, {n:6,} images: {peak / len(predicted):6.0f} bytes a predicted box")


def line(what: str, seconds: float, n_images: int, ours: float | None = None) -> None:
    """One line; ours: HEM's seconds an image, for the ratio."""
    ratio = "" if ours is None else f"{seconds / n_images / ours:7.0f}×"
    print(f"{what:62} {seconds:9.2f} {seconds / n_images * 1e6:10.0f} {ratio:>8}")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this thread, and the result."""
    started = time.thread_time()
    result = work()
    return time.thread_time() - started, result


if __name__ == "__main__":
    main()
