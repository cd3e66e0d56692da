from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import check_same_rows, loss_vector
from hem_core.mining.detection._objects import first_cells, regions_of, summed
from hem_core.mining.detection.non_maximum_suppression import apart
from hem_core.mining.report import Report

Component = Literal["all", "cls", "loc", "miss", "fp"]


class RoiOhem:
    """The regions of each image that a detector does worst on, no two of them in the same place.

    per_image: regions kept of an image, at most (the paper's 128 a batch of 2 images are 64); iou in 0 .. 1: of regions
    that overlap by more, the one with the largest loss stands for all; component, what "worst" means:
      all   classification + localisation loss,
      cls   classification alone, which never finds a region that is named right and lies wrong,
      loc   localisation, of regions with an object (others have no box to miss),
      miss  classification, of regions with an object: taken for background, or for another class,
      fp    classification, of background regions: objects seen where none are.
    ohem(boxes (R, 4) x1 y1 x2 y2 in pixels, cls (R,), loc (R,) or None, is_object (R,) bool or None, image (R,) int or
    None for a single one) gives the kept rows (T,) int64, ascending; ties go to the lower row. `all` and `loc` need
    loc; `loc`, `miss` and `fp` need is_object. An image has fewer than per_image where the component or the overlaps
    leave fewer. No gradient is taken here: index the losses, as below. `report()` describes the last selection.
    of_object (R,) int64, for detectors without anchors, which learn an object at many cells: the number of the object
    within its image that a cell learns, -1 for background. An object is then one region: its loss is the sum
    of its cells' losses, its box the one predicted at its worst cell, and all its cells are kept or none. is_object
    follows from of_object where it is not given.
    Raises MiningError for a scalar loss, a NaN, other shapes, and where something needed is not given.
    Reference: Shrivastava et al. 2016, arXiv:1604.03540, iou .7; the components are this project's.

    >>> import torch
    >>> from hem_core import mining
    >>> boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 11], [50, 50, 60, 60], [80, 80, 90, 90]])
    >>> cls = torch.tensor([2.0, 3.0, 0.1, 0.5], requires_grad=True)
    >>> loc = torch.tensor([0.0, 0.0, 4.0, 0.0])
    >>> is_object = torch.tensor([False, False, True, True])
    >>> keep = mining.RoiOhem(per_image=2)(boxes, cls, loc)
    >>> keep.tolist()  # row 0 lies where row 1 does
    [1, 2]
    >>> (cls + loc)[keep].mean().backward()
    >>> mining.RoiOhem(per_image=2, component="miss")(boxes, cls, is_object=is_object).tolist()
    [2, 3]
    """

    def __init__(self, per_image: int = 64, iou: float = 0.7, component: Component = "all") -> None:
        if per_image < 1 or not 0 <= iou <= 1:
            raise MiningError(f"per_image must be 1 or more and iou in 0 .. 1; they are {per_image}, {iou:g}")
        if component not in get_args(Component):
            raise MiningError(f"no component '{component}'; there are: {', '.join(get_args(Component))}")
        self.per_image, self.iou = per_image, iou
        self.component: Component = component
        self._report: Callable[[], Report] | None = None

    @torch.no_grad()
    def __call__(
        self,
        boxes: Tensor,
        cls: Tensor,
        loc: Tensor | None = None,
        *,
        is_object: Tensor | None = None,
        image: Tensor | None = None,
        of_object: Tensor | None = None,
    ) -> Tensor:
        cls = loss_vector(cls, "RoiOhem")
        if boxes.shape != (len(cls), 4):
            raise MiningError(f"RoiOhem expects boxes ({len(cls)}, 4), one per loss; got {tuple(boxes.shape)}")
        image = (
            torch.zeros_like(cls, dtype=torch.int64)
            if image is None
            else check_same_rows("image", image, cls, "RoiOhem")
        )
        if is_object is None and of_object is not None:
            is_object = check_same_rows("of_object", of_object, cls, "RoiOhem") >= 0
        losses, is_candidate = self._scored(cls, loc, is_object)
        order = losses.argsort(descending=True, stable=True)
        order = order[is_candidate[order]]
        if of_object is None:
            kept = self._apart(boxes, order, image).sort().values
        else:
            region, n = regions_of(of_object, image, cls, "RoiOhem")
            whole = summed(losses * is_candidate, region, n)[region]  # (R,) of the region of each cell
            order = first_cells(order[whole[order].argsort(descending=True, stable=True)], region, n)
            kept = torch.isin(region, region[self._apart(boxes, order, image)]).nonzero()[:, 0]
        labels = None if is_object is None else is_object.long()
        self._report = partial(Report.of, losses, kept, labels=labels)
        return kept

    def report(self) -> Report:
        """The last regions in numbers, by the component's loss; classes: 1 with an object, 0 without, where known."""
        if self._report is None:
            raise MiningError("RoiOhem has selected nothing yet; call it with boxes and losses first")
        return self._report()

    def _apart(self, boxes: Tensor, order: Tensor, image: Tensor) -> Tensor:
        """Of rows in order, the first `per_image` of each image that lie apart."""
        of_images = [order[image[order] == each] for each in image.unique().tolist()]
        return torch.cat([order[:0], *(apart(boxes, own, self.iou, self.per_image) for own in of_images)])

    def _scored(self, cls: Tensor, loc: Tensor | None, is_object: Tensor | None) -> tuple[Tensor, Tensor]:
        """The loss that ranks the regions, and which of them are ranked, both (R,)."""
        everywhere = torch.ones_like(cls, dtype=torch.bool)
        if self.component == "cls":
            return cls, everywhere
        if self.component == "all":
            return cls + self._needed("loc", loc, cls), everywhere
        has_object = self._needed("is_object", is_object, cls)
        if has_object.dtype != torch.bool:
            raise MiningError(f"is_object must be bool; it is {str(has_object.dtype).removeprefix('torch.')}")
        if self.component == "loc":
            return self._needed("loc", loc, cls), has_object
        return cls, has_object if self.component == "miss" else ~has_object

    def _needed(self, name: str, values: Tensor | None, cls: Tensor) -> Tensor:
        if values is None:
            raise MiningError(f"RoiOhem(component='{self.component}') needs {name}; it was not given")
        values = check_same_rows(name, values, cls, "RoiOhem")
        return loss_vector(values, "RoiOhem") if name == "loc" else values
