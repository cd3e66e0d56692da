"""A world of which everything is known: four Gaussians in the plane, with planted flips, a rare mode and outliers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CLASSES = ("A", "B", "C", "D")
KINDS = ("flip", "rare", "outlier")
"""What is planted; all else is "regular"."""
MEANS = np.array([[-3.0, 0.2], [-1.5, 1.0], [1.6, -0.8], [2.8, 2.2], [2.4, -2.0]])
SPREADS = np.array([[0.8, 0.8], [0.8, 0.8], [1.1, 0.7], [0.8, 0.8], [0.3, 0.3]])
SHARES = np.array([0.29, 0.29, 0.21, 0.2, 0.01])
COMPONENTS = np.array([0, 1, 2, 3, 0])
"""Class of each component: A and B overlap much, C and D a little; the last is a rare mode of A, in the tail of C."""


@dataclass(frozen=True, eq=False)
class World:
    """N examples drawn from it."""

    x: np.ndarray
    """(N, 2) float32."""
    labels: np.ndarray
    """(N,) int64 in [0, K): as given, flips and all."""
    drawn: np.ndarray
    """(N,) int64: the class that the example was drawn from; for an outlier, the given one."""
    kind: np.ndarray
    """(N,) strings: "regular" or one of KINDS."""

    def error(self) -> np.ndarray:
        """(N,) in 0 .. 1: chance that a label drawn by the world's own law at x differs from the given one."""
        return 1 - posterior(self.x)[np.arange(len(self.x)), self.labels]


def draw(n: int, seed: int, *, flips: float = 0.1, outliers: float = 0.02) -> World:
    """N examples; the share `flips` of those not rare have a wrong label, the share `outliers` lies far from it all.

    A flipped label is any of the others with equal chance; an outlier's label is any with equal chance.
    """
    chance = np.random.default_rng(seed)
    component = chance.choice(len(SHARES), n, p=SHARES)
    x = MEANS[component] + SPREADS[component] * chance.normal(size=(n, 2))
    drawn = COMPONENTS[component]
    kind = np.where(component == len(SHARES) - 1, "rare", "regular").astype(object)
    far = chance.permutation(np.flatnonzero(kind == "regular"))[: round(outliers * n)]
    angle = chance.uniform(0, 2 * np.pi, len(far))
    x[far] = chance.uniform(1, 1.2, len(far))[:, None] * np.stack([7 * np.cos(angle), 5.4 * np.sin(angle)], axis=1)
    drawn[far], kind[far] = chance.integers(len(CLASSES), size=len(far)), "outlier"
    labels = drawn.copy()
    flipped = chance.permutation(np.flatnonzero(kind == "regular"))[: round(flips * n)]
    labels[flipped] = (labels[flipped] + chance.integers(1, len(CLASSES), len(flipped))) % len(CLASSES)
    kind[flipped] = "flip"
    return World(x.astype(np.float32), labels, drawn, kind.astype(str))


def posterior(x: np.ndarray) -> np.ndarray:
    """(N, 2) places -> (N, K) probability of each class there, by Bayes' rule; nothing planted counts but the mode."""
    away = (x[:, None, :].astype(np.float64) - MEANS) / SPREADS  # (N, 2) -> (N, C, 2)
    log = np.log(SHARES / SPREADS.prod(axis=1)) - (away**2).sum(axis=2) / 2
    joint = np.exp(log - log.max(axis=1, keepdims=True))  # (N, C)
    of_class = np.stack([joint[:, k == COMPONENTS].sum(axis=1) for k in range(len(CLASSES))], axis=1)
    return of_class / of_class.sum(axis=1, keepdims=True)


def net(seed: int) -> nn.Sequential:
    """A small MLP from the plane to K logits."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, len(CLASSES))
    )  # fmt: skip


def train(
    x: np.ndarray,
    labels: np.ndarray,
    seed: int,
    *,
    epochs: int = 20,
    log: Callable[[int, np.ndarray, torch.Tensor, torch.Tensor], None] | None = None,
) -> nn.Module:
    """Adam on the cross-entropy in batches of 64; log(epoch, rows, logits, targets) hears of each batch."""
    model, inputs, targets = net(seed), torch.from_numpy(x), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    chance = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        for rows in torch.randperm(len(x), generator=chance).split(64):
            logits = model(inputs[rows])
            if log is not None:
                log(epoch, rows.numpy(), logits.detach(), targets[rows])
            optimizer.zero_grad()
            F.cross_entropy(logits, targets[rows]).backward()
            optimizer.step()
    return model.eval()


def fresh_error(world: World, *, models: int = 20, seed: int = 0) -> np.ndarray:
    """(N,) in 0 .. 1: share of nets, each trained on a fresh draw of that size, that get the example wrong as labelled.

    This is what `difficulty` means to rank and `error_prob` to state, known here since the world can be drawn again.
    """
    wrong = np.zeros(len(world.x))
    for number in range(models):
        other = draw(len(world.x), seed=1_000_000 * (seed + 1) + number)
        model = train(other.x, other.labels, seed=number)
        with torch.inference_mode():
            wrong += model(torch.from_numpy(world.x)).argmax(dim=1).numpy() != world.labels
    return wrong / models
