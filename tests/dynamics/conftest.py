"""Detectors that are trained: what their runs must have; and torchvision beside a torch that it was not built for, so
that its operators are missing and it cannot be imported."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest


def _define_operators():
    """Those that torchvision names while it is imported, and the one that its detectors without regions call.

    They live as long as the returned library. See https://docs.pytorch.org/vision/stable/ops.html#torchvision.ops.nms.
    """
    import torch

    from hem_core.mining import non_maximum_suppression

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", lambda boxes, scores, iou: non_maximum_suppression(boxes, scores, iou), "CPU")
    import torchvision.extension

    torchvision.extension._has_ops = lambda: True
    return library


def _library():
    spec = importlib.util.find_spec("torchvision")
    if spec is None:
        return None
    import torch

    try:
        torch.ops.load_library(next(Path(spec.origin).parent.glob("_C*.so")))
    except OSError:
        return _define_operators()
    return None


LIBRARY = _library()


@pytest.fixture
def check_box_dynamics():
    """check_box_dynamics(run, recorded, n): n images, and n boxes, have the scores of what was recorded of them."""

    def check(run, recorded, n):
        for level in (run.level("examples"), run.level("boxes")):
            table = level.table()
            table = table[table["id"].isin(recorded.ids)]
            assert len(table) == n
            assert {"loss_mean", "confidence_mean", "forgetting", "learned_epoch"} <= set(table.columns)
            losses = recorded.align(table["id"].tolist()).losses
            np.testing.assert_allclose(losses[:, -1], table["loss"], atol=1e-5)
            np.testing.assert_allclose(losses.mean(axis=1), table["loss_mean"], atol=1e-5)

    return check
