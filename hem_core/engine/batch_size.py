"""Find the fastest batch size: a few sizes timed on the first examples."""

from __future__ import annotations

import time

import torch

from hem_core.engine.batch import Inputs
from hem_core.engine.network import Network

CANDIDATES = {"cpu": (8, 16, 32, 64, 128), "cuda": (64, 128, 256, 512)}


@torch.inference_mode()
def fastest_batch_size(network: Network, inputs: Inputs, n: int, *, repeats: int = 3) -> int:
    """The candidate with the least forward time per example; the median of a few repeats decides."""
    best, best_seconds = 1, float("inf")
    for size in CANDIDATES.get(network.device.type, CANDIDATES["cuda"]):
        if size > n and best_seconds < float("inf"):
            break
        values = inputs.read(range(min(size, n))).values
        if not len(values):
            continue
        times = []
        for _repeat in range(repeats + 1):
            started = time.perf_counter()
            logits, _features = network.forward(values)
            logits[0, 0].item()
            times.append((time.perf_counter() - started) / len(values))
        median = sorted(times[1:])[repeats // 2]
        if median < best_seconds:
            best, best_seconds = size, median
    return best
