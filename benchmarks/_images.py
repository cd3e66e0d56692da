"""Fashion-MNIST with hard examples of known kinds planted: who finds what, from the same outputs, and the reasons."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from _hem import Train, checkpoint, numbers, shipped, trainer
from _measures import auprc, base_rate, table
from _nets import cnn
from _paired import count
from _peers import NOTE, peers
from _planted import FLIPS, OTHERS, Planted, garments
from _reasons import halved, judged, lift, of_map_d, of_run
from _store import Store
from torch import nn

PLANTINGS = (("uniform", 0.05), ("uniform", 0.1), ("uniform", 0.2), ("pair", 0.1), ("class", 0.1))
"""Sort and share of the flips."""
SIZE, EPOCHS = 4000, 10
SHORT = (
    "base rate", "label_suspicion", "difficulty", "margin", "cleanlab self_confidence",
    "cleanlab normalized_margin", "cleanlab confidence_weighted_entropy", "FiftyOne hardness", "AUM",
    "cartography confidence", "cleanlab outlier, embeddings",
)  # fmt: skip
AT = 0.1
"""The share of flips beside which the other kinds are looked at."""
REASONED = ("uniform", "pair")
"""Flips, at that share, where one checkpoint is asked for reasons too."""


def images(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """Two tables: flips of every sort and size, and all that was planted by every score."""
    found = _all(data, store, seeds, quick=quick)
    cells = {f"flip: {flip}, {share:.0%}": ("flip", [(flip, share)]) for flip, share in _plantings(quick)}
    cells |= {kind: (kind, [(flip, AT) for flip in FLIPS]) for kind in OTHERS}
    names = list(next(iter(found.values()))["flip"])
    rows = {
        cell: {name: [found[*way, seed][kind][name] for seed in seeds for way in ways] for name in names}
        for cell, (kind, ways) in cells.items()
    }
    few = {cell: {name: row[name] for name in SHORT if name in row} for cell, row in rows.items()}
    all_of_them = {name: {cell: row[name] for cell, row in rows.items()} for name in names}
    inside, folds = ([each["accuracy"][way] for each in found.values()] for way in ("in-sample", "folds"))
    return "\n\n".join([
        f"Fashion-MNIST, {_size(quick):,} pictures and 2% each of the other kinds; {count(seeds)}; a small CNN, "
        f"{EPOCHS} epochs; accuracy on the given labels {np.mean(inside):.3f} in-sample, {np.mean(folds):.3f} in 5 "
        "folds. AUPRC of one kind against the regular examples, the best in bold; other kinds than flips at 10% flips. "
        f"{NOTE}",
        table("planted", few),
        "Every score, the best of each column in bold:",
        table("score", all_of_them, best="column"),
    ])  # fmt: skip


def reasons(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """Two tables: reasons on what the benchmark planted, and on HEM's own held-out probes."""
    found = _all(data, store, seeds, quick=quick)
    parts = []
    for flip in REASONED:
        judged_ = [found[flip, AT, seed]["reasons"] for seed in seeds]
        rows = {way: {name: [each[way][name] for each in judged_] for name in judged_[0][way]} for way in judged_[0]}
        parts.append(f"10% {flip} flips, on the planted truth:")
        best = {way: {name: v for name, v in row.items() if "ECE" not in name} for way, row in rows.items()}
        parts.append(table("way", best, best="column"))
        ece = {way: {name: v for name, v in row.items() if "ECE" in name} for way, row in rows.items()}
        parts.append(table("way", ece, best="lowest"))
    keys = ("macro_f1", "balanced_accuracy", "ece", "auroc")
    runs = {flip: [found[flip, AT, seed] for seed in seeds] for flip in REASONED}
    own = {
        f"{way}, {flip} flips": {
            key: [run["probes"][way][key] for run in runs[flip] if run["probes"][way][key] is not None] for key in keys
        }
        for flip in REASONED
        for way in ("folds and dynamics", "one checkpoint")
    }
    parts += ['HEM\'s own figures, on probes that were held out (`run.info["reasons"]`):']
    return "\n\n".join([*parts, table("way", own, best="")])


def _size(quick: bool) -> int:
    return 1500 if quick else SIZE


def _plantings(quick: bool) -> list[tuple[str, float]]:
    return [each for each in PLANTINGS if each[1] == AT or not quick]


def _all(data: Path, store: Store, seeds: range, *, quick: bool) -> dict:
    return {
        (flip, share, seed): store.get(
            f"images-{flip}-{share}-{seed}", lambda f=flip, s=share, i=seed: one(data, _size(quick), i, flip=f, share=s)
        )
        for seed in seeds
        for flip, share in _plantings(quick)
    }


def one(data: Path, n: int, seed: int, *, flip: str, share: float) -> dict:
    """Kind -> score -> AUPRC of one planting and its training; with it the reasons, at 10% flips."""
    planted = garments(data, n, seed, flip=flip, share=share)
    train = trainer(cnn, epochs=EPOCHS)
    with tempfile.TemporaryDirectory() as folder:
        source = planted.write(Path(folder) / "garments.npz")
        run = shipped(source, planted.labels, planted.classes, train, seed)
        columns = numbers(run.table) | peers(run.method_inputs)
        result: dict = {
            kind: {"base rate": base_rate(planted.kind, kind)}
            | {name: auprc(planted.kind, kind, values) for name, values in columns.items()}
            for kind in ("flip", *OTHERS)
        }
        result |= {"accuracy": run.facts()}
        if share != AT or flip not in REASONED:
            return result
        model = model_of(planted, train, seed)
        table, info = checkpoint(source, planted.classes, model, seed, sample="in-sample")
    probes = halved(planted.kind, seed)
    said = {
        "folds and dynamics": of_run(run.table, run.info["reasons"]["kinds"]),
        "one checkpoint": of_run(table, info["reasons"]["kinds"]),
        "MAP-D kNN, half of the truth": of_map_d(run.method_inputs, planted.kind, probes),
    }
    said |= {f"{way}, by lift": lift(said[way]) for way in ("folds and dynamics", "one checkpoint")}
    result["reasons"] = {way: judged(probs[~probes], planted.kind[~probes]) for way, probs in said.items()}
    result["probes"] = {"folds and dynamics": run.info["reasons"], "one checkpoint": info["reasons"]}
    return result


class _Whole:
    """All of a planting as a train function gets it."""

    def __init__(self, planted: Planted) -> None:
        self.targets, self.ids = planted.labels, [str(row) for row in range(len(planted.labels))]
        self._inputs = (planted.images[:, None] / 255).astype(np.float32)  # (N, 28, 28) -> (N, 1, 28, 28)

    def __len__(self) -> int:
        return len(self.targets)

    def __getitems__(self, rows: range) -> list[tuple[np.ndarray, int, str]]:
        return [(self._inputs[row], int(self.targets[row]), self.ids[row]) for row in rows]


def model_of(planted: Planted, train: Train, seed: int) -> nn.Module:
    """The model of a train function on all of a planting, without HEM."""
    return train(_Whole(planted), seed)
