"""The names of the labels that a detector predicts, where it says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def label_names(model: Any) -> list[str] | None:
    """`class_names` or `categories` of the model or, as torchvision has them, of the `meta` of its `weights`.

    None where it says nothing.
    """
    weights = getattr(model, "weights", None)
    for place in (model, getattr(model, "meta", None), getattr(weights, "meta", None)):
        for name in ("class_names", "categories"):
            found = place.get(name) if isinstance(place, Mapping) else getattr(place, name, None)
            if isinstance(found, Sequence) and not isinstance(found, str) and found:
                return [str(each) for each in found]
    return None
