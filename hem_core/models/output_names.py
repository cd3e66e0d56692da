"""The names of a transformers model's outputs."""

from __future__ import annotations

import re
from typing import Any


def output_names(config: Any) -> list[str] | None:
    """The config's names of outputs 0 to K - 1; None where it has none of its own, only "LABEL_0", "LABEL_1" …."""
    labels = getattr(config, "id2label", None)
    if not isinstance(labels, dict) or not labels:
        return None
    by_index = {int(index): str(name) for index, name in labels.items()}
    if sorted(by_index) != list(range(len(by_index))):
        return None
    names = [by_index[index] for index in range(len(by_index))]
    return names if any(not re.fullmatch(rf"LABEL_{index}", name) for index, name in enumerate(names)) else None
