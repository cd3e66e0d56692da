"""What a train function of a detector is given: an image and its boxes, as torchvision's references have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.boxes.arrays import GivenBoxes

if TYPE_CHECKING:
    from torch import Tensor

FIRST_LABEL = 1
"""The first class; 0 is background."""


def boxes_of(boxes: GivenBoxes, image: int) -> GivenBoxes:
    """The boxes of one image, of boxes that stand in the order of their images."""
    first, last = np.searchsorted(boxes.image, [image, image + 1])
    return boxes.take(np.arange(first, last))


def item(image: Tensor, boxes: GivenBoxes, index: int) -> tuple[Tensor, dict[str, Any]]:
    """An image (3, H, W) float32 in 0 .. 1, and a dict of its n boxes.

    `boxes` (n, 4) float32 left, top, right, bottom in px, cut off at the borders of the image; `labels` (n,) int64 from
    1 on; `iscrowd` (n,) int64, 1 for regions that are neither objects nor background; `area` (n,) float32 in px²;
    `image_id`, the index. Boxes without width or height in the image are left out; an image without boxes has (0, 4).
    """
    import torch

    height, width = image.shape[-2:]
    corners = torch.from_numpy(boxes.xyxy).float().reshape(-1, 4)
    corners = torch.minimum(corners.clamp(min=0), torch.tensor([width, height, width, height]))
    is_there = (corners[:, 2:] > corners[:, :2]).all(dim=1)  # (n, 4) -> (n,)
    columns = {
        "boxes": corners,
        "labels": torch.from_numpy(boxes.label) + FIRST_LABEL,
        "iscrowd": torch.from_numpy(boxes.is_ignored).long(),
        "area": torch.from_numpy(boxes.area_px).float(),
    }
    return image, {"image_id": index, **{name: values[is_there] for name, values in columns.items()}}


def check_first_label(model: Any) -> None:
    """Raise ModelError for a module that says it counts classes from another number than the labels of its training."""
    from hem_core.errors import ModelError

    found = getattr(model, "first_label", FIRST_LABEL)
    if found != FIRST_LABEL:
        raise ModelError(
            f"the trained model has first_label = {found}; the labels of the data set begin at {FIRST_LABEL}, with 0 "
            "for background, and its predictions must too: add the difference in its forward and drop the attribute"
        )
