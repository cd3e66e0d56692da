"""The value of review: the labels of 15% of the examples are put right, those that somebody points at."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from _drawn import Drawn, draw
from _hem import checkpoint, shipped, trainer
from _nets import fit, outputs
from _paired import FORCED, count, forced, over_seeds, paired
from _retrained import reviewed, weighing
from _store import Store

LOOKED_AT, FLIPPED, EPOCHS = 0.15, 0.1, 12
SIZE = {"digits": 1200, "garments": 3000}
CONTROL, ALL = "nothing put right", "all labels put right"
SHIPPED = "hem retrain, as shipped"


def review(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """One table a data set: who points at the labels that are looked at, and what training then gives."""
    parts = []
    for name, size in SIZE.items():
        n = size // 3 if quick else size
        found = [store.get(f"review-{name}-{s}", lambda d=name, s=s, n=n: one(data, d, n, s)) for s in seeds]
        arms = over_seeds(found)
        parts += [
            f"{name}, {n:,} pictures, {FLIPPED:.0%} of the labels flipped uniformly; the labels of {LOOKED_AT:.0%} of "
            f"the examples are put right, then a small CNN is trained from scratch, {EPOCHS} epochs; {count(seeds)}; "
            "accuracy on a clean test set, and the share of the wrong labels that were among those looked at. "
            "The reviewer is an oracle: every label looked at is put right, without a mistake. hem retrain: looked at "
            "is what Review shows unasked (suspects, rare, random: 5, 3, 2), and is the set, everything by default."
            + forced(found),
            paired("looked at first", arms, CONTROL, alone=["wrong labels found"]),
        ]  # fmt: skip
    return "\n\n".join(parts)


def one(data: Path, name: str, n: int, seed: int) -> dict:
    """Arm -> accuracy on the test set, and the share of the wrong labels found."""
    drawn = draw(data, name, n, seed, wrong=FLIPPED)
    n_looked, is_wrong, found = round(LOOKED_AT * n), drawn.labels != drawn.drawn, {}
    looked_at = {CONTROL: np.array([], np.int64), ALL: np.arange(n)}
    looked_at |= {arm: np.argsort(-values, kind="stable")[:n_looked] for arm, values in ranked(drawn, seed).items()}
    for arm, rows in looked_at.items():
        fixed = drawn.labels.copy()
        fixed[rows] = drawn.drawn[rows]
        model = fit(drawn.build, drawn.inputs, fixed, seed, epochs=EPOCHS)
        is_right = outputs(model, drawn.test_inputs)[0].argmax(axis=1) == drawn.test_labels
        found[arm] = {"accuracy": float(is_right.mean())}
        found[arm]["wrong labels found"] = float(is_wrong[rows].sum() / is_wrong.sum())
    with tempfile.TemporaryDirectory() as folder:
        source, test = drawn.write_both(Path(folder))
        function = weighing(drawn.build, seed, EPOCHS)
        answers, rows = reviewed(source, test, function, n_looked, drawn.drawn, seed)
    found[SHIPPED] = {
        "accuracy": float((answers.arms["curated"] == drawn.test_labels).mean()),
        "wrong labels found": float(is_wrong[rows].sum() / is_wrong.sum()),
    }
    return found | {FORCED: {SHIPPED: answers.forced}}


def ranked(drawn: Drawn, seed: int) -> dict[str, np.ndarray]:
    """Who points -> (N,), the highest to be looked at first."""
    with tempfile.TemporaryDirectory() as folder:
        source = drawn.write(Path(folder) / "data.npz")
        run = shipped(source, drawn.labels, drawn.classes, trainer(drawn.build, epochs=EPOCHS), seed)
        plain = fit(drawn.build, drawn.inputs, drawn.labels, seed, epochs=EPOCHS)
        inside, _info = checkpoint(source, drawn.classes, plain, seed, sample="in-sample", has_probes=False)
    return {
        "HEM: label_suspicion": run.table["label_suspicion"].to_numpy(),
        "HEM: difficulty": run.table["difficulty"].to_numpy(),
        "loss of models that had not seen it": run.table["loss"].to_numpy(),
        "loss of the trained model": inside["loss"].to_numpy(),
        "at random": np.random.default_rng(seed).random(len(drawn.labels)),
    }
