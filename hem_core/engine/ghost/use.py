"""One use of parameters in a forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


class Kind(Protocol):
    """A kind of layer. Inputs and gradients come with the example axis first; what comes back has N first too."""

    def weight_squares(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        """(N,) squared length of each example's gradient of the weight; no such gradient is kept."""
        ...

    def weight_gradients(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        """(N, *weight.shape): the gradients themselves, for weights used more than once."""
        ...

    def bias_gradients(self, gradients: Tensor) -> Tensor:
        """(N, *bias.shape)."""
        ...


@dataclass(frozen=True, eq=False)
class Use:
    """A layer's function was called: with what, on which parameters. A weight or bias that is not counted is None.

    leading: sizes of the output's axes, from the first, among which the example axis must be.
    weight_rows, bias_rows: the part of the parameter that was used, along its first axis.
    """

    kind: Kind
    inputs: Tensor
    leading: tuple[int, ...]
    weight: Tensor | None
    bias: Tensor | None
    weight_rows: slice
    bias_rows: slice
    can_be_shared: bool

    @property
    def parts(self) -> list[tuple[Tensor, slice, bool]]:
        """(parameter, rows of it, whether it is the weight) of those that count."""
        pairs = [(self.weight, self.weight_rows, True), (self.bias, self.bias_rows, False)]
        return [(parameter, rows, is_weight) for parameter, rows, is_weight in pairs if parameter is not None]
