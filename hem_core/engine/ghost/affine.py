"""What follows a normalisation: a factor and a shift of each channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Affine:
    """y = w normalise(x) + b. n_trailing: the axes of w are the last so many (0: w goes along axis 1)."""

    normalise: Callable[[Tensor], Tensor]
    n_trailing: int

    def weight_squares(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        return self.weight_gradients(inputs, gradients).flatten(1).square().sum(dim=1)

    def weight_gradients(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        return self._summed(self.normalise(inputs).mul_(gradients))

    def bias_gradients(self, gradients: Tensor) -> Tensor:
        return self._summed(gradients)

    def _summed(self, values: Tensor) -> Tensor:
        """Over all places: (N, …, *w.shape) or (N, C, …) -> (N, *w.shape)."""
        if self.n_trailing:
            return values.reshape(len(values), -1, *values.shape[values.ndim - self.n_trailing :]).sum(dim=1)
        return values.flatten(2).sum(dim=2) if values.ndim > 2 else values
