"""Recorded in a training of torchvision's detectors: what a run makes of the trained model is the last epoch."""

import importlib.util

import numpy as np
import pytest
import torch

if importlib.util.find_spec("torchvision") is None:
    pytest.skip("torchvision is not installed: pip install torchvision beside this torch", allow_module_level=True)

from torchvision.models.detection import FCOS
from torchvision.models.detection.anchor_utils import AnchorGenerator

import hem_core
from demo_models import scenes
from hem_core.dynamics.boxes import BoxRecorder
from hem_core.dynamics.read import read

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
EPOCHS = 3


class Backbone(torch.nn.Module):
    """One map of features, an eighth of the picture's size."""

    out_channels = 32

    def __init__(self):
        super().__init__()
        layers = []
        for wide, out in ((3, 8), (8, 16), (16, 32)):
            layers += [torch.nn.Conv2d(wide, out, 3, stride=2, padding=1), torch.nn.ReLU()]
        self.layers = torch.nn.Sequential(*layers)

    def forward(self, images):
        return {"0": self.layers(images)}


def net(n_classes):
    torch.manual_seed(0)
    anchors = AnchorGenerator(sizes=((8,),), aspect_ratios=((1.0,),))
    return FCOS(Backbone(), n_classes, anchor_generator=anchors, min_size=96, max_size=192, score_thresh=0.01)


def batches(recorder):
    """The pictures with their targets, as a data set for torchvision gives them."""
    given = recorder.annotations.boxes
    for image, (_id, picture) in enumerate(recorder._pictures()):
        own = given.take(given.image == image)
        target = {"boxes": torch.from_numpy(own.xyxy).float(), "labels": torch.from_numpy(own.label) + 1}
        yield [picture], [target]


def test_a_loop_with_one_line_gives_a_run_with_the_dynamics(tmp_path):
    data = scenes.write(tmp_path / "data", 8, share=0.0)
    recorder = BoxRecorder(tmp_path / "recording", data.annotations, images=data.images)
    model = net(1 + len(recorder.annotations.categories))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _epoch in range(EPOCHS):
        model.train()
        for images, targets in batches(recorder):
            losses = model(images, targets)
            optimizer.zero_grad()
            sum(losses.values()).backward()
            optimizer.step()
        recorder.log_model(model)
    found = {"images": data.images, "dynamics": tmp_path / "recording", "has_map": False, "has_probes": False}
    # One picture at a time: FCOS normalizes over the padding of a batch.
    run = hem_core.score(model, data.annotations, out=tmp_path / "model", batch_size=1, **found)
    last = tmp_path / "recording" / "predictions.parquet"
    from_file = hem_core.score(None, data.annotations, predictions=last, out=tmp_path / "file", **found)
    recorded = read(tmp_path / "recording")
    assert recorded.n_epochs == EPOCHS
    for made in (run, from_file):
        for level in (made.level("examples"), made.level("boxes")):
            table = level.table()
            table = table[table["id"].isin(recorded.ids)]
            assert {"loss_mean", "confidence_mean", "forgetting", "learned_epoch"} <= set(table.columns)
            losses = recorded.align(table["id"].tolist()).losses
            np.testing.assert_allclose(losses[:, -1], table["loss"], atol=1e-4)
            np.testing.assert_allclose(losses.mean(axis=1), table["loss_mean"], atol=1e-5)
    assert len(table) == len(recorder.annotations.boxes)
