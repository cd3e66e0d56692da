"""The scoring pass against its limit, the bare forward pass; a plain user's loop; and every stage at 60,000 examples.

    python benchmarks/engine.py [--fashion FOLDER]

Ratios of CPU seconds summed over this process's threads, with one compute thread (two would spin while they wait, and
be counted), ours and the bare pass in turn, medians. Beside each ratio stands the noise floor: the bare pass against
itself.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from demo_models import fashion_mnist
from hem_core.engine.inputs import Tensors
from hem_core.engine.network import place
from hem_core.engine.plan import Plan
from hem_core.engine.runners.local import Local
from hem_core.engine.unit import Job, score_unit, write_unit
from hem_core.media import medium
from hem_core.media._npy import ArrayRows
from hem_core.media.array import Rows

UNIT = {"MLP": 16_384, "demo CNN": 16_384, "residual net": 4096, "transformer": 4096}
"""Examples of each net in one unit of work."""
ROWS = 4096
"""Examples of the plain loop."""


def residual_net() -> nn.Module:
    """A small residual network for 28 × 28 grey pictures, some 1,000 µs an example on one core."""

    class Block(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
                nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width),
            )  # fmt: skip

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x + self.body(x))

    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    return nn.Sequential(nn.Conv2d(1, 64, 3, stride=2, padding=1), Block(64), Block(64), *head)


def mlp() -> nn.Module:
    """The trivial net, where everything else must be small in microseconds."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def encoder() -> nn.Module:
    """A small transformer over the 28 rows of a picture."""

    class Rowwise(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(28, 192)
            layer = nn.TransformerEncoderLayer(192, 4, 384, batch_first=True)
            self.body = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
            self.head = nn.Linear(192, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.body(self.embed(x[:, 0])).mean(dim=1))

    return Rowwise()


def job_of(model: nn.Module, folder: Path, n: int) -> Job:
    """A job over n random pictures in an .npy file."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    np.save(folder / "images.npy", pictures)
    inputs = Tensors(Rows(ArrayRows(folder / "images.npy"), is_picture=True), medium("array"))
    network, _k = place(model, torch.device("cpu"), inputs.read(range(min(2, n))).values, is_picture=True, layer=None)
    plan = Plan(folder, n, n, 32, "benchmark")
    ids = [str(index) for index in range(n)]
    return Job(plan, ids, np.arange(n) % 10, {}, network, inputs)


def pass_ratio(name: str, model: nn.Module, folder: Path, repeats: int) -> None:
    """Our unit (read, forward, scores, features, durable write) over the bare forward on batches that are ready."""
    rows = UNIT[name]
    job = job_of(model, folder, rows)
    assert job.network is not None
    assert job.inputs is not None
    values = [job.inputs.read(range(start, start + 32)).values for start in range(0, rows, 32)]
    ready = [
        (batch.permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last) for batch in values
    ]

    @torch.inference_mode()
    def bare() -> None:
        for batch in ready:
            job.network.model(batch)  # type: ignore[union-attr]

    def ours() -> None:
        write_unit(job, 0, score_unit(job, 0))

    bare(), ours()
    figures = [(cpu(bare), cpu(ours), cpu(bare)) for _repeat in range(repeats)]
    one = statistics.median(first for first, _ours, _again in figures)
    ratio = statistics.median(mine / ((first + again) / 2) for first, mine, again in figures)
    floor = statistics.median(again / first for first, _ours, again in figures)
    added = statistics.median(mine - (first + again) / 2 for first, mine, again in figures) / rows * 1e6
    print(f"| {name} | {one / rows * 1e6:,.0f} | {ratio:.3f} | {floor:.3f} | {added:+.1f} |", flush=True)


def cpu(work: Callable[[], None]) -> float:
    """CPU seconds of all threads of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def user_loop(name: str, model: nn.Module, folder: Path) -> None:
    """End to end: what people write (item by item, NCHW, batch 256, pandas to CSV) beside our local runner."""
    job = job_of(model, folder, ROWS)
    pictures = np.load(folder / "images.npy")

    class Naive(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return len(pictures)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return torch.from_numpy(pictures[index])[None].float() / 255, index % 10

    @torch.no_grad()
    def plain() -> None:
        rows = []
        plain_model = model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        for x, y in torch.utils.data.DataLoader(Naive(), batch_size=256):
            logits = plain_model(x)
            probs = logits.softmax(dim=1)
            loss = nn.functional.cross_entropy(logits, y, reduction="none")
            entropy = -(probs * probs.log()).sum(dim=1)
            rows += zip(loss.tolist(), entropy.tolist(), probs.amax(dim=1).tolist(), strict=True)
        np.savetxt(folder / "rows.csv", rows)

    def ours() -> None:
        for path in (folder / "shards").glob("*"):
            path.unlink()
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        Local().run(job, is_strict=False, report=lambda _done: None)

    plain(), ours()
    pairs = [(wall(plain), wall(ours)) for _repeat in range(3)]
    ratio = statistics.median(mine / theirs for theirs, mine in pairs)
    print(f"| {name} | {pairs[0][0] / ROWS * 1e6:,.0f} | {pairs[0][1] / ROWS * 1e6:,.0f} | {ratio:.2f} |", flush=True)


def wall(work: Callable[[], None]) -> float:
    """Wall seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def memory(folder: Path) -> None:
    """Peak memory of the pass at n and 8 n, each in a process of its own."""
    peaks = []
    for n in (10_000, 80_000):
        command = [sys.executable, __file__, "--peak-of", str(n), str(folder / str(n))]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(float(done.stdout))
    print(f"\nPeak memory of the pass: {peaks[0]:,.0f} MB at 10,000 and {peaks[1]:,.0f} MB at 80,000 "
          f"examples, ratio {peaks[1] / peaks[0]:.3f}.")  # fmt: skip


def peak_of(folder: str, n: int) -> float:
    """MB at most while n examples are scored."""
    job = job_of(mlp(), Path(folder), 1)
    with (Path(folder) / "images.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (n, 28, 28)})
        for _block in range(0, n, 1000):
            file.write(np.zeros((1000, 28, 28), np.uint8).tobytes())
    inputs = Tensors(Rows(ArrayRows(Path(folder) / "images.npy"), is_picture=True), medium("array"))
    plan = Plan(Path(folder), n, 16_384, 32, "benchmark")
    Local().run(
        Job(plan, [str(index) for index in range(n)], np.arange(n) % 10, {}, job.network, inputs),
        is_strict=False,
        report=lambda _done: None,
    )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def stages(source: Path, folder: Path) -> None:
    """Every stage of `hem demo fashion-mnist`, seconds and peak memory as the run recorded them."""
    command = ["demo", "fashion-mnist", "--data", str(source), "--workspace", str(folder), "--no-app"]
    started = time.perf_counter()
    subprocess.run([Path(sys.executable).with_name("hem"), *command], check=True)
    info = json.loads((folder / "runs" / "fashion-mnist" / "run.json").read_text())
    print(f"\n| stage, {info['n']:,} pictures | seconds |\n|---|---|")
    for stage, seconds in info["timings"].items():
        print(f"| {stage} | {seconds} |")
    print(f"\nTraining and scoring together {time.perf_counter() - started:,.0f} s; "
          f"peak memory while scoring {info['peak_memory_mb']:,} MB.")  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fashion", type=Path, help="folder of Fashion-MNIST's four IDX files")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peak-of", nargs=2, metavar=("N", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.peak_of:
        print(peak_of(asked.peak_of[1], int(asked.peak_of[0])))
        return
    torch.manual_seed(0)
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads\n")
    nets = {"MLP": mlp(), "demo CNN": fashion_mnist.model(), "residual net": residual_net(), "transformer": encoder()}
    with tempfile.TemporaryDirectory() as work:
        print("| net | bare forward, µs an example | ours / bare | noise floor | added, µs |\n|---|---|---|---|---|")
        for name, model in nets.items():
            pass_ratio(name, model.eval(), Path(work) / name, asked.repeats)
        print("\n| net | plain loop, µs an example | ours | ratio |\n|---|---|---|---|")
        for name in ("MLP", "demo CNN", "residual net"):
            user_loop(name, nets[name], Path(work) / name)
        memory(Path(work))
        if asked.fashion:
            stages(asked.fashion, Path(work) / "fashion")


if __name__ == "__main__":
    main()
