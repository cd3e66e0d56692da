"""The cost of recording a training: time compared with a training step and a loop over rows; memory over epochs.

    python benchmarks/recorder.py

Thread CPU seconds; the two sides of a ratio alternate, medians of many, all from one run.
"""

from __future__ import annotations

import json
import math
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import torch
import torch.nn.functional as F

from hem_core.dynamics.recorder import Recorder

BATCH = 256
ROUNDS = 200


def main() -> None:
    """Print all tables."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, 1 thread, CPU seconds of this thread, batches of {BATCH}\n")
    share_of_a_step()
    beside_a_loop_over_rows(10)
    beside_a_loop_over_rows(1000)
    memory()


def share_of_a_step() -> None:
    """`log` alone, and with its part of the writing at an epoch's end, beside a small CNN's step, K = 10."""
    step, ids, targets = cnn_step()
    logits = step()
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(folder)
        log, alone = alternated(lambda: recorder.log(ids, logits, targets), step)
        _again, same = alternated(step, step)

        def epoch() -> None:
            for _batch in range(ROUNDS):
                recorder.log(ids, logits, targets)
            recorder.end_epoch()

        recorder.end_epoch()
        whole = statistics.median(seconds(epoch) for _ in range(5)) / ROUNDS
    print(f"a training step                   {alone * 1e3:8.3f} ms    itself again {same / _again:.3f}")
    print(f"Recorder.log                      {log * 1e3:8.3f} ms    share of a step {log / alone:.2%} (bar 2%)")
    print(f"log with its part of an epoch end {whole * 1e3:8.3f} ms    share of a step {whole / alone:.2%}\n")


def beside_a_loop_over_rows(n_classes: int) -> None:
    """Rows a second, written down and read for use, beside a plain loop over the rows of each batch."""
    ids = [f"example-{index:05d}" for index in range(BATCH)]
    logits, targets = torch.randn(BATCH, n_classes), torch.randint(n_classes, (BATCH,))
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "rows.jsonl").open("w", encoding="utf-8") as file:
        recorder = Recorder(Path(folder) / "dynamics")

        def ours() -> None:
            for _batch in range(20):
                recorder.log(ids, logits, targets)
            recorder.flush()

        def loop() -> None:
            for _batch in range(20):
                naive_loop(ids, logits, targets, file)

        mine, theirs = alternated(ours, loop, rounds=7)
    n = 20 * BATCH
    print(
        f"K = {n_classes:4}: Recorder {n / mine:10,.0f} rows/s, our naive loop over rows {n / theirs:8,.0f} rows/s: "
        f"{theirs / mine:.1f} times"
    )


def naive_loop(ids: list[str], logits: torch.Tensor, targets: torch.Tensor, file: IO[str]) -> None:
    """Our own naive version of what a log of logits comes to: each row a JSON line, its measures by the formulas."""
    for id, row, target in zip(ids, logits.tolist(), targets.tolist(), strict=True):
        total = math.log(sum(math.exp(value) for value in row))
        confidence = math.exp(row[target] - total)
        margin = max(value for index, value in enumerate(row) if index != target) - row[target]
        line: dict[str, Any] = {"guid": id, "logits": row, "gold": target, "confidence": confidence, "margin": margin}
        file.write(json.dumps(line) + "\n")


def memory() -> None:
    """Python's peak over epochs, K = 1000: what is kept is six floats an example until it is written."""
    n = 20 * BATCH
    logits, targets = torch.randn(BATCH, 1000), torch.randint(1000, (BATCH,))
    batches = [[f"example-{index:06d}" for index in range(start, start + BATCH)] for start in range(0, n, BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        recorder, peaks = Recorder(folder, flush_seconds=3600), []
        tracemalloc.start()
        for epoch in range(101):
            tracemalloc.reset_peak()
            for ids in batches:
                recorder.log(ids, logits, targets, epoch=epoch)
            held = sum(values.nbytes for _ids, values in recorder._buffer)
            recorder.end_epoch()
            peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    print(
        f"\n{n:,} examples, K = 1000: {held / n:.0f} bytes an example wait to be written (their logits: 4,000); "
        f"Python's peak {peaks[1] / 2**20:.2f} MB in epoch 1, {peaks[100] / 2**20:.2f} MB in epoch 100"
    )


def cnn_step() -> tuple[Callable[[], torch.Tensor], list[str], torch.Tensor]:
    """A training step of a small CNN that gives its logits, with the ids and targets of its batch."""
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(16, 32, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(4),
        torch.nn.Flatten(),
        torch.nn.Linear(512, 10),
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    images, targets = torch.randn(BATCH, 1, 28, 28), torch.randint(10, (BATCH,))

    def step() -> torch.Tensor:
        logits = net(images)
        optimizer.zero_grad()
        F.cross_entropy(logits, targets).backward()
        optimizer.step()
        return logits

    return step, [f"example-{index:05d}" for index in range(BATCH)], targets


def alternated(one: Callable[[], object], other: Callable[[], object], rounds: int = 40) -> tuple[float, float]:
    """Median CPU seconds of each, in turns."""
    one()
    other()
    pairs = [(seconds(one), seconds(other)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this thread."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


if __name__ == "__main__":
    main()
