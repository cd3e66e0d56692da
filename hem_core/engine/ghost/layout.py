"""Along which axis each layer sees the examples: found by running two and three of them, never guessed from sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from hem_core.engine.ghost.recorder import WAY_OUT, Recorder
from hem_core.errors import ModelError

Run = Callable[[int, frozenset[int]], tuple[Recorder, Tensor]]
"""(how many examples, the shared lookups) -> the recorder of a forward pass, and its logits."""


@dataclass(frozen=True)
class Layout:
    """The example axis of each use; and which uses are lookups made once for the whole batch (token positions)."""

    axes: list[int]
    shared: frozenset[int]
    names: list[str]
    """The first parameter of each use: another pass with other uses is not the one this was found for."""


def find_layout(run: Run) -> Layout:
    """The axis that has two places when two examples are run, and three when three are.

    Raises ModelError for a layer without such an axis, and for a model that takes another way for each batch.
    """
    shared: frozenset[int] = frozenset()
    plain: Tensor | None = None
    while True:
        (two, _logits), (three, logits) = run(2, shared), run(3, shared)
        plain = logits if plain is None else plain
        if len(two.uses) != len(three.uses):
            raise ModelError(
                f"the model takes another way for another batch, so examples cannot be told apart: {WAY_OUT}"
            )
        pairs = [(one.leading, other.leading) for one, other in zip(two.uses, three.uses, strict=True)]
        axes = [_axes(*pair) for pair in pairs]
        more = {
            index
            for index, (use, pair, found) in enumerate(zip(two.uses, pairs, axes, strict=True))
            if use.can_be_shared and not found and pair[0] == pair[1]
        }
        if not more:
            break
        shared |= more
    for use, found, pair in zip(two.uses, axes, pairs, strict=True):
        if len(found) != 1:
            raise ModelError(
                f"the layer of '{two.name_of(use)}' has no axis for the examples (its output begins with {pair[0]} "
                f"for 2 of them and {pair[1]} for 3): {WAY_OUT}"
            )
    if shared and not (logits.shape == plain.shape and torch.allclose(logits, plain, rtol=1e-3, atol=1e-4)):
        name = two.name_of(two.uses[min(shared)])
        raise ModelError(f"the lookup in '{name}' is made once for the whole batch: {WAY_OUT}")
    return Layout([found[0] for found in axes], shared, [two.name_of(use) for use in two.uses])


def _axes(two: tuple[int, ...], three: tuple[int, ...]) -> list[int]:
    return [axis for axis, pair in enumerate(zip(two, three, strict=False)) if pair == (2, 3)]
