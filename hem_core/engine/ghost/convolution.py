"""Convolutions over one and two axes, as linear layers over the patches they see."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core.engine.ghost.outer import at_once, outer_squares

WIDE, NARROW = 8, 16
"""From so many channels on, a patch of a picture narrower than this is copied faster with its channels side by side."""


@dataclass(frozen=True)
class Convolution:
    """kernel, stride, dilation (rows, columns); padding (left, right, top, bottom)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    dilation: tuple[int, int]
    groups: int
    is_flat: bool

    def weight_squares(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        inputs, gradients = self._pictures(inputs), self._pictures(gradients)
        patch = inputs.shape[1] * self.kernel[0] * self.kernel[1]
        step = at_once(inputs, patch * gradients.shape[2] * gradients.shape[3])
        parts = []
        is_side_by_side = self.groups == 1 and inputs.shape[1] >= WIDE
        if not inputs.is_contiguous(memory_format=torch.channels_last):
            is_side_by_side &= gradients.shape[3] < NARROW
        for some, theirs in zip(inputs.split(step), gradients.split(step), strict=True):
            if is_side_by_side:
                rows = theirs.flatten(2).transpose(1, 2)  # (n, O, H, W) -> (n, L, O), not copied
                parts.append(outer_squares(self._patch_rows(some), rows))
                continue
            patches, outs = self._patches(some).flatten(0, 1), self._outs(theirs).flatten(0, 1)
            squares = outer_squares(patches.transpose(1, 2), outs.transpose(1, 2))
            parts.append(squares.view(len(some), self.groups).sum(dim=1))  # (n G,) -> (n,)
        return torch.cat(parts)

    def weight_gradients(self, inputs: Tensor, gradients: Tensor) -> Tensor:
        inputs, gradients = self._pictures(inputs), self._pictures(gradients)
        products = self._outs(gradients) @ self._patches(inputs).transpose(2, 3)  # (N, G, O / G, C / G k)
        shape = (len(inputs), gradients.shape[1], inputs.shape[1] // self.groups, *self.kernel)
        return products.reshape(shape[:3] + self.kernel[1:] if self.is_flat else shape)

    def bias_gradients(self, gradients: Tensor) -> Tensor:
        return gradients.flatten(2).sum(dim=2)  # (N, O, …) -> (N, O)

    def _pictures(self, values: Tensor) -> Tensor:
        return values.unsqueeze(2) if self.is_flat else values  # (N, C, L) -> (N, C, 1, L)

    def _patches(self, pictures: Tensor) -> Tensor:
        """(n, C, H, W) -> (n, G, C / G k, L), L the places of the output."""
        # A copy of strided windows: F.unfold gives the same, three to ten times slower on a CPU.
        patches = self._windows(pictures).permute(0, 1, 4, 5, 2, 3)  # (n, C, H', W', kh, kw) -> (n, C, kh, kw, H', W')
        return patches.flatten(4).flatten(1, 3).unflatten(1, (self.groups, -1))

    def _patch_rows(self, pictures: Tensor) -> Tensor:
        """(n, C, H, W) -> (n, L, k C): another order in a patch, and copied a row of channels at a time."""
        last = pictures.contiguous(memory_format=torch.channels_last)
        return self._windows(last).permute(0, 2, 3, 4, 5, 1).flatten(3).flatten(1, 2)

    def _windows(self, pictures: Tensor) -> Tensor:
        """(n, C, H, W) -> a view of it padded, (n, C, H', W', kh, kw)."""
        if any(self.padding):
            pictures = F.pad(pictures, self.padding)
        for axis, size, step, spread in zip((2, 3), self.kernel, self.stride, self.dilation, strict=True):
            pictures = pictures.unfold(axis, spread * (size - 1) + 1, step)[..., ::spread]
        return pictures

    def _outs(self, gradients: Tensor) -> Tensor:
        return gradients.flatten(2).unflatten(1, (self.groups, -1))  # (n, O, H, W) -> (n, G, O / G, L)


def convolution(
    weight: Tensor,
    stride: int | tuple[int, ...],
    padding: str | int | tuple[int, ...],
    dilation: int | tuple[int, ...],
    groups: int,
) -> Convolution:
    """The kind, from the arguments of F.conv1d or F.conv2d."""
    is_flat = weight.dim() == 3
    kernel = _pair(tuple(weight.shape[2:]), 1, is_flat=is_flat)
    reach = _pair(dilation, 1, is_flat=is_flat)
    if padding == "same":
        whole = [spread * (size - 1) for size, spread in zip(kernel, reach, strict=True)]
        # As torch does: what is left over when it is odd goes to the end.
        around = (whole[1] // 2, whole[1] - whole[1] // 2, whole[0] // 2, whole[0] - whole[0] // 2)
    else:
        top, left = _pair(0 if isinstance(padding, str) else padding, 0, is_flat=is_flat)
        around = (left, left, top, top)
    return Convolution(kernel, _pair(stride, 1, is_flat=is_flat), around, reach, groups, is_flat)


def _pair(given: int | tuple[int, ...], missing: int, *, is_flat: bool) -> tuple[int, int]:
    sizes = (given,) if isinstance(given, int) else tuple(given)
    if is_flat:
        return missing, sizes[0]
    return (sizes[0], sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])
