"""Linear layers over any number of rows an example."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from hem_core.engine.ghost.outer import outer_squares


@dataclass(frozen=True)
class Linear:
    """y = x W^T + b on the last axis."""

    def weight_squares(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        return outer_squares(_rows(inputs), _rows(gradients))

    def weight_gradients(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        return _rows(gradients).transpose(1, 2) @ _rows(inputs)  # (N, E, T) (N, T, D) -> (N, E, D)

    def bias_gradients(self, gradients: Tensor) -> Tensor:
        return _rows(gradients).sum(dim=1)  # (N, T, E) -> (N, E)


def _rows(values: Tensor) -> Tensor:
    return values.reshape(values.shape[0], -1, values.shape[-1])  # (N, …, D) -> (N, T, D)
