"""Squared lengths of sums of outer products: the gradient of every matrix that is multiplied with rows."""

from __future__ import annotations

import torch
from torch import Tensor

CACHE = 1 << 19
"""Floats made at once on a CPU: 2 MB stay in the cache, and fresh memory costs more than the arithmetic."""

PASS = 8
"""What writing and reading a number again costs, in multiplications."""

GRAM = 4 / 3
"""What a multiplication of a Gram matrix costs, in those of a product of two long sides."""


def outer_squares(left: Tensor, right: Tensor) -> Tensor:
    """|sum over t of right_t left_t^T|^2 of each b. left (B, T, D), right (B, T, E) -> (B,).

    One row: the product of two lengths. Else the cheaper of two ways: from the Gram matrices (B, T, T) of both
    sides, or by forming (B, E, D), a few b at a time.
    """
    _b, n_rows, wide = left.shape
    tall = right.shape[2]
    if n_rows == 1:
        return lengths_squared(left) * lengths_squared(right)
    gram = GRAM * n_rows * n_rows * (wide + tall + PASS)
    direct = wide * tall * (n_rows + PASS)
    if gram < direct:
        step = at_once(left, n_rows * n_rows)
        squares = [_from_grams(*pair) for pair in zip(left.split(step), right.split(step), strict=True)]
    else:
        step = at_once(left, wide * tall)
        # The long side's memory is read in its order: (D, T) where it is a transposed view.
        first, second = (right, left) if left.stride(2) == 1 else (left, right)
        pairs = zip(first.split(step), second.split(step), strict=True)
        squares = [lengths_squared(torch.bmm(one.transpose(1, 2), other)) for one, other in pairs]
    return torch.cat(squares)


def at_once(like: Tensor, floats: int) -> int:
    """How many examples to take at a time when each makes so many floats."""
    room = CACHE if like.device.type == "cpu" else CACHE << 7
    return max(1, room // max(1, floats))


def lengths_squared(values: Tensor) -> Tensor:
    """(B, …) -> (B,)."""
    return torch.linalg.vector_norm(values.flatten(1), dim=1).square()


def _from_grams(left: Tensor, right: Tensor) -> Tensor:
    ours, theirs = torch.bmm(left, left.transpose(1, 2)), torch.bmm(right, right.transpose(1, 2))
    return ours.mul_(theirs).sum(dim=(1, 2)).clamp_min(0)  # (b, T, T) -> (b,); rounding can go below 0
