"""A long tail: the rarest class has a hundredth of the examples of the most frequent one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from _arms import Loss, Rows, by, plain, predicted, train
from _drawn import Drawn, draw, tail, tail_counts
from _nets import cnn
from _nets import outputs as outputs_of
from _paired import FORCED, count, forced, over_seeds, paired
from _retrained import Way, losing, plainly, retrained, weighing
from _store import Store
from torch import Tensor, nn
from torch.utils.data import Sampler

from hem_core import mining
from hem_core.retrain.arms.balancing import TAU, class_counts, logit_offsets

LARGEST, IMBALANCE, EPOCHS = 2000, 100, 20
SET = 500
"""Examples of the set that `hem select` makes for `hem retrain`."""
CONTROL = "plain"
BY_LOSS = "hem retrain, as shipped: the train function takes loss_fn"
BY_WEIGHTS = "hem retrain, as shipped: it takes weights"
BY_OUTPUTS = "hem retrain, as shipped: it takes neither"
WEIGHTS = "hem retrain, --recipe weights"
ARMS: dict[str, tuple[str, ...]] = dict.fromkeys((BY_LOSS, BY_WEIGHTS, BY_OUTPUTS), ("control", "curated"))
"""Random examples in the place of the set would make the same models."""


def long_tail(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """One table: ways to train, and what becomes of the worst class and of all."""
    largest = 500 if quick else LARGEST
    found = [store.get(f"long-tail-{s}", lambda s=s: one(data, largest, s)) for s in seeds]
    arms = over_seeds(found)
    return "\n\n".join([
        f"Fashion-MNIST with {largest:,} examples of the most frequent class and {largest // IMBALANCE} of the rarest, "
        f"in all {sum(tail_counts(10, largest, IMBALANCE)):,}, the order of the classes drawn by the seed; a small "
        f"CNN, {EPOCHS} epochs, as many steps in every arm; {count(seeds)}; on the 10,000 test pictures, 1,000 of each "
        f"class. hem retrain: a set of {SET} by `hem select` from five folds, no review; as shipped, the set plays no "
        f"part: the loss is BalancedSoftmaxLoss with tau = {TAU}, or the weights are those of ClassBalancedLoss, or "
        f"the log of the classes' shares, times {TAU}, is subtracted from the logits; with --recipe weights the set's "
        "weights go to the losses; at random: as many random examples in its place." + forced(found),
        paired("trained with", arms, CONTROL),
    ])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Arm:
    """What a way to train differs from the plain one by."""

    loss: Loss = plain
    rows: Rows | None = None
    build: Callable[[], nn.Module] = field(default=cnn)


def one(data: Path, largest: int, seed: int) -> dict:
    """Arm -> balanced accuracy and the recall of the worst class."""
    drawn, found = tail_of(data, largest, seed), {}
    for name, arm in arms_of(drawn.labels, seed).items():
        model = train(
            arm.build, drawn.inputs, drawn.labels, seed, epochs=EPOCHS, loss=arm.loss, rows=arm.rows
        )  # fmt: skip
        found[name] = measured(predicted(model, drawn.test_inputs), drawn.test_labels)
        if name == CONTROL:
            after = measured(_balanced_head(model, drawn), drawn.test_labels)
            adjusted = outputs_of(model, drawn.test_inputs)[0] - logit_offsets(class_counts(drawn.labels, 10))
            adjusted = measured(adjusted.argmax(axis=1), drawn.test_labels)
    found |= {"plain, then balanced_head": after, f"plain, then logit adjustment, tau = {TAU}": adjusted}
    with tempfile.TemporaryDirectory() as folder:
        source, test = drawn.write_both(Path(folder))
        made = retrained(source, test, ways(seed), SET, seed=seed, arms=ARMS)
    for words, answers in made.items():
        found[words] = measured(answers.arms["curated"], drawn.test_labels)
        if "random" in answers.arms:
            found[f"{words}, at random"] = measured(answers.arms["random"], drawn.test_labels)
    return found | {FORCED: {words: answers.forced for words, answers in made.items()}}


def ways(seed: int) -> dict[str, Way]:
    """Those of hem retrain."""
    function = weighing(cnn, seed, EPOCHS)
    return {
        BY_WEIGHTS: (function, "auto"),
        BY_LOSS: (losing(cnn, seed, EPOCHS), "auto"),
        BY_OUTPUTS: (plainly(cnn, seed, EPOCHS), "auto"),
        WEIGHTS: (function, "weights"),
    }


def tail_of(data: Path, largest: int, seed: int) -> Drawn:
    """Garments whose classes have largest, …, largest / 100 examples, each a constant share of the one before."""
    drawn = draw(data, "garments", 60_000, seed)
    rows = tail(drawn.labels, 10, largest, IMBALANCE, seed)
    return Drawn(
        drawn.images[rows], drawn.labels[rows], drawn.drawn[rows], drawn.test_images, drawn.test_labels,
        drawn.classes, cnn,
    )  # fmt: skip


def arms_of(labels: np.ndarray, seed: int) -> dict[str, Arm]:
    """Every way to train but the last, by name."""
    counts = torch.bincount(torch.from_numpy(labels), minlength=10)
    ldam = mining.LDAMLoss(counts)
    ohem = mining.HardExampleLoss(nn.CrossEntropyLoss(reduction="none"), select=mining.TopK(keep=0.5))
    repeated = mining.RepeatFactorSampler(torch.from_numpy(labels), threshold=0.1, seed=seed)
    return {
        CONTROL: Arm(),
        "oversampling: classes equally often": Arm(rows=_oversampled(labels, seed)),
        "RepeatFactorSampler": Arm(rows=_rows_of(repeated, len(labels))),
        "FocalLoss": Arm(loss=by(mining.FocalLoss())),
        "OHEM: the harder half of each batch": Arm(loss=by(ohem)),
        "ClassBalancedLoss": Arm(loss=by(mining.ClassBalancedLoss(counts))),
        "LDAMLoss, deferred weights": Arm(loss=by(ldam), build=_cosine_net),
        "BalancedSoftmaxLoss": Arm(loss=by(mining.BalancedSoftmaxLoss(counts))),
        f"BalancedSoftmaxLoss, tau = {TAU}": Arm(loss=by(mining.BalancedSoftmaxLoss(counts, tau=TAU))),
    }


def measured(predictions: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Balanced accuracy and the recall of the worst class."""
    recalls = [float((predictions[labels == label] == label).mean()) for label in range(10)]
    return {"balanced accuracy": float(np.mean(recalls)), "worst class": min(recalls)}


