"""Mining while training: its cost in passes, its speed, where it ends; with right labels and with wrong ones."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from _arms import Loss, Rows, predicted, train
from _drawn import Drawn, draw
from _paired import FORCED, count, forced, interval, over_seeds, paired
from _retrained import mixing, retrained, weighing
from _store import Store
from torch import Tensor, nn

from hem_core import mining

SIZE, EPOCHS = 5000, 12
NOISE = {"right labels": 0.0, "20% wrong labels": 0.2}
SET = 500
"""Examples of the set that `hem select` makes for `hem retrain`."""
CONTROL = "uniform"
TARGET = 0.98
"""The accuracy to be reached, as a share of what uniform training of the same seed ends with."""


def online(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """One table a share of wrong labels: ways to mine, with and without the off-switch."""
    parts, n = [], 1000 if quick else SIZE
    for words, share in NOISE.items():
        found = [store.get(f"online-{share}-{s}", lambda s=s, w=share: one(data, n, s, w)) for s in seeds]
        arms = over_seeds(found)
        steps = {arm: row.pop("passes to the target") for arm, row in arms.items() if "passes to the target" in row}
        parts += [
            f"Fashion-MNIST, {n:,} pictures, {words}; a small CNN, {EPOCHS} epochs; {count(seeds)}; accuracy on the "
            "10,000 clean test pictures at the end; examples that went backward, as a share of uniform training's. "
            f"hem retrain: a set of {SET} by `hem select` from five folds, no review; its weights go to the losses, "
            "while --recipe mix fills half of each batch from it until the last eighth." + forced(found),
            paired("mined by", arms, CONTROL, alone=["backward"]),
            f"Examples gone backward until {TARGET:.0%} of the accuracy that uniform training of that seed ends with, "
            "as a share of what uniform training needed for it, looked at after each epoch; “never” counts the seeds "
            "that did not reach it:",
            _reached(steps),
        ]  # fmt: skip
    return "\n\n".join(parts)


@dataclass(eq=False)
class Counted:
    """How many examples went backward."""

    n: int = 0


def one(data: Path, n: int, seed: int, wrong: float) -> dict:
    """Arm -> final accuracy, share of the passes, and passes until the target (None = never)."""
    drawn = draw(data, "garments", n, seed, wrong=wrong)
    curves: dict[str, list[tuple[int, float]]] = {}
    for name, make in arms_of(data, n, seed, wrong).items():
        counted, curve = Counted(), []
        loss, rows = make(drawn.labels, counted)

        def look(epoch: int, model: nn.Module, counted: Counted = counted, curve: list = curve) -> None:
            curve.append((counted.n, float((predicted(model, drawn.test_inputs) == drawn.test_labels).mean())))

        train(drawn.build, drawn.inputs, drawn.labels, seed, epochs=EPOCHS, loss=loss, rows=rows, after_epoch=look)
        curves[name] = curve
    target = TARGET * curves[CONTROL][-1][1]
    whole = curves[CONTROL][-1][0]
    found: dict[str, dict[str, float | None]] = {
        name: {
            "accuracy": curve[-1][1],
            "backward": curve[-1][0] / whole,
            "passes to the target": next((done for done, accuracy in curve if accuracy >= target), None),
        }
        for name, curve in curves.items()
    }
    return found | _shipped(drawn, seed)


def _shipped(drawn: Drawn, seed: int) -> dict[str, dict]:
    """The arms of `hem retrain`, of which only the end is known; as many examples go backward as in the control."""
    found: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        source, test = drawn.write_both(Path(folder))
        functions = {"as shipped": (weighing, "auto"), "--recipe mix": (mixing, "mix")}
        ways = {words: (make(drawn.build, seed, EPOCHS), recipe) for words, (make, recipe) in functions.items()}
        made = retrained(source, test, ways, SET, seed=seed)
    for words, answers in made.items():
        for arm, whose in (("curated", words), ("random", f"{words}, at random")):
            accuracy = float((answers.arms[arm] == drawn.test_labels).mean())
            found[f"hem retrain, {whose}"] = {"accuracy": accuracy, "backward": 1.0}
    return found | {FORCED: {f"hem retrain, {words}": answers.forced for words, answers in made.items()}}


Make = Callable[[np.ndarray, Counted], tuple[Loss, "Rows | None"]]


def arms_of(data: Path, n: int, seed: int, wrong: float) -> dict[str, Make]:
    """Every way to mine, by name: what makes its loss and its rows of an epoch."""
    irreducible = _irreducible(data, n, seed, wrong)
    selectors: dict[str, Callable[[], object]] = {
        "OHEM, TopK(.5)": lambda: mining.TopK(keep=0.5),
        "TrimmedTopK(.5, .1)": lambda: mining.TrimmedTopK(keep=0.5, trim=0.1),
        "RankSampling: selective backprop": lambda: mining.RankSampling(seed=seed),
        "ReducibleLoss(.5): RHO": lambda: mining.ReducibleLoss(keep=0.5),
    }
    found: dict[str, Make] = {CONTROL: lambda labels, counted: (_all(counted), None)}
    found["the README's TopK(.5, drop_top=.02), off at both ends"] = _mined(
        lambda: mining.TopK(keep=0.5, drop_top=0.02), 0.1, 0.9, None
    )
    for name, select in selectors.items():
        reference = irreducible if "RHO" in name else None
        found[f"{name}, off at both ends"] = _mined(select, 0.1, 0.9, reference)
        found[f"{name}, always on"] = _mined(select, 0.0, 1.0, reference)
    found["PrunedSampler(.3): InfoBatch, off at the end"] = _pruned(n, seed, 0.125)
    found["PrunedSampler(.3): InfoBatch, always on"] = _pruned(n, seed, 0.0)
    return found


def _all(counted: Counted) -> Loss:
    def loss(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
        counted.n += len(rows)
        return F.cross_entropy(model(inputs), targets)

    return loss


def _mined(select: Callable[[], object], start: float, end: float, reference: Tensor | None) -> Make:
    def make(labels: np.ndarray, counted: Counted) -> tuple[Loss, Rows | None]:
        loss_fn = mining.HardExampleLoss(nn.CrossEntropyLoss(reduction="none"), select=select(), start=start, end=end)

        def loss(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
            loss_fn.set_progress(progress)
            value = loss_fn(model(inputs), targets, reference=None if reference is None else reference[rows])
            counted.n += round(loss_fn.report().fraction_kept * len(rows))
            return value

        return loss, None

    return make


def _pruned(n: int, seed: int, natural_last: float) -> Make:
    def make(labels: np.ndarray, counted: Counted) -> tuple[Loss, Rows | None]:
        history = mining.LossHistory(n)
        sampler = mining.PrunedSampler(history, epochs=EPOCHS, prune=0.3, natural_last=natural_last, seed=seed)

        def loss(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
            counted.n += len(rows)
            losses = F.cross_entropy(model(inputs), targets, reduction="none")
            history.update(rows, losses.detach())
            return sampler.reduce(losses, rows)

        def of_epoch(epoch: int) -> Tensor:
            sampler.set_epoch(epoch)
            return torch.tensor(list(sampler))

        return loss, of_epoch

    return make


@torch.inference_mode()
def _irreducible(data: Path, n: int, seed: int, wrong: float) -> Tensor:
    """(N,) losses of a model trained on as many other pictures, as wrongly labelled."""
    drawn, other = draw(data, "garments", n, seed, wrong=wrong), draw(data, "garments", n, seed + 1000, wrong=wrong)
    with torch.inference_mode(False):
        model = train(other.build, other.inputs, other.labels, seed + 1000, epochs=EPOCHS)
    parts = zip(torch.from_numpy(drawn.inputs).split(1024), torch.from_numpy(drawn.labels).split(1024), strict=True)
    return torch.cat([F.cross_entropy(model(x), y, reduction="none") for x, y in parts])


def _reached(steps: dict[str, list[int | None]]) -> str:
    lines = ["| mined by | share of uniform's | never |", "|---|---|---|"]
    for arm, row in steps.items():
        shares = [done / base for done, base in zip(row, steps[CONTROL], strict=True) if done is not None and base]
        said = f"{np.mean(shares):.2f}" if shares else ""
        if len(shares) > 1 and arm != CONTROL:
            _mean, low, high = interval(shares)
            said += f" [{low:.2f}, {high:.2f}]"
        lines.append(f"| {arm} | {said} | {sum(done is None for done in row)} |")
    return "\n".join(lines)
