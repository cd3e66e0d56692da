"""A network of ResNet-50's layers, written out, since torchvision is no dependency of HEM's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Width, blocks and first stride of each stage (He et al., 2016)."""
GROWTH = 4
"""Channels that a block gives, as multiples of its width."""


class Bottleneck(nn.Module):
    """1 × 1, 3 × 3 and 1 × 1 convolutions beside a shortcut."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *normed(channels, width, 1), nn.ReLU(inplace=True), *normed(width, width, 3, stride), nn.ReLU(inplace=True),
            *normed(width, GROWTH * width, 1),
        )  # fmt: skip
        is_changed = stride > 1 or channels != GROWTH * width
        self.shortcut = nn.Sequential(*normed(channels, GROWTH * width, 1, stride)) if is_changed else nn.Identity()

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.relu(self.shortcut(inputs) + self.body(inputs))


def normed(channels: int, width: int, size: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    """A convolution without bias and its normalisation."""
    return nn.Conv2d(channels, width, size, stride, padding=size // 2, bias=False), nn.BatchNorm2d(width)


def resnet50(n_classes: int = 1000) -> nn.Sequential:
    """25.6 million weights at 1,000 classes, drawn at random."""
    layers: list[nn.Module] = [*normed(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, padding=1)]
    channels = 64
    for width, blocks, stride in STAGES:
        for block in range(blocks):
            layers.append(Bottleneck(channels, width, stride if block == 0 else 1))
            channels = GROWTH * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, n_classes))
