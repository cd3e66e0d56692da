"""The pass over pictures that lie on a device, its limit, and how busy the device is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hem_core.engine.batch import Batch, Inputs
from hem_core.engine.network import Network
from hem_core.engine.plan import Plan
from hem_core.engine.runners.local import Local
from hem_core.engine.unit import Job

CLASSES = 100
UNITS = 8
"""Units of work in a pass, so that one is written while the next is computed."""


class Resident:
    """Inputs that lie on the device: pictures uint8 (n, H, W, C)."""

    is_quick = True

    def __init__(self, pictures: Tensor) -> None:
        self.pictures = pictures

    def fingerprint(self) -> str:
        return ""

    def read(self, indices: Sequence[int]) -> Batch:
        return Batch(self.pictures[indices[0] : indices[-1] + 1], list(indices), [], [])

    def picture(self, index: int) -> np.ndarray:
        return self.pictures[index].cpu().numpy()

    def spoil(self, *_given: object, **_more: object) -> Tensor:
        raise NotImplementedError("no probes are planted here")


@dataclass(frozen=True)
class Set:
    """n pictures of a size, and the batch size and folder of what is made of them."""

    n: int
    size: int
    batch_size: int
    folder: Path
    device: torch.device

    def pictures(self) -> np.ndarray:
        """uint8 (n, size, size, 3), smooth enough for a JPEG of usual size."""
        drawn = np.random.default_rng(0).integers(0, 256, (self.n, 8, 8, 3), dtype=np.uint8)
        each = -(-self.size // 8)
        return drawn.repeat(each, axis=1).repeat(each, axis=2)[:, : self.size, : self.size]

    def job(self, name: str, network: Network, inputs: Inputs) -> Job:
        """A pass over all pictures in a folder of its own."""
        plan = Plan(self.folder / name, self.n, -(-self.n // UNITS), self.batch_size, "benchmark")
        return Job(plan, [str(i) for i in range(self.n)], np.arange(self.n) % CLASSES, {}, network, inputs)


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Wall seconds, until the device is done."""
    settled(device)
    started = time.perf_counter()
    work()
    settled(device)
    return time.perf_counter() - started


def settled(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def bare(network: Network, ready: list[Tensor]) -> Callable[[], None]:
    """The forward pass alone, as it is run when nobody asks for more than the logits."""

    @torch.inference_mode()
    def work() -> None:
        for values in ready:
            with torch.autocast("cuda", torch.bfloat16, enabled=network.precision == "bf16"):
                network.model(values.permute(0, 3, 1, 2).float().div_(255))

    return work


def whole(job: Job) -> Callable[[], None]:
    """The pass of `hem score` over a job, anew each time."""

    def work() -> None:
        for path in job.plan.folder.rglob("*.*"):
            path.unlink()
        Local().run(job, is_strict=False, report=lambda _done: None)

    return work


def busy(work: Callable[[], None], device: torch.device) -> str:
    """The share of the time in which the device had something to do."""
    if device.type != "cuda":
        return "–"
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        took = seconds(work, device)
    events = [each.time_range for each in profiler.events() or [] if each.device_type.name == "CUDA"]
    covered, end = 0.0, float("-inf")
    for one in sorted(events, key=lambda each: each.start):
        covered += max(0.0, one.end - max(one.start, end))
        end = max(end, one.end)
    return f"{covered / 1e6 / took:.2f}"
