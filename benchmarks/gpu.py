"""Everything to be known of a GPU, in one command: the tests that need one, and the pass beside its limits.

    python benchmarks/gpu.py > gpu.md

A network of ResNet-50's size on pictures of 224 × 224. The limit of the computation is the bare forward pass over
batches that lie on the device; pictures in memory and JPEG files have the limit of their own reading beside it. Ours
is what `hem score` does in its pass: read, hash, forward, score, keep the embeddings and write them. The bare pass is
run before and after ours, and its second beside its first is the noise. Busy is the share of our time in which the
device computed or copied, by torch's profiler.

`--device cpu --n 64 --size 32 --rows 500 --no-tests` tries the script where there is no GPU.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _gpu_pass import CLASSES, UNITS, Resident, Set, bare, busy, seconds, whole
from _resnet50 import resnet50
from torch import nn

from hem_core.embeddings.neighbours import neighbours
from hem_core.engine.batch import Inputs
from hem_core.engine.ghost_norms import gradient_norms
from hem_core.engine.inputs import Tensors, batches
from hem_core.engine.network import place
from hem_core.engine.unit import score_unit
from hem_core.media import medium
from hem_core.media._image_files import Files
from hem_core.media._npy import ArrayRows
from hem_core.media.array import Rows

FEATURES, NEIGHBOURS = 64, 15


def row(words: str, work: Callable[[], None], limit: Callable[[], None], asked: Set) -> None:
    """Print a line: the limit, ours, and their ratio."""
    limit()
    work()
    first, ours, again = (seconds(each, asked.device) for each in (limit, work, limit))
    share = (first + again) / 2 / ours
    figures = f"{asked.n / first:,.0f} | {asked.n / ours:,.0f} | {share:.3f} | {again / first:.3f}"
    print(f"| {words} | {figures} | {busy(work, asked.device)} |", flush=True)


def pass_table(asked: Set, precisions: Sequence[str]) -> None:
    """Ours beside the bare forward: pictures on the device, in a file of arrays; and beside a compiled network."""
    pictures = asked.pictures()
    np.save(asked.folder / "images.npy", pictures)
    on_device = torch.from_numpy(pictures).to(asked.device)
    ready = list(on_device.split(asked.batch_size))
    in_file = Tensors(Rows(ArrayRows(asked.folder / "images.npy"), is_picture=True), medium("array"))
    print("\n| pictures, precision | bare forward, /s | ours, /s | ours / bare | noise | busy |\n" + "|---" * 6 + "|")
    for precision in precisions:
        network, _k = place(
            resnet50(CLASSES), asked.device, ready[0][:2], is_picture=True, layer=None, precision=precision
        )
        limit = bare(network, ready)
        places: dict[str, Inputs] = {"on the device": Resident(on_device), "in a file of arrays": in_file}
        for name, inputs in places.items():
            row(f"{name}, {precision}", whole(asked.job(f"{name} {precision}", network, inputs)), limit, asked)


def compiled_line(asked: Set) -> None:
    """What torch.compile makes of the forward pass, on batches of one size, and how long it takes first."""
    batch = torch.from_numpy(asked.pictures()[: asked.batch_size]).to(asked.device)
    network, _k = place(resnet50(CLASSES), asked.device, batch[:2], is_picture=True, layer=None)
    of_compiled: Any = torch.compile(network.model)
    plain, compiled = (bare(replace(network, model=model), [batch] * 5) for model in (network.model, of_compiled))
    first = seconds(compiled, asked.device)
    plain()
    share = seconds(compiled, asked.device) / seconds(plain, asked.device)
    print(f"\ntorch.compile: {share:.2f} of the plain forward's time, after {first:.0f} s.", flush=True)


def precision_line(asked: Set, precisions: Sequence[str]) -> None:
    """The largest difference of each score between two precisions."""
    model, pictures = resnet50(CLASSES), torch.from_numpy(asked.pictures()[: asked.batch_size]).to(asked.device)
    found = []
    for precision in precisions:
        network, _k = place(model, asked.device, pictures[:2], is_picture=True, layer=None, precision=precision)
        few = Set(len(pictures), asked.size, asked.batch_size, asked.folder, asked.device)
        found.append(score_unit(few.job(precision, network, Resident(pictures)), 0).columns)
    full, half = found[0], found[-1]
    numbers = [name for name, column in full.items() if column.is_floating_point() and column.ndim == 1]
    differences = [f"{name} {(full[name] - half[name]).abs().max().item():.2g}" for name in numbers]
    print(f"\nLargest difference of {precisions[-1]} from fp32: {', '.join(differences)}.", flush=True)


def gradients_line(asked: Set) -> None:
    """`grand` beside an ordinary forward and backward pass."""
    pictures = torch.from_numpy(asked.pictures()[: min(asked.n, 32)])
    network, _k = place(resnet50(CLASSES), asked.device, pictures[:2], is_picture=True, layer=None)
    targets = torch.arange(len(pictures)) % CLASSES

    def plain() -> None:
        inputs = pictures.to(asked.device).permute(0, 3, 1, 2).float().div_(255)
        nn.functional.cross_entropy(network.model(inputs), targets.to(asked.device)).backward()
        network.model.zero_grad()

    def ours() -> None:
        gradient_norms(network, pictures, targets)

    plain()
    ours()
    times = [(seconds(plain, asked.device), seconds(ours, asked.device)) for _repeat in range(5)]
    share = sorted(mine / theirs for theirs, mine in times)[2]
    print(f"\nExact gradient norms: {share:.2f} of a forward and backward pass.", flush=True)


def files_table(asked: Set) -> None:
    """JPEG files, whose limit is reading and decoding them."""
    from PIL import Image

    photos, names = asked.folder / "photos", [f"{i}.jpg" for i in range(asked.n)]
    photos.mkdir()
    for name, picture in zip(names, asked.pictures(), strict=True):
        Image.fromarray(picture).save(photos / name, quality=90)
    files = Tensors(Files(photos, names, channels=3, resize=None), medium("image"))
    network, _k = place(resnet50(CLASSES), asked.device, files.read(range(2)).values, is_picture=True, layer=None)

    def reading() -> None:
        for _batch in batches(files, range(asked.n), asked.batch_size):
            pass

    print("\n| pictures | read alone, /s | ours, /s | ours / read | noise | busy |\n" + "|---" * 6 + "|")
    row("JPEG files, fp32", whole(asked.job("files", network, files)), reading, asked)


def neighbours_table(rows: Sequence[int], device: torch.device) -> None:
    """The exact search on the device beside the processor's."""
    print(f"\n| rows × {FEATURES} | device, s | recall | processor, s | recall |\n" + "|---" * 5 + "|")
    for n in rows:
        centres = np.random.default_rng(0).normal(size=(10, FEATURES))
        drawn = (centres[np.arange(n) % 10] + np.random.default_rng(1).normal(size=(n, FEATURES))).astype(np.float32)
        figures = []
        for each in (str(device), "cpu"):
            started = time.perf_counter()
            found = neighbours(drawn, NEIGHBOURS, device=each)
            figures += [f"{time.perf_counter() - started:.1f}", f"{found.recall:.3f}"]
        print(f"| {n:,} | " + " | ".join(figures) + " |", flush=True)


