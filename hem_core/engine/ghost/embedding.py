"""Rows looked up by number: tokens, positions, categories."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hem_core.engine.ghost.outer import lengths_squared


@dataclass(frozen=True)
class Embedding:
    """A table of n_rows; the row `padding` never gets a gradient."""

    n_rows: int
    padding: int | None

    def weight_squares(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        n = len(inputs)
        rows = gradients.reshape(-1, gradients.shape[-1])  # (N T, D)
        # A token that comes twice in an example has one gradient: the sum of both.
        keys, place = torch.unique(self._keys(inputs), return_inverse=True)
        sums = rows.new_zeros(len(keys), rows.shape[1]).index_add_(0, place, rows)  # (U, D)
        squares = lengths_squared(sums).masked_fill(self._is_padding(keys), 0)
        return rows.new_zeros(n).index_add_(0, keys // self.n_rows, squares)

    def weight_gradients(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        n, width = len(inputs), gradients.shape[-1]
        keys, rows = self._keys(inputs), gradients.reshape(-1, width)
        rows = rows.masked_fill(self._is_padding(keys)[:, None], 0)
        return rows.new_zeros(n * self.n_rows, width).index_add_(0, keys, rows).view(n, self.n_rows, width)

    def bias_gradients(self, gradients: Tensor) -> Tensor:
        raise AssertionError("an embedding has no bias")

    def _keys(self, indices: Tensor) -> Tensor:
        """(N, …) -> (N T,) int64: example and token in one number."""
        flat = indices.reshape(len(indices), -1).long()
        return (flat + self.n_rows * torch.arange(len(flat), device=flat.device)[:, None]).flatten()

    def _is_padding(self, keys: Tensor) -> Tensor:
        return keys % self.n_rows == (self.n_rows if self.padding is None else self.padding % self.n_rows)
