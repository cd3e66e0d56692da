"""What matching and judging boxes costs, and how well wrong annotations are found, compared with others.

    python benchmarks/detection.py [--only speed quality] [--images 5000] [--peer-images 1000]
                                   [--data ../shared/data] [--seeds 5] [--canvases 200] [--runs RUN ...]

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
import multiprocessing
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from _box_peers import as_cleanlab
from _box_quality import KINDS, STRATA, Images, against_the_best, measure, of_run, sets
from _measures import table
from _peers import NOTE

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, given_boxes, predicted_boxes
from hem_core.boxes.average_precision import average_precision
from hem_core.boxes.hypotheses import hypotheses
from hem_core.boxes.pooling import pool_suspicion
from hem_core.boxes.suspicion import suspicion

ROOT = Path(__file__).parents[1]
N_CLASSES = 10
SIZE_PX = (640, 480)


def main() -> None:
    """Print the requested tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=("speed", "quality"), default=["speed", "quality"])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--peer-images", type=int, default=1000)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=100, help="the formulas were chosen on seeds 0 to 4")
    parser.add_argument("--canvases", type=int, default=200)
    parser.add_argument("--runs", type=Path, nargs="*", default=[], help="runs with predictions of a real detector")
    options = parser.parse_args()
    if "speed" in options.only:
        speed(options.images, options.peer_images)
    if "quality" in options.only:
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        quality(options.data.resolve(), seeds, options.canvases, options.runs)


def quality(data: Path, seeds: range, n_canvases: int, runs: list[Path]) -> None:
    """Three tables a data set: AUPRC of boxes by kind, and of images within strata of crowding, alone and compared.

    runs: finished runs whose boxes and predictions take the place of the data sets.
    """
    boxes: dict[str, dict[str, dict[str, list[float]]]] = {}
    images: dict[str, list[Images]] = {}
    for seed in seeds:
        data_of = {run.name: of_run(run) for run in runs} or sets(data, n_canvases, seed)
        for name, one in data_of.items():
            for kind, kinds in KINDS.items():
                found = measure(one, kinds, seed)
                add(boxes.setdefault(name, {}), kind, found.boxes)
                if kind == "all four":
                    images.setdefault(name, []).append(found.images)
    for name in boxes:
        print(f"### {name}\n\n{table('AUPRC of boxes', boxes[name], best='column', is_range=True)}\n")
        of_images: dict[str, dict[str, list[float]]] = {}
        for stratum in STRATA:
            for one in images[name]:
                add(of_images, f"{stratum} boxes", one.auprc(stratum))
        print(f"{table('AUPRC of images, all four kinds', of_images, best='column', is_range=True)}\n")
        apart = {f"{stratum} boxes": against_the_best(images[name], stratum) for stratum in STRATA}
        print(f"{words('images with', apart)}\n{NOTE}", flush=True)


