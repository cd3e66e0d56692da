"""The state of a training in a file, from which the same training resumes after a kill, with the same weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def resumed(parts: Mapping[str, Any], checkpoint: Path | None) -> int:
    """Put the parts, and torch's random numbers, into the state of the checkpoint.

    parts: what has a `state_dict`, such as the model and its optimizer. Returns how many epochs were finished; 0
    without a checkpoint.
    """
    if checkpoint is None or not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    if "random" in state:
        torch.set_rng_state(state["random"])
    return state["epochs"]


def write(parts: Mapping[str, Any], n_epochs: int, checkpoint: Path) -> None:
    """Store the state after n_epochs epochs, whole or not at all."""
    state = {name: part.state_dict() for name, part in parts.items()}
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state | {"epochs": n_epochs, "random": torch.get_rng_state()}, checkpoint.with_suffix(".partial"))
    checkpoint.with_suffix(".partial").replace(checkpoint)
