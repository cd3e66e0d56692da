"""Make the requested GPU current, so that a train function that uses "cuda" gets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from hem_core.engine.network import choose_device


@contextmanager
def on_device(requested: str | None) -> Iterator[str]:
    """Make the requested device the current one, and give its name, such as "cuda:1" or "cpu".

    Raises ModelError when there is no such device.
    """
    device = choose_device(requested)
    if device.type != "cuda":
        yield str(device)
        return
    with torch.cuda.device(device):
        yield str(device)
