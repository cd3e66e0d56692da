"""One loss an image, out of the losses of its boxes."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import check_same_rows, loss_vector
from hem_core.mining.detection._objects import regions_of, summed

Component = Literal["all", "cls", "loc", "miss"]


@torch.no_grad()
def image_losses(
    cls: Tensor,
    loc: Tensor | None,
    is_object: Tensor | None,
    image: Tensor,
    n_images: int,
    *,
    component: Component = "all",
    top: int = 3,
    of_object: Tensor | None = None,
) -> Tensor:
    """The mean of the `top` largest losses of each image by component, for a LossHistory and a HardnessSampler.

    cls (R,) classification and loc (R,) localisation losses of R regions or anchors, is_object (R,) bool, image (R,)
    int64 in 0 .. n_images - 1. component: `cls` all regions by classification; `loc` regions with an object by
    localisation; `miss` regions with an object by classification, as they are taken for background or another class;
    `all` the sum of both. A mean of the largest and never the sum, so that a crowded image is not hard because it is
    crowded; an image with fewer regions has the mean of these, one without any 0. loc may be None for cls and miss.
    of_object (R,) int64, for detectors without anchors, which learn an object at many cells: the number of the object
    within its image that a cell learns, -1 for background. Losses of an object's cells are then added up first, so that
    `top` counts objects; weight them before so that they sum to the loss of the object. is_object may be None then.
    Returns (n_images,) float32, higher = harder, without a gradient.
    Raises MiningError for a scalar loss, a NaN, other shapes, an unknown component, or a missing loc or is_object.
    Reference: the image as the unit of resampling, Chen et al. 2019 (arXiv:1904.02701, IoU-balanced sampling), with the
    components of `RoiOhem`; the pooling is this project's.

    >>> import torch
    >>> from hem_core import mining
    >>> cls = torch.tensor([4.0, 2.0, 0.0, 1.0])
    >>> loc, is_object = torch.tensor([0.0, 6.0, 0.0, 3.0]), torch.tensor([False, True, False, True])
    >>> image = torch.tensor([0, 0, 0, 1])
    >>> mining.image_losses(cls, loc, is_object, image, 3, component="cls", top=2)
    tensor([3., 1., 0.])
    >>> mining.image_losses(cls, loc, is_object, image, 3, component="loc", top=2)
    tensor([6., 3., 0.])
    >>> of_object = torch.tensor([0, 0, -1, 0])                     # the first two cells learn one object
    >>> mining.image_losses(cls, loc, None, image, 3, component="cls", top=1, of_object=of_object)
    tensor([6., 1., 0.])
    """
    if component not in get_args(Component):
        raise MiningError(f"no component {component!r}; there are: {', '.join(get_args(Component))}")
    if top < 1:
        raise MiningError(f"top must be 1 or more; it is {top}")
    values = _of_component(loss_vector(cls, "image_losses"), loc, component)
    image = check_same_rows("image", image, cls, "image_losses")
    counts = _counted(values, is_object, of_object, component)
    if of_object is not None:
        region, n = regions_of(of_object, image, values, "image_losses")
        image = torch.zeros(n, dtype=image.dtype, device=image.device).scatter_(0, region, image)  # one of all cells'
        values, counts = summed(values * counts, region, n), summed(counts.long(), region, n) > 0
    return _top_means(values[counts], image[counts], n_images, top)


def _counted(values: Tensor, is_object: Tensor | None, of_object: Tensor | None, component: str) -> Tensor:
    """(R,) bool: the regions whose losses are of this component."""
    if component not in ("loc", "miss"):
        return torch.ones_like(values, dtype=torch.bool)
    if is_object is not None:
        return check_same_rows("is_object", is_object, values, "image_losses").bool()
    if of_object is None:
        raise MiningError(f"component {component!r} needs is_object, or of_object")
    return check_same_rows("of_object", of_object, values, "image_losses") >= 0


def _of_component(cls: Tensor, loc: Tensor | None, component: str) -> Tensor:
    if component in ("cls", "miss"):
        return cls.detach().float()
    if loc is None:
        raise MiningError(f"component {component!r} needs loc, the localisation losses")
    where = check_same_rows("loc", loss_vector(loc, "image_losses"), cls, "image_losses").float()
    return where if component == "loc" else cls.detach().float() + where


def _top_means(values: Tensor, image: Tensor, n_images: int, top: int) -> Tensor:
    """(n_images,) the mean of the largest `top` values of each image, 0 without any."""
    order = torch.argsort(values, descending=True, stable=True)
    order = order[torch.argsort(image[order], stable=True)]  # by image, the largest first
    ranked = image[order]
    first = torch.searchsorted(ranked, torch.arange(n_images, device=ranked.device))
    place = torch.arange(len(ranked), device=ranked.device) - first[ranked]
    kept = order[place < top]
    sums = torch.zeros(n_images, device=values.device).index_add_(0, image[kept], values[kept])
    n = torch.bincount(image[kept], minlength=n_images).clamp(min=1)
    return sums / n
