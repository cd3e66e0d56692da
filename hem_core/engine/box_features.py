"""What a detector sees in boxes: its method `box_features`, where it has one; also of whole images, as one box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from hem_core.errors import ModelError


@runtime_checkable
class SeesBoxes(Protocol):
    """A detector with features of boxes, for their neighbours and their map."""

    def box_features(self, images: Sequence[Tensor], boxes: Sequence[Tensor]) -> Sequence[Tensor]:
        """n images (3, H, W) and the boxes (m, 4) in px of each -> (m, D) of each, the same D for all."""
        ...


def box_features(model: SeesBoxes, images: Sequence[Tensor], boxes: Sequence[Tensor]) -> Tensor:
    """The features of all boxes of n images, one after the other: (M, D), M the number of boxes.

    Raises ModelError when the method fails, or gives something else.
    """
    try:
        features = list(model.box_features(images, boxes))
    except Exception as error:  # whatever the user's own code raises
        words = " ".join(str(error).split())[:300] or type(error).__name__
        raise ModelError(f"the model's box_features failed on {len(images)} images: {words}") from error
    fits = len(features) == len(boxes) and all(map(_fits, features, boxes))
    if not fits:
        given = ", ".join(str(tuple(getattr(one, "shape", ()))) for one in features[:3])
        raise ModelError(
            f"the model's box_features gave {given} …; expected a tensor (m, D) for the m boxes of each image"
        )
    return torch.cat([one for one in features if len(one)]) if any(map(len, features)) else torch.zeros(0, 0)


def _fits(features: object, boxes: Tensor) -> bool:
    return isinstance(features, Tensor) and features.ndim == 2 and len(features) == len(boxes)


def of_whole_images(model: Any, inputs: Any) -> Tensor | None:
    """The features of n images as one box each, (n, D); None for other inputs, or a model without the method."""
    if not isinstance(model, SeesBoxes) or not isinstance(inputs, list):
        return None
    sizes = [image.shape[-2:] for image in inputs]
    boxes = [torch.tensor([[0.0, 0.0, width, height]], device=inputs[0].device) for height, width in sizes]
    return box_features(model, inputs, boxes)
