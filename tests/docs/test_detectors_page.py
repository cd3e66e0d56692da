"""The train function on the page about detectors runs, with a stand-in for torchvision's large model."""

import re
import sys
import types
from pathlib import Path

import pytest
import torch

from demo_models.detector import Detector
from demo_models.detector.loss import generalised_iou
from hem_core.engine.box_features import box_features

PAGE = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text("utf-8")
TRAINING, FEATURES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


class Small(Detector):
    """In training it returns a dict of losses, as torchvision's detectors do."""

    def forward(self, images, targets=None):
        if not self.training:
            return super().forward(images)
        assert all(target.keys() == {"boxes", "labels"} for target in targets)
        heat, sides = self.maps(torch.stack(images))
        return {"heat": heat.sigmoid().mean(), "boxes": (1 - generalised_iou(sides, sides + 1)).mean()}


class Images:
    def __len__(self):
        return 5

    def __getitem__(self, index):
        boxes = torch.tensor([[0.0, 0, 8, 8], [8, 8, 16, 16]])
        return torch.rand(3, 32, 32), {
            "boxes": boxes, "labels": torch.tensor([1, 2]), "iscrowd": torch.tensor([0, 1]), "image_id": index,
        }  # fmt: skip


def test_the_train_function_of_the_page_runs(monkeypatch):
    module = types.ModuleType("torchvision.models.detection")
    module.fasterrcnn_resnet50_fpn = lambda num_classes, weights_backbone: Small(num_classes)
    monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", types.ModuleType("torchvision.models"))
    monkeypatch.setitem(sys.modules, "torchvision.models.detection", module)
    space = {}
    exec(TRAINING, space)
    with torch.random.fork_rng():
        model = space["train"](Images(), num_classes=3).eval()
    assert set(model([torch.rand(3, 32, 32)])[0]) == {"boxes", "labels", "scores"}


class Roi:
    """The parts of a torchvision detector that the page's `box_features` uses, on images scaled to half their size."""

    def transform(self, images):
        halves = torch.stack([image[:, ::2, ::2] for image in images])
        return types.SimpleNamespace(tensors=halves, image_sizes=[half.shape[-2:] for half in halves]), None

    def backbone(self, images):
        return images

    class roi_heads:
        @staticmethod
        def box_roi_pool(maps, boxes, sizes):
            return torch.cat([torch.cat([own, own + size[0]], dim=1) for own, size in zip(boxes, sizes, strict=True)])

        @staticmethod
        def box_head(pooled):
            return pooled


def test_the_box_features_of_the_page_are_of_the_scaled_boxes():
    space = {}
    exec(FEATURES, space)
    Roi.box_features = space["box_features"]
    boxes = [torch.tensor([[2.0, 2, 8, 8]]), torch.tensor([[0.0, 0, 4, 4], [4, 4, 8, 8]])]
    found = box_features(Roi(), [torch.rand(3, 16, 16)] * 2, boxes)
    assert found.shape == (3, 8)
    assert found[0].tolist() == pytest.approx([1, 1, 4, 4, 9, 9, 12, 12])
