"""torchvision beside a torch that it was not built for: its operators are missing, and it cannot be imported."""

import importlib.util
from pathlib import Path


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
