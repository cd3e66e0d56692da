"""HEM's array calls beside cleanlab's, on the same arrays: who finds planted wrong labels, and how long each takes.

    python benchmarks/beside_cleanlab.py [--data ../shared/data] [--seeds 3] [--only quality issues speed]

needs `pip install cleanlab`. Quality: AUPRC of the planted wrong labels, by the quality turned round. Issues:
precision, recall and F1 of what each call returns. Speed: CPU seconds of this process, one thread, the least of three.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
from _array_cases import Case, cases
from _measures import table
from cleanlab import filter as their_filter  # pyright: ignore[reportMissingImports]
from cleanlab import multilabel_classification as their_tags  # pyright: ignore[reportMissingImports]
from cleanlab import rank as their_rank  # pyright: ignore[reportMissingImports]
from cleanlab.object_detection import filter as their_box_filter  # pyright: ignore[reportMissingImports]
from cleanlab.object_detection import rank as their_boxes  # pyright: ignore[reportMissingImports]
from cleanlab.regression import rank as their_numbers  # pyright: ignore[reportMissingImports]
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

import hem_core

ROOT = Path(__file__).parents[1]
METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
Rows = dict[str, dict[str, list[float]]]


def main() -> None:
    """Print the requested tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=100)
    parts = ("quality", "issues", "speed")
    parser.add_argument("--only", nargs="*", choices=parts, default=parts)
    asked = parser.parse_args()
    if "quality" in asked.only or "issues" in asked.only:
        found(asked.data.resolve(), range(asked.first_seed, asked.first_seed + asked.seeds), asked.only)
    if "speed" in asked.only:
        speed()


def found(data: Path, seeds: range, only: list[str]) -> None:
    """A table a task of the AUPRC, and one of all that is returned as an issue."""
    quality: dict[str, Rows] = {}
    issues: Rows = {}
    for seed in seeds:
        for case in cases(data, seed):
            own = quality.setdefault(case.task, {}).setdefault(case.name, {})
            add(own, {"base rate": float(case.is_wrong.mean())})
            scores = {name: call() for name, call in ranked(case).items()}
            add(own, {name: float(average_precision_score(case.is_wrong, 1 - value)) for name, value in scores.items()})
            for name, call in flagged(case).items():
                add(issues.setdefault(f"{case.name}: {name}", {}), shares(case.is_wrong, np.asarray(call())))
    for task, rows in quality.items() if "quality" in only else ():
        print(f"### {task}\n\n{table('AUPRC of wrong labels', rows)}\n", flush=True)
    if "issues" in only:
        print(f"### issues\n\n{table('what is returned', issues, best='')}\n", flush=True)


def add(row: dict[str, list[float]], values: dict[str, float]) -> None:
    """Put the number of a seed into its cell."""
    for name, value in values.items():
        row.setdefault(name, []).append(value)


