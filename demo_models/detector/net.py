"""The network: images of any sizes in, a dict of boxes, labels and scores for each out, as torchvision's detectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo_models.detector.peaks import boxes_of_maps, peaks

STRIDE = 4
"""Pixels of the (scaled) image in a cell of the maps, each way."""
BASE_PX = 8.0
"""Distance from a cell's centre to a side of its box that a raw value of 0 stands for."""
LARGEST_RAW = 5.0
RARE = -3.0
"""Bias of the heat before any training: an object in one of 20 cells."""


class Detector(nn.Module):
    """Heat of every class and the box around every cell, on maps of a quarter of the image's sides.

    num_classes counts background as class 0, so labels are 1 .. num_classes - 1. Images larger than `longest_px` are
    scaled down to it before the network sees them; boxes are in px of the image as it came.
    Reference: objects as points, Zhou et al. 2019, arXiv:1904.07850; boxes by the distances to their four sides, Tian
    et al. 2019, arXiv:1904.01355.
    """

    def __init__(self, num_classes: int, *, longest_px: int = 224, width: int = 32) -> None:
        super().__init__()
        self.num_classes, self.longest_px = num_classes, longest_px
        self.fine = nn.Sequential(_block(3, 16, stride=2), _block(16, width, stride=2))
        self.coarse = nn.Sequential(_block(width, 2 * width, stride=2), _block(2 * width, 2 * width))
        self.coarsest = nn.Sequential(_block(2 * width, 2 * width, stride=2), _block(2 * width, 2 * width))
        self.lateral = nn.ModuleList([nn.Conv2d(2 * width, width, 1), nn.Conv2d(2 * width, width, 1)])
        self.neck = _block(width, width)
        self.heat = nn.Conv2d(width, num_classes - 1, 3, padding=1)
        self.sides = nn.Conv2d(width, 4, 3, padding=1)
        nn.init.constant_(self.heat.bias, RARE)  # pyright: ignore[reportArgumentType]

    def features(self, images: Tensor) -> Tensor:
        """(n, 3, H, W) in 0 .. 1 -> (n, width, H / 4, W / 4); H and W are multiples of 16."""
        fine = self.fine(images - 0.5)
        coarse = self.coarse(fine)
        merged = fine + _twice(self.lateral[0](coarse) + _twice(self.lateral[1](self.coarsest(coarse))))
        return self.neck(merged)

    def maps(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Raw heat (n, K, h, w), before the sigmoid, and distances to the sides (n, 4, h, w) in px of these images."""
        found = self.features(images)
        return self.heat(found), self.sides(found).clamp(-LARGEST_RAW, LARGEST_RAW).exp() * BASE_PX

    def forward(self, images: Sequence[Tensor]) -> list[dict[str, Tensor]]:
        """n images (3, H, W) in 0 .. 1 -> `boxes` (m, 4) in px, `labels` (m,) and `scores` (m,) of each, best first."""
        answers: list[dict[str, Tensor]] = [{} for _image in images]
        for places, batch, scales in self.batches(images):
            heat, sides = self.maps(batch)
            for place, scale, one, around in zip(places, scales, heat.sigmoid(), sides, strict=True):
                height, width = images[place].shape[-2:]
                found = peaks(one, boxes_of_maps(around, STRIDE))
                boxes = found["boxes"] / torch.tensor(scale).repeat(2)
                boxes = torch.minimum(boxes.clamp(min=0), torch.tensor([width, height, width, height]))
                answers[place] = {"boxes": boxes, "labels": found["labels"] + 1, "scores": found["scores"]}
        return answers

    def box_features(self, images: Sequence[Tensor], boxes: Sequence[Tensor]) -> list[Tensor]:
        """What the network sees in each box, for neighbours and a map: boxes (m, 4) of each image -> (m, 2 width).

        The features averaged over 5 × 5 places of the box, and those at its centre.
        """
        found: list[Tensor] = [torch.empty(0)] * len(images)
        for places, batch, scales in self.batches(images):
            for place, scale, one in zip(places, scales, self.features(batch), strict=True):
                scaled = boxes[place].to(one) * torch.tensor(scale).repeat(2).to(one)
                sampled = _sampled(one, scaled, batch.shape[-2:])
                found[place] = torch.cat([sampled.mean(dim=2), sampled[:, :, sampled.shape[2] // 2]], dim=1)
        return found

    def batches(self, images: Sequence[Tensor]) -> Iterator[tuple[list[int], Tensor, list[tuple[float, float]]]]:
        """Images of one size together, scaled and padded: their places, (n, 3, H, W), and the scales (x, y) of each."""
        by_size: dict[tuple[int, ...], list[int]] = {}
        for place, image in enumerate(images):
            by_size.setdefault(tuple(image.shape), []).append(place)
        for places in by_size.values():
            made = [scaled_to(images[place], self.longest_px) for place in places]
            yield places, torch.stack([image for image, _scale in made]), [scale for _image, scale in made]


def scaled_to(image: Tensor, longest_px: int) -> tuple[Tensor, tuple[float, float]]:
    """The image (3, H, W) at most this large and padded to multiples of 16 with grey, and by how much x, y shrank."""
    height, width = image.shape[-2:]
    share = min(1.0, longest_px / max(height, width))
    if share < 1:
        size = (max(1, round(height * share)), max(1, round(width * share)))
        image = F.interpolate(image[None], size=size, mode="bilinear", antialias=True)[0]
    scale = (image.shape[-1] / width, image.shape[-2] / height)
    below, right = -image.shape[-2] % 16, -image.shape[-1] % 16
    return F.pad(image, (0, right, 0, below), value=0.5), scale


def _block(n_in: int, n_out: int, *, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU())


def _twice(features: Tensor) -> Tensor:
    return F.interpolate(features, scale_factor=2.0, mode="nearest")


def _sampled(features: Tensor, boxes: Tensor, size: Sequence[int]) -> Tensor:
    """features (D, h, w), boxes (m, 4) in px of an image of this size (H, W) -> (m, D, 25)."""
    steps = torch.linspace(0.1, 0.9, 5)
    between = torch.stack([1 - steps, steps], dim=1)  # (5, 2)
    x, y = (boxes[:, at::2] @ between.T * 2 / side - 1 for at, side in ((0, size[1]), (1, size[0])))  # (m, 5) each
    grid = torch.stack([x[:, None].expand(-1, 5, -1), y[:, :, None].expand(-1, -1, 5)], dim=3)  # (m, 5, 5, 2)
    many = features[None].expand(len(boxes), -1, -1, -1)
    return F.grid_sample(many, grid, align_corners=False, padding_mode="border").flatten(2)
