"""What is left of each score when the net has learned its labels by heart."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from _hem import numbers, of_logits, shipped, trainer
from _measures import auprc, base_rate, table
from _nets import cnn
from _paired import count
from _peers import NOTE, MethodInputs, peers
from _planted import Planted, garments
from _store import Store

SIZE = 3000
NETS = {"stopped early": 6, "memorised": 40}
"""Net -> epochs."""


def memorised(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """One table: rows are ways to score, columns the two nets."""
    n = 1000 if quick else SIZE
    found = {
        (net, seed): store.get(f"memorised-{net.replace(' ', '-')}-{seed}", lambda w=net, i=seed: one(data, n, i, w))
        for seed in seeds
        for net in NETS
    }
    names = list(found["memorised", seeds[0]]["auprc"])
    rows = {name: {net: [found[net, seed]["auprc"][name] for seed in seeds] for net in NETS} for name in names}
    accuracy = {
        f"{key} accuracy": {net: [found[net, seed]["accuracy"][key] for seed in seeds] for net in NETS}
        for key in ("in-sample", "folds")
    }
    return "\n\n".join([
        f"Fashion-MNIST, {n:,} pictures, 10% flipped uniformly; one small CNN stopped after {NETS['stopped early']} "
        f"epochs, one trained for {NETS['memorised']}, both without weight decay; {count(seeds)}; AUPRC of flips, the "
        f"best of each column in bold. {NOTE}",
        table("on the given labels", accuracy, best=""),
        table("score", rows, best="column"),
    ])  # fmt: skip


def one(data: Path, n: int, seed: int, net: str) -> dict:
    """AUPRC of every way to score one training."""
    planted = garments(data, n, seed, flip="uniform", share=0.1, others=0.01)
    with tempfile.TemporaryDirectory() as folder:
        source = planted.write(Path(folder) / "garments.npz")
        run = shipped(source, planted.labels, planted.classes, trainer(cnn, epochs=NETS[net], decay=0), seed)
    found = {"base rate": base_rate(planted.kind, "flip")}
    for name, values in ways(run.method_inputs, planted, seed, numbers(run.table)).items():
        found[name] = auprc(planted.kind, "flip", values)
    return {"auprc": found, "accuracy": run.facts()}


def ways(inputs: MethodInputs, planted: Planted, seed: int, whole: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Way -> (N,): the scores by what they are made of, and HEM's headlines by what it is given.

    whole: the columns of the run with folds and dynamics.
    """
    given = {"labels": planted.labels, "classes": planted.classes, "seed": seed}
    inside = numbers(of_logits(inputs.logits, inputs.embeddings, sample="in-sample", oos="none", **given))
    head = numbers(of_logits(inputs.logits, inputs.embeddings, sample="in-sample", oos="head", **given))
    folds = numbers(of_logits(inputs.oos_logits, inputs.embeddings, sample="out-of-sample", **given))
    found = {f"{name}, in-sample": inside[name] for name in ("loss", "margin", "neighbour_disagreement")}
    found |= {f"{name.removesuffix('_oos')}, head": head[name] for name in ("loss_oos", "margin_oos") if name in head}
    found |= {f"{name}, folds": whole[name] for name in ("loss", "margin")}
    dynamics = ("forgetting", "learned_epoch", "confidence_mean", "aum", "aum_windowed")
    found |= {f"{name}, dynamics": whole[name] for name in dynamics}
    found |= {name: values for name, values in whole.items() if name.startswith("rank-mean")}
    given_ = {"in-sample": inside, "head": head, "folds": folds, "folds and dynamics, as shipped": whole}
    for headline in ("label_suspicion", "difficulty"):
        found |= {f"{headline}: {way}": columns[headline] for way, columns in given_.items()}
    return found | {name: values for name, values in peers(inputs).items() if name.startswith(("cleanlab", "FiftyOne"))}
