"""Restore the process settings that other code may change, so that the next training is not affected."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch


@contextlib.contextmanager
def process_settings_kept() -> Iterator[None]:
    """Keep the working folder, torch's default type, gradients and determinism, and how warnings are treated."""
    home, dtype, has_gradients = Path.cwd(), torch.get_default_dtype(), torch.is_grad_enabled()
    is_deterministic = torch.are_deterministic_algorithms_enabled()
    is_warning = torch.is_deterministic_algorithms_warn_only_enabled()
    with warnings.catch_warnings(), np.errstate():
        try:
            yield
        finally:
            os.chdir(home)
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(has_gradients)
            torch.use_deterministic_algorithms(is_deterministic, warn_only=is_warning)
