"""A file of weights alone, which goes with the factory that the run of the set was scored with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hem_core.errors import ModelError
from hem_core.store.run import Run

WEIGHTS = (".pt", ".pth", ".bin", ".ckpt", ".safetensors")
WAY = "pass --model package.module:factory --weights FILE"


def is_weights(model: Any, weights: Path | str | None) -> bool:
    """Whether a model is named by a file of weights, without a factory."""
    return isinstance(model, str) and weights is None and Path(model).suffix.lower() in WEIGHTS


def own_factory(run: Run) -> str:
    """`package.module:factory` of a run. Raises ModelError for a run that names none."""
    named = str(run.info["model"]["name"])
    if ":" not in named:
        raise ModelError(f"run '{run.name}' does not say how its model is built (it names '{named}'); {WAY}")
    return named
