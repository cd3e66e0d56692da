"""The loss of the maps: focal on the heat, 1 − generalised IoU on the boxes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from demo_models.detector.targets import Maps

OF_BOXES = 2.0
"""Weight of the boxes beside the heat."""


def cell_losses(heat: Tensor, boxes: Tensor, wanted: Maps) -> tuple[Tensor, Tensor]:
    """Classification and localisation losses of the cells of n images, (n, h, w) each; 0 in regions that do not count.

    heat (n, K, h, w) raw, boxes (n, 4, h, w) in px. The cells of an object sum to its loss.
    Reference: the focal loss of Zhou et al. 2019, arXiv:1904.07850; generalised IoU, Rezatofighi et al. 2019,
    arXiv:1902.09630.
    """
    prob = heat.sigmoid().clamp(1e-4, 1 - 1e-4)
    of_heat = torch.where(
        wanted.heat == 1,
        (1 - prob) ** 2 * F.logsigmoid(heat).neg(),
        (1 - wanted.heat) ** 4 * prob**2 * F.logsigmoid(-heat).neg(),
    )
    of_boxes = (1 - generalised_iou(boxes, wanted.boxes)) * wanted.weight  # (n, h, w)
    return of_heat.sum(dim=1) * wanted.counts, OF_BOXES * of_boxes * wanted.counts


def loss_of(heat: Tensor, boxes: Tensor, wanted: Maps, weights: Tensor | None = None) -> Tensor:
    """Mean loss over the objects of n images; heat and boxes as in `cell_losses`, weights (n,) of the images."""
    cls, loc = cell_losses(heat, boxes, wanted)
    each = (cls + loc).sum(dim=(1, 2))  # -> (n,)
    return (each if weights is None else each * weights).sum() / wanted.n_objects


def generalised_iou(one: Tensor, other: Tensor) -> Tensor:
    """Of boxes (n, 4, …) left, top, right, bottom, pairwise -> (n, …) in -1 .. 1."""
    lower, upper = torch.maximum(one[:, :2], other[:, :2]), torch.minimum(one[:, 2:], other[:, 2:])
    shared = (upper - lower).clamp(min=0).prod(dim=1)
    areas = [(each[:, 2:] - each[:, :2]).clamp(min=0).prod(dim=1) for each in (one, other)]
    union = areas[0] + areas[1] - shared
    hull = (torch.maximum(one[:, 2:], other[:, 2:]) - torch.minimum(one[:, :2], other[:, :2])).prod(dim=1)
    return shared / union.clamp(min=1e-6) - (hull - union) / hull.clamp(min=1e-6)