def _oversampled(labels: np.ndarray, seed: int) -> Rows:
    weights = 1 / torch.bincount(torch.from_numpy(labels)).double()[torch.from_numpy(labels)]
    return lambda epoch: torch.multinomial(
        weights, len(labels), replacement=True, generator=torch.Generator().manual_seed(seed * 1000 + epoch)
    )


def _rows_of(sampler: Sampler[int], n: int) -> Rows:
    """As many rows an epoch as the plain one has: a longer epoch goes on in the next."""

    def of_epoch(epoch: int) -> Tensor:
        sampler.set_epoch(epoch)  # pyright: ignore[reportAttributeAccessIssue]
        return torch.tensor(list(sampler))[:n]

    return of_epoch


def _cosine_net() -> nn.Module:
    return nn.Sequential(*list(cnn())[:-1], mining.NormedLinear(64, 10))


def _balanced_head(model: nn.Module, drawn: Drawn) -> np.ndarray:
    """Predictions (T,) of the trained net with a last layer of its own."""
    layer = str(len(list(model.children())) - 1)
    features = mining.last_layer_inputs(model, torch.from_numpy(drawn.inputs), layer=layer)
    head = mining.balanced_head(features, torch.from_numpy(drawn.labels))
    return predicted(mining.with_last_layer(model, layer, head), drawn.test_inputs)