def words(title: str, rows: Mapping[str, Mapping[str, str]]) -> str:
    """Markdown of cells that are texts; rows without any are left out."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [f"| {title} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(row.values())} |" for name, row in rows.items() if row)])


def add(rows: dict[str, dict[str, list[float]]], column: str, values: Mapping[str, float]) -> None:
    """Put the number of a seed into its cell. rows: row -> column -> numbers."""
    for row, value in values.items():
        rows.setdefault(row, {}).setdefault(column, []).append(value)


def speed(n_images: int, n_peer: int) -> None:
    """Average precision, and suspicion of every image, of 50 given and 50 predicted boxes an image."""
    given, predicted = scene(n_images)
    n_few = min(n_peer, n_images)
    few = scene(n_few)
    print(f"{n_images:,} images, {len(given):,} given and {len(predicted):,} predicted boxes, {N_CLASSES} classes")
    print(f"peers: {n_few:,} images of the same kind; CPU seconds of one thread; memory added at the peak\n")
    print(f"{'what':52} {'seconds':>8} {'µs/image':>9} {'ratio':>7} {'KB/image':>9} {'ratio':>7}")
    ours = costs(lambda: average_precision(given, predicted, N_CLASSES))
    line("average precision, 10 IoUs × 4 sizes: HEM", ours, n_images)
    judge = coco(*few, n_few)
    theirs = costs(lambda: coco_precision(judge))
    line("average precision, 10 IoUs × 4 sizes: pycocotools", theirs, n_few, ours, n_images)
    apart = np.nanmax(np.abs(average_precision(*few, N_CLASSES).ap - coco_precision(judge)))
    print(f"{'  largest difference of any class, IoU and size':52} {apart:8.0e}")
    ours = costs(lambda: suspicion_of_images(given, predicted, n_images))
    line("error types and suspicion of images: HEM", ours, n_images)
    if importlib.util.find_spec("cleanlab") is None:
        print("cleanlab is not installed: ObjectLab is skipped")
    else:
        seen = np.arange(len(few[1]))
        labels, predictions, _order = as_cleanlab(*few, seen, n_few, N_CLASSES)
        theirs = costs(lambda: quality_of(labels, predictions))
        line("label quality of images: cleanlab ObjectLab", theirs, n_few, ours, n_images)


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
    return pool_suspicion(rows.image, suspicion(rows).label_suspicion, n_images)


def coco(given: GivenBoxes, predicted: PredictedBoxes, n_images: int) -> Any:
    """pycocotools' judge, which has read the boxes."""
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
        return COCOeval(truth, truth.loadRes(results), "bbox")


def coco_precision(judge: Any) -> np.ndarray:
    """pycocotools' average precision (T, K, A)."""
    with contextlib.redirect_stdout(io.StringIO()):
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][..., -1]  # (T, R, K, A)
    return np.where(precision.min(axis=1) > -1, precision.mean(axis=1), np.nan)


def records(boxes: GivenBoxes | PredictedBoxes) -> list[dict[str, Any]]:
    """Boxes as COCO writes them, ids from 1."""
    columns = zip(boxes.image.tolist(), boxes.label.tolist(), boxes.xyxy.tolist(), strict=True)
    return [
        {"id": at, "image_id": image + 1, "category_id": label + 1, "bbox": [x, y, right - x, bottom - y]}
        for at, (image, label, (x, y, right, bottom)) in enumerate(columns, 1)
    ]


def quality_of(labels: list[dict[str, np.ndarray]], predictions: list[Any]) -> np.ndarray:
    """cleanlab's label quality scores of images."""
    from cleanlab.object_detection.rank import get_label_quality_scores  # pyright: ignore[reportMissingImports]

    return get_label_quality_scores(labels, predictions, verbose=False)


def line(
    what: str, cost: tuple[float, float], n: int, ours: tuple[float, float] | None = None, n_ours: int = 1
) -> None:
    """One line of costs on n images; ours: HEM's on n_ours images, for the ratios."""
    each = [cost[0] / n * 1e6, cost[1] / n]
    ratios = ["", ""] if ours is None else [
        f"{mine / (theirs / n_ours):.0f}×" for mine, theirs in zip(each, (ours[0] * 1e6, ours[1]), strict=True)
    ]  # fmt: skip
    print(f"{what:52} {cost[0]:8.2f} {each[0]:9.0f} {ratios[0]:>7} {each[1]:9.1f} {ratios[1]:>7}", flush=True)


def costs(work: Callable[[], Any]) -> tuple[float, float]:
    """CPU seconds of the thread, and KB that the process had more at its peak than before; in a child, so that nothing
    that was there before is used again."""
    pipe, other = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_measured, args=(work, other))
    child.start()
    found = pipe.recv()
    child.join()
    return found


def _measured(work: Callable[[], Any], pipe: Connection) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before, started = _memory_kb("VmRSS"), time.thread_time()
    work()
    pipe.send((time.thread_time() - started, max(_memory_kb("VmHWM") - before, 1.0)))


def _memory_kb(name: str) -> float:
    rows = dict(row.split(":", 1) for row in Path("/proc/self/status").read_text().splitlines())
    return float(rows[name].split()[0])


if __name__ == "__main__":
    main()
