"""What an older HEM wrote about images with boxes, in the words of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hem_core.boxes.contents import reworded
from hem_core.store.level_names import of_parts

if TYPE_CHECKING:
    from hem_core.store.level import Level

IN_WORDS = ("label", "given", "predicted")


def in_todays_words(level: Level, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records of a level; of images with boxes, what is given and predicted tells numbers from the names of classes."""
    parts = of_parts(level.info) if level.is_examples else ()
    classes = frozenset((level.info.get("level_classes") or {}).get(parts[0]) or ()) if parts else frozenset()
    if not classes:
        return records
    return [{name: _reworded(name, value, classes) for name, value in one.items()} for one in records]


def _reworded(name: str, value: Any, classes: frozenset[str]) -> Any:
    return reworded(value, classes) if name in IN_WORDS and isinstance(value, str) else value
