"""The cost of the scores and the recorder, compared with plain torch, cleanlab (if installed) and a training step.

    python benchmarks/scores.py

Thread CPU seconds; the two sides of a ratio alternate, the median of many; the noise floor is a side against itself.
"""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from hem_core import scores
from hem_core.dynamics.recorder import Recorder
from hem_core.types import Outputs

FIVE = ("loss", "margin", "entropy", "el2n", "least_confidence")
BLOCK_LOGITS = 2**19
"""Logits in a block: larger ones spend their time on fresh memory, three times slower at 4 million."""


def main() -> None:
    """Print the table of ratios, all from one run."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, 1 thread, CPU seconds of this thread\n")
    print(f"{'what':44} {'ours':>12} {'beside':>12} {'ratio':>7} {'noise floor':>12}")
    for n_classes in (10, 1000):
        outputs = block(n_classes)
        ours, plain = (lambda given=outputs: five(given)), (lambda given=outputs: plain_five(given))
        per_example(f"five scores, K = {n_classes}, beside plain torch", ours, plain, len(outputs.ids))
        with_labels(outputs, n_classes)
    per_example("six dynamics scores, E = 20, beside a loop", *dynamics_pair(4096), 4096)
    recorder_share()


def block(n_classes: int) -> Outputs:
    """One block of rows."""
    n = min(4096, BLOCK_LOGITS // n_classes)
    return Outputs([""] * n, logits=3 * torch.randn(n, n_classes), targets=torch.randint(n_classes, (n,)))


def five(outputs: Outputs) -> object:
    """The five scores as the engine asks for them."""
    return [scores.compute(name, outputs) for name in FIVE]


def plain_five(outputs: Outputs) -> object:
    """The same five as one would write them down, probabilities shared."""
    logits, targets = outputs.logits, outputs.targets
    assert logits is not None
    assert targets is not None
    probs = logits.softmax(dim=1)
    one_hot = F.one_hot(targets, logits.shape[1])
    others = logits.masked_fill(one_hot.bool(), -torch.inf)
    return [
        F.cross_entropy(logits, targets, reduction="none"),
        others.amax(dim=1) - logits.gather(1, targets[:, None])[:, 0],
        torch.special.entr(probs).sum(dim=1),
        (probs - one_hot).norm(dim=1),
        1 - probs.amax(dim=1),
    ]


def with_labels(outputs: Outputs, n_classes: int) -> None:
    """cleanlab's label quality scores compared with our scores of the same meaning."""
    if importlib.util.find_spec("cleanlab") is None:
        print(f"{f'  K = {n_classes}: cleanlab is not installed, skipped':44}")
        return
    from cleanlab.rank import get_label_quality_scores  # pyright: ignore[reportMissingImports]

    assert outputs.logits is not None
    assert outputs.targets is not None
    probs, labels = outputs.logits.double().softmax(dim=1).numpy(), outputs.targets.numpy()
    for name, method in (("loss", "self_confidence"), ("margin", "normalized_margin")):
        per_example(
            f"  {name}, beside cleanlab {method}",
            lambda name=name: scores.compute(name, outputs),
            lambda method=method: get_label_quality_scores(labels, probs, method=method),
            len(labels),
        )


def dynamics_pair(n: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """The scores over epochs, compared with a Python loop over rows of numpy."""
    n_epochs = 20
    hits = (torch.rand(n, n_epochs) < 0.7).float()
    values = torch.rand(n, n_epochs)
    outputs = Outputs([""] * n, epoch_confidences=values, epoch_margins=values, epoch_hits=hits)
    names = [name for name in scores.names() if scores.needs(name)[0].startswith("epoch_")]
    rows, right = values.numpy(), hits.numpy()

    def loop() -> object:
        return [
            (
                1 - row.mean(),
                row.std(),
                1 - hit.mean(),
                int(((hit[:-1] == 1) & (hit[1:] == 0)).sum()) if hit.any() else n_epochs,
                max((number for number, value in enumerate(hit, 1) if value == 0), default=0),
                row.mean(),
            )
            for row, hit in zip(rows, right, strict=True)
        ]

    return (lambda: [scores.compute(name, outputs) for name in names]), loop


def recorder_share() -> None:
    """A small CNN's training step with the recorder, compared with the same step without it."""
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
    images, targets = torch.randn(256, 1, 28, 28), torch.randint(10, (256,))
    ids = [f"example-{index:05d}" for index in range(256)]

    def step() -> torch.Tensor:
        logits = net(images)
        optimizer.zero_grad()
        F.cross_entropy(logits, targets).backward()
        optimizer.step()
        return logits

    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(folder, flush_seconds=1.0)  # five times as often as it does by itself
        logits = step().detach()

        def recorded() -> None:
            recorder.log(ids, step(), targets)

        with_it, without = alternated(recorded, step)
        _, floor = noise(step)
        label = "CNN step, batch 256, with recorder / without"
        print(f"{label:44} {ms(with_it):>12} {ms(without):>12} {with_it / without:7.3f} {floor:12.3f}")
        alone = statistics.median(seconds(lambda: recorder.log(ids, logits, targets)) for _ in range(500))
        print(f"{'  log alone, share of the step':44} {ms(alone):>12} {ms(without):>12} {alone / without:7.4f}")
        started = time.thread_time()
        recorder.end_epoch()
        recorder.log(ids, logits, targets)
        for _ in range(199):
            recorder.log(ids, logits, targets)
        recorder.end_epoch()
        whole = time.thread_time() - started
        print(
            f"{'  200 logs and an end of the epoch, per log':44} {ms(whole / 200):>12} {ms(without):>12} "
            f"{whole / 200 / without:7.4f}"
        )


def per_example(label: str, ours: Callable[[], object], other: Callable[[], object], n: int) -> None:
    """One line, in microseconds an example."""
    mine, theirs = alternated(ours, other)
    _, floor = noise(ours)
    print(f"{label:44} {mine / n * 1e6:9.2f} µs {theirs / n * 1e6:9.2f} µs {mine / theirs:7.2f} {floor:12.3f}")


def alternated(one: Callable[[], object], other: Callable[[], object], rounds: int = 40) -> tuple[float, float]:
    """Median CPU seconds of each, in turns."""
    one()
    other()
    pairs = [(seconds(one), seconds(other)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def noise(one: Callable[[], object]) -> tuple[float, float]:
    """A side against itself: its seconds, and the ratio that should be 1."""
    first, second = alternated(one, one)
    return first, first / second


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this thread."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


def ms(value: float) -> str:
    """Seconds as milliseconds."""
    return f"{value * 1e3:.3f} ms"


if __name__ == "__main__":
    main()
