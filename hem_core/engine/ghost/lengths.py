"""Sum the gradient lengths that the uses of the parameters report in a backward pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import torch
from torch import Tensor

from hem_core.engine.ghost.outer import at_once, lengths_squared
from hem_core.engine.ghost.use import Use


@dataclass
class Lengths:
    """Squared lengths (N,) so far. axes: the example axis of each use, in the order of the calls."""

    squares: Tensor
    axes: Sequence[int]
    _together: dict[int, list[tuple[int, slice, bool]]] = field(default_factory=dict)
    _kept: dict[int, tuple[Use, Tensor, Tensor]] = field(default_factory=dict)

    def expect(self, uses: Sequence[Use]) -> None:
        """Once the forward pass is done: find the parameters whose uses must be added before their length is taken."""
        parts_of: dict[int, list[tuple[int, slice, bool]]] = defaultdict(list)
        sizes = {}
        for index, use in enumerate(uses):
            for parameter, rows, is_weight in use.parts:
                parts_of[id(parameter)].append((index, rows, is_weight))
                sizes[id(parameter)] = len(parameter)
        self._together = {key: parts for key, parts in parts_of.items() if _overlap(parts, sizes[key])}

    def saw(self, index: int, use: Use, gradient: Tensor) -> None:
        """The gradient of a use's output has come."""
        gradients, inputs = _wide(gradient.movedim(self.axes[index], 0)), _wide(use.inputs.movedim(self.axes[index], 0))
        for parameter, _rows, is_weight in use.parts:
            if id(parameter) in self._together:
                self._kept[index] = (use, inputs, gradients)
            elif is_weight:
                self.squares += use.kind.weight_squares(inputs, gradients)
            else:
                self.squares += lengths_squared(use.kind.bias_gradients(gradients))

    def total(self) -> Tensor:
        """(N,) lengths, float32."""
        for parts in self._together.values():
            self._add([part for part in parts if part[0] in self._kept])
        return self.squares.clamp_min(0).sqrt().float()

    def _add(self, parts: Sequence[tuple[int, slice, bool]]) -> None:
        """A parameter used more than once: its gradients themselves, a few examples at a time."""
        if not parts:
            return
        first, _rows, is_weight = parts[0]
        use = self._kept[first][0]
        parameter = use.weight if is_weight else use.bias
        assert parameter is not None
        n, step = len(self.squares), at_once(parameter, parameter.numel())
        for start in range(0, n, step):
            some = slice(start, min(n, start + step))
            whole = self.squares.new_zeros(some.stop - start, *parameter.shape)
            for index, rows, is_weight in parts:
                use, inputs, gradients = self._kept[index]
                kind = use.kind
                whole[:, rows] += (
                    kind.weight_gradients(inputs[some], gradients[some])
                    if is_weight
                    else kind.bias_gradients(gradients[some])
                )
            self.squares[some] += lengths_squared(whole)


def _overlap(parts: Sequence[tuple[int, slice, bool]], size: int) -> bool:
    """Whether two uses share a row of their parameter."""
    spans = [rows.indices(size)[:2] for _index, rows, _is_weight in parts]
    return any(max(one[0], other[0]) < min(one[1], other[1]) for one, other in combinations(spans, 2))


def _wide(values: Tensor) -> Tensor:
    if not values.is_floating_point():
        return values
    return values.to(torch.promote_types(values.dtype, torch.float32))
