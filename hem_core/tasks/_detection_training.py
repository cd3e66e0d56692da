"""What a train function of a detector is given: an image and its boxes, as torchvision's references have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.boxes import formats
from hem_core.boxes.annotations import Annotations, image_table
from hem_core.boxes.arrays import GivenBoxes

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
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


def written(rows: pa.Table, given: GivenBoxes, classes: Sequence[str], folder: Path) -> Path | None:
    """COCO's annotations of N images as folder/annotations.json; None where an id is not the name of its file, since a
    reader of the file would give the image another id.

    rows: of the catalog, `id`, `image`, `width` and `height`; given: the boxes of images 0 .. N - 1.
    """
    ids, files = rows["id"].to_pylist(), rows["image"].to_pylist()
    if ids != files:
        return None
    sides = [rows[name].fill_null(0).to_numpy() for name in ("width", "height")]
    images = image_table(ids, files, np.stack(sides, axis=1).astype(np.float64), {})
    ordered = given.take(np.argsort(given.image, kind="stable"))
    known = tuple(classes)
    annotations = Annotations(images, tuple(ids), known, known, ordered, np.full(len(given), -1))
    return formats.write(annotations, folder, format="coco_json")[0]


def check_first_label(model: Any) -> None:
    """Raise ModelError for a module that says it counts classes from another number than the labels of its training."""
    from hem_core.errors import ModelError

    found = getattr(model, "first_label", FIRST_LABEL)
    if found != FIRST_LABEL:
        raise ModelError(
            f"the trained model has first_label = {found}; the labels of the data set begin at {FIRST_LABEL}, with 0 "
            "for background, and its predictions must too: add the difference in its forward and drop the attribute"
        )
