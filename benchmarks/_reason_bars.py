"""The bars of the reasons: one definition, on kinds that the second generator planted, and with people's tags."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from _hem import trainer
from _images import EPOCHS, SIZE
from _measures import calibration_error, table
from _nets import cnn
from _paired import count
from _reasons import KINDS, OF_REASON, TRUTH
from _second_generator import garments
from _store import Store

import hem_core
from hem_core.reasons.classifier import fit
from hem_core.reasons.rules import REASONS
from hem_core.runs.refit import refit
from hem_core.selection.review_queue import review_queue
from hem_core.store.run import Run
from hem_core.store.workspace import open_workspace

TAGS = (50, 200, 500)
SAYS = {
    "regular": "right",
    "mislabelled": "mislabelled",
    "ambiguous": "ambiguous",
    "outlier": "outlier",
    "rare": "hard",
}
"""Kind -> what somebody who sees the truth says of it."""
BARS = {"macro-F1": 0.58, "balanced accuracy": 0.58, "ECE": 0.08}
WITH_TAGS = {"macro-F1": 0.75, "balanced accuracy": 0.75}
"""After 200 tags."""


@dataclass(frozen=True, eq=False)
class Taggers:
    """Who tags: how examples come before them."""

    name: str
    is_even: bool
    """As many of each kind, drawn by chance, instead of the app's review queue."""

    def rows(self, run: Run, truth: np.ndarray, n: int, seed: int) -> np.ndarray:
        """Numbers of the rows that n tags are given to, in the order of the run's table."""
        if self.is_even:
            chance, each = np.random.default_rng((seed, 9)), n // len(KINDS)
            parts = [np.flatnonzero(truth == kind) for kind in range(len(KINDS))]
            return np.concatenate([chance.choice(part, min(each, len(part) // 2), replace=False) for part in parts])
        columns = run.table(["id", "label_suspicion", "reason", "difficulty_in_class"])
        place = {id: row for row, id in enumerate(columns["id"])}
        return np.array([place[id] for id in review_queue(columns, limit=n)["id"]])


TAGGERS = (Taggers("review queue", is_even=False), Taggers("even", is_even=True))


def reason_bars(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """Three tables: without tags, with tags on the untagged rows, and on all rows."""
    sizes = TAGS[:1] if quick else TAGS
    found = [
        store.get(f"bars-{seed}", lambda s=seed: one(data, store.folder, 1500 if quick else SIZE, s, sizes))
        for seed in seeds
    ]
    plain = {"by the probes": _gathered(found, "probes"), "ceiling: by the true kinds": _gathered(found, "ceiling")}
    parts = [
        f"Fashion-MNIST, {1500 if quick else SIZE:,} pictures, planted by the second generator; {count(seeds)}; a "
        f"small CNN, {EPOCHS} epochs, recorded, five folds. The bars: macro-F1 and balanced accuracy "
        f"{BARS['macro-F1']}, both over five kinds, ECE {BARS['ECE']}. A row that is called unsure counts as missed.",
        table("reasons", plain, best=""),
    ]
    for where in ("untagged rows", "all rows"):
        rows = {f"{who.name}, {n} tags": _gathered(found, f"{who.name} {n} {where}") for who in TAGGERS for n in sizes}
        parts += [f"After a refit to simulated tags, on {where}:", table("tags", rows, best="")]
    return "\n\n".join(parts)


def one(data: Path, home: Path, n: int, seed: int, sizes: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Figures of one planting, by what they are of."""
    planted = garments(data, n, seed)
    home.mkdir(parents=True, exist_ok=True)
    folder = home / f"work-{seed}" / "runs" / "planted"
    run = hem_core.score(
        None, planted.write(home / f"planted-{seed}.npz"), out=folder, train=trainer(cnn, epochs=EPOCHS), oos=5,
        has_map=False, classes=planted.classes, seed=seed,
    )  # fmt: skip
    truth = np.array([TRUTH[kind] for kind in planted.kind[run.table(["index"])["index"].to_numpy()]])
    return {"probes": judged(run, truth), "ceiling": ceiling(run, truth, seed)} | of_tags(run, truth, seed, sizes)


def ceiling(run: Run, truth: np.ndarray, seed: int) -> dict[str, float]:
    """The classifier of reasons, fitted to the true kinds of four fifths, on the fifth that it is without.

    All kinds count as equally common for the name, and as common as they are for the probability.
    """
    with np.load(run.folder / "reason_rows.npz") as kept:
        values, names = kept["values"].astype(np.float32), tuple(kept["names"].tolist())
    kinds = np.array(["easy", *KINDS[1:]], dtype=object)[truth]
    fold, probs = np.random.default_rng((seed, 8)).integers(0, 5, len(truth)), np.zeros((len(truth), len(KINDS)))
    for one_fold in range(5):
        here, rest = fold == one_fold, fold != one_fold
        model = fit(values[rest], kinds[rest], np.ones(rest.sum()), seed, names=names, n_folds=0)
        for place, of_kind in enumerate(model.probs(values[here]).T):
            probs[here, OF_REASON[REASONS[place]]] += of_kind
    weighed = probs * np.bincount(truth, minlength=len(KINDS)) / len(truth)
    return figures(probs.argmax(axis=1), weighed / weighed.sum(axis=1, keepdims=True), truth)


def of_tags(run: Run, truth: np.ndarray, seed: int, sizes: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Figures after a refit to tags of each tagger and number, on the untagged rows and on all; the run stays."""
    found: dict[str, dict[str, float]] = {}
    ids = run.table(["id"])["id"].to_numpy()
    for who in TAGGERS:
        for n in sizes:
            rows = who.rows(run, truth, n, seed)
            with tempfile.TemporaryDirectory() as name:
                copy = Path(name) / "runs" / run.name
                shutil.copytree(run.folder, copy)
                log = open_workspace(copy).tags()
                for row in rows.tolist():
                    log.add(run.data, [ids[row]], SAYS[KINDS[truth[row]]], who="truth")
                fitted = refit(copy)
                found[f"{who.name} {n} untagged rows"] = judged(fitted, truth, np.setdiff1d(np.arange(run.n), rows))
                found[f"{who.name} {n} all rows"] = judged(fitted, truth)
    return found


def judged(run: Run, truth: np.ndarray, rows: np.ndarray | None = None) -> dict[str, float]:
    """macro-F1 and balanced accuracy over KINDS, ECE of the named kind, and the recall of each.

    truth (N,) places in KINDS; rows: those that count, by default all. "easy" and "subtle" are regular.
    """
    columns = pq.read_table(run.folder / "scores.parquet", columns=["reason", "reason_probs"]).to_pydict()
    kinds = run.info["reasons"]["kinds"]
    named = np.array([OF_REASON.get(reason, -1) for reason in columns["reason"]])
    probs = np.zeros((len(named), len(KINDS)))
    for place, of_kind in enumerate(np.array(columns["reason_probs"], np.float64).T):
        probs[:, OF_REASON[kinds[place]]] += of_kind
    some = np.arange(len(truth)) if rows is None else rows
    return figures(named[some], probs[some], truth[some])


def figures(named: np.ndarray, probs: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """named (N,) places in KINDS, -1 = unsure; probs (N, 5); truth (N,)."""
    hit = np.array([((named == kind) & (truth == kind)).sum() for kind in range(len(KINDS))])
    called, true = (np.array([(each == kind).sum() for kind in range(len(KINDS))]) for each in (named, truth))
    recall = hit / np.maximum(true, 1)
    own = np.where(named >= 0, probs[np.arange(len(probs)), named], probs.max(axis=1))
    result: dict[str, float] = {"macro-F1": float((2 * hit / np.maximum(called + true, 1)).mean())}
    result["balanced accuracy"] = float(recall.mean())
    result["ECE"] = calibration_error(own, (named == truth).astype(float))
    return result | {f"recall: {kind}": float(recall[k]) for k, kind in enumerate(KINDS)}


def _gathered(found: list[dict[str, Any]], key: str) -> dict[str, list[float]]:
    return {name: [each[key][name] for each in found] for name in found[0][key]}