def shares(is_wrong: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Precision, recall and F1 of a mask, and the share of the examples that it marks."""
    p, r, f, _ = precision_recall_fscore_support(is_wrong, mask, average="binary", zero_division=0)
    return {"precision": float(p), "recall": float(r), "F1": float(f), "marked": float(mask.mean())}


def ranked(case: Case) -> dict[str, Callable[[], np.ndarray]]:
    """Column -> qualities (N,)."""
    own: dict[str, Callable[[], np.ndarray]] = {
        "HEM": lambda: hem_core.label_quality(case.labels, case.predictions, task=case.task)
    }
    if case.embeddings is not None:
        more = {"task": case.task, "embeddings": case.embeddings}
        own["HEM, embeddings"] = lambda: hem_core.label_quality(case.labels, case.predictions, **more)
    return own | theirs(case)


def theirs(case: Case) -> dict[str, Callable[[], np.ndarray]]:
    """cleanlab's columns."""
    if case.task == "classification":
        return {
            f"cleanlab {method}": lambda method=method: their_rank.get_label_quality_scores(
                case.labels, case.predictions, method=method
            )
            for method in METHODS
        }
    if case.task == "multilabel":
        soft = {"method": "softmin"}
        call = their_tags.get_label_quality_scores
        return {
            "cleanlab": lambda: call(case.labels, case.predictions),
            "cleanlab softmin": lambda: call(case.labels, case.predictions, aggregator_kwargs=soft),
        }
    if case.task == "regression":
        return {
            f"cleanlab {method}": lambda method=method: their_numbers.get_label_quality_scores(
                case.labels, case.predictions, method=method
            )
            for method in ("outre", "residual")
        }
    return {
        "cleanlab ObjectLab": lambda: their_boxes.get_label_quality_scores(case.labels, case.predictions, verbose=False)
    }


def flagged(case: Case) -> dict[str, Callable[[], np.ndarray]]:
    """Column -> what each call returns, a mask (N,)."""
    own: dict[str, Callable[[], np.ndarray]] = {
        "HEM": lambda: hem_core.find_label_issues(case.labels, case.predictions, task=case.task)
    }
    if case.embeddings is not None:
        more = {"task": case.task, "embeddings": case.embeddings}
        own["HEM, embeddings"] = lambda: hem_core.find_label_issues(case.labels, case.predictions, **more)
    if case.task == "classification":
        for way in ("prune_by_noise_rate", "confident_learning"):
            own[f"cleanlab {way}"] = lambda way=way: their_filter.find_label_issues(
                case.labels, case.predictions, filter_by=way, n_jobs=1
            )
    if case.task == "multilabel":
        call = their_tags.filter.find_label_issues
        own["cleanlab"] = lambda: call(case.labels, case.predictions, n_jobs=1)
    if case.task == "detection":
        own["cleanlab"] = lambda: their_box_filter.find_label_issues(case.labels, case.predictions)
    return own


def speed() -> None:
    """Seconds of both on arrays of chance, and their ratio."""
    print(f"{'what':64} {'HEM':>9} {'cleanlab':>9} {'ratio':>7}")
    for words, case in big_cases().items():
        ours = seconds(ranked(case)["HEM"])
        other = next(iter(theirs(case)))
        line(f"{words}: quality, cleanlab's {other.removeprefix('cleanlab ')}", ours, seconds(theirs(case)[other]))
        calls = flagged(case)
        peer = next((name for name in calls if name.startswith("cleanlab")), None)
        if peer is not None:
            line(f"{words}: issues, {peer}", seconds(calls["HEM"]), seconds(calls[peer]))


def line(words: str, ours: float, other: float) -> None:
    """One row of the table of speed."""
    print(f"{words:64} {ours:8.3f}s {other:8.3f}s {other / ours:6.1f}×", flush=True)


def seconds(call: Callable[[], object]) -> float:
    """CPU seconds of this process, the least of three."""
    taken = []
    for _time in range(3):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return min(taken)


def big_cases() -> dict[str, Case]:
    """Words -> arrays of chance, with predictions that mostly agree with the labels."""
    chance = np.random.default_rng(0)
    found = {}
    for n, k in ((50_000, 10), (50_000, 100)):
        labels = chance.integers(0, k, n)
        probs = chance.dirichlet(np.full(k, 0.3), n) * 0.5
        probs[np.arange(n), labels] += 0.5
        found[f"{n:,} × {k} classes"] = Case("", "classification", labels, probs, labels < 0)
    given = chance.random((10_000, 20)) < 0.15
    probs = np.clip(0.8 * given + chance.normal(0.1, 0.1, given.shape), 0.01, 0.99)
    lists = [np.flatnonzero(row).tolist() for row in given]
    found["10,000 × 20 tags"] = Case("", "multilabel", lists, probs, given[:, 0])
    numbers = chance.normal(0, 1, 5_000)
    found["5,000 numbers"] = Case("", "regression", numbers, numbers + chance.normal(0, 0.2, 5_000), numbers > 9)
    return found | {"100 images × 10 boxes": boxes(100, 10, chance)}


def boxes(n: int, each: int, chance: np.random.Generator) -> Case:
    """Images with boxes of 10 classes, and predictions that are a little off."""
    labels, predictions = [], []
    for _image in range(n):
        corner, size, k = (
            chance.random((each, 2)) * 500,
            20 + chance.random((each, 2)) * 60,
            chance.integers(0, 10, each),
        )
        xyxy = np.concatenate([corner, corner + size], axis=1)
        seen = np.column_stack([xyxy + chance.normal(0, 2, xyxy.shape), chance.uniform(0.5, 1, each)])
        labels.append({"bboxes": xyxy, "labels": k})
        predictions.append(np.array([seen[k == one] for one in range(10)], object))
    return Case("", "detection", labels, predictions, np.zeros(n, bool))


if __name__ == "__main__":
    main()
