"""A state of tensors and numbers as one tensor of bytes, which every format of checkpoints can hold."""

import io
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def packed(state: Mapping[str, Any]) -> Tensor:
    """(n,) uint8 on the CPU, as `torch.save` writes the state."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)


def unpacked(state: Tensor) -> dict[str, Any]:
    """The packed state; only tensors and numbers are read, no code."""
    return torch.load(io.BytesIO(state.cpu().numpy().tobytes()), weights_only=True, map_location="cpu")