def tests() -> bool:
    """Run the tests that need a GPU, and print their last lines; whether all passed."""
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "-q", "-rs", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    print("\n".join(done.stdout.splitlines()[-12:]), flush=True)
    return done.returncode == 0


def main() -> None:
    """Run the tests and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--n", type=int, default=8192, help="pictures")
    parser.add_argument("--size", type=int, default=224, help="of a picture, pixels")
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 300_000], help="whose neighbours are found")
    parser.add_argument("--no-tests", action="store_true")
    asked = parser.parse_args()
    device = torch.device(asked.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        sys.exit("this torch sees no CUDA device; --device cpu tries the script without one")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "the processor"
    print(f"torch {torch.__version__}, {name}\n")
    is_failed = False
    if not asked.no_tests:
        is_failed = not tests()
    with tempfile.TemporaryDirectory() as folder:
        pictures = Set(asked.n, asked.size, min(256, max(1, asked.n // UNITS)), Path(folder), device)
        precisions = ("fp32", "bf16") if device.type == "cuda" else ("fp32",)
        steps: list[Callable[[], None]] = [
            lambda: pass_table(pictures, precisions),
            lambda: precision_line(pictures, precisions),
            lambda: gradients_line(pictures),
            lambda: files_table(pictures),
            lambda: neighbours_table(asked.rows, device),
        ]
        if device.type == "cuda":  # on a processor it takes minutes
            steps.append(lambda: compiled_line(pictures))
        for step in steps:  # what fails on a device must not cost the figures of the rest
            try:
                step()
            except Exception as error:
                is_failed = True
                print(f"\nfailed: {type(error).__name__}: {' '.join(str(error).split())[:300]}", flush=True)
    sys.exit(is_failed)


if __name__ == "__main__":
    main()
