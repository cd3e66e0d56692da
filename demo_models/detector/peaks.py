"""From the maps of one image to its boxes: local maxima of the heat, without those that overlap a better one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core import mining

MOST = 100
LEAST_HEAT = 0.05
SAME_IOU = 0.5


def box_maps(sides: Tensor, stride: int) -> Tensor:
    """The boxes around the cells of n images, from the distances (n, 4, h, w) to their sides, as maps (n, 4, h, w)."""
    return torch.stack([boxes_of_maps(one, stride).T.reshape(one.shape) for one in sides])


def boxes_of_maps(sides: Tensor, stride: int) -> Tensor:
    """Distances to left, top, right and bottom (4, h, w) in px -> the boxes around the cells' centres (h w, 4)."""
    height, width = sides.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    centres = torch.stack([x, y], dim=2).reshape(-1, 2) * stride  # (h w, 2)
    around = sides.permute(1, 2, 0).reshape(-1, 4)
    return torch.cat([centres - around[:, :2], centres + around[:, 2:]], dim=1)


def peaks(heat: Tensor, boxes: Tensor) -> dict[str, Tensor]:
    """heat (K, h, w) in 0 .. 1, boxes (h w, 4) -> `boxes` (m, 4), `labels` (m,) in 0 .. K - 1, `scores` (m,).

    Cells that are no less hot than their eight neighbours, the hottest first; of boxes that share more than half of
    their union, of whatever class, the hottest. A second class at an object would look like an object that nobody gave.
    """
    is_peak = (heat == F.max_pool2d(heat[None], 3, stride=1, padding=1)[0]) & (heat >= LEAST_HEAT)
    label, cell = is_peak.flatten(1).nonzero(as_tuple=True)
    scores = heat.flatten(1)[label, cell]
    best = scores.argsort(descending=True, stable=True)[:MOST]
    label, scores, found = label[best], scores[best], boxes[cell[best]]
    kept = mining.non_maximum_suppression(found, scores, SAME_IOU)
    return {"boxes": found[kept], "labels": label[kept], "scores": scores[kept]}
