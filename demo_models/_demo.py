"""From nothing to a scored run: prepare the data, train with a Recorder, score. Each step is done once and kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from torch import nn

import hem_core
from demo_models._fit import Fit, accuracy, fit
from hem_core import folder
from hem_core.store.run import Run

FLIPPED = 0.05
"""Share of the labels that are made wrong on purpose; the truth stays in the column `true_label`."""


@dataclass(frozen=True)
class Images:
    """uint8 pictures (N, H, W), int64 labels (N,), the class names, and what is kept out of training."""

    images: np.ndarray
    labels: np.ndarray
    classes: list[str]
    held_out: tuple[np.ndarray, np.ndarray] | None = None


class Demo(Protocol):
    """What a file of this package defines."""

    FIT: Fit

    def load(self, data: Path | None) -> Images: ...
    def model(self) -> nn.Module: ...


def names() -> list[str]:
    """Names of the demos, as typed after `hem demo`."""
    return [name.replace("_", "-") for name in folder.names(sys.modules["demo_models"])]


def run(name: str, workspace: Path, *, data: Path | None = None, progress: Callable[[str, int, int], None]) -> Run:
    """Make the run `name` in the workspace, doing only what is not there yet.

    data: the folder of the data set where the demo does not bring its own.
    progress: called with (stage, done, total) in examples.
    """
    demo = cast(Demo, folder.load(sys.modules["demo_models"], name.replace("-", "_")))
    source = workspace / "data" / f"{name}.npz"
    recording, weights = workspace / "recordings" / name, workspace / "models" / f"{name}.safetensors"
    known = demo.load(data)
    if not source.exists():
        _write(source, known)
    with np.load(source, allow_pickle=False) as stored:
        images, labels, ids = stored["images"], stored["labels"], stored["ids"]
    if not weights.exists():
        fit(demo.model(), images, labels, ids, demo.FIT, hem_core.Recorder(recording), weights, progress)
    held_out = None
    if known.held_out is not None:
        held_out = accuracy(demo.model(), weights, *known.held_out)
    return hem_core.score(
        f"{demo.__name__}:model",  # type: ignore[attr-defined]
        source,
        out=workspace / "runs" / name,
        weights=weights,
        dynamics=recording,
        sample="in-sample",
        held_out_accuracy=held_out,
        progress=progress,
    )


def _write(path: Path, known: Images, *, seed: int = 0) -> None:
    generator = np.random.default_rng(seed)
    n, n_classes = len(known.labels), len(known.classes)
    is_flipped = np.zeros(n, dtype=bool)
    is_flipped[generator.choice(n, size=round(FLIPPED * n), replace=False)] = True
    shift = generator.integers(1, n_classes, size=n)
    labels = np.where(is_flipped, (known.labels + shift) % n_classes, known.labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file,
            images=known.images,
            labels=labels.astype(np.int64),
            ids=np.array([f"{path.stem}-{index:05d}" for index in range(n)]),
            classes=np.array(known.classes),
            planted_flip=is_flipped,
            true_label=np.array(known.classes)[known.labels],
        )
    partial.replace(path)
