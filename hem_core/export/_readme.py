"""README.md of an exported set: its contents, what was skipped, and how to read each format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hem_core.export._boxes import is_of_boxes
from hem_core.export._labels import labels_of
from hem_core.export._names import Names

SHOWN = 20


def readme(
    name: str,
    examples: pd.DataFrame,
    classes: Sequence[str],
    skipped: Mapping[str, str],
    modules: Any,
    rows: str = "examples",
    corrections: Mapping[str, Any] | None = None,
) -> str:
    """The text.

    modules: the formats by name, each with its own README; skipped: id -> why it is in no format; rows: what the rows
    of the set are called; corrections: those of boxes, as the manifest has them.
    """
    head = (
        f"# {name}\n\n{len(examples):,} {rows}. `id` is the key; `label` is the label to train with; `label_before`, "
        "if present, is the given one. Of every score higher means harder: where the published measure "
        "runs the other way, it is 1 minus that measure, or has its sign flipped. What the set was made from is in "
        "`manifest.json`.\n"
    )
    code = 'The code below runs in this folder.\n\n```python\nfrom pathlib import Path\n\nFOLDER = Path(".")\n```\n'
    is_boxes = is_of_boxes(examples)
    noted = _corrections(corrections or {}) if is_boxes else _classes(examples, classes)
    parts = [head, *noted, *_skipped(skipped, rows), code]
    own = [getattr(each, "README_OF_BOXES", each.README) if is_boxes else each.README for each in modules.values()]
    return "\n".join([*parts, *own])


def _classes(examples: pd.DataFrame, classes: Sequence[str]) -> list[str]:
    if not classes:
        return []
    names = Names({"metadata.jsonl"})
    folders = [names.take(name) for name in classes]
    found = set(labels_of(examples))
    missing = [name for name in classes if name not in found]
    sentences = [
        f"The model has {len(classes):,} classes, in this order: {_list(classes)}. Formats that number the classes "
        "(COCO, WebDataset, Hugging Face) number them in this order; image folders and YOLO number them by the sorted "
        "names of their folders."
    ]
    if folders != sorted(folders):
        sentences.append("The orders differ here: match classes by name, not by number.")
    if missing:
        sentences.append(
            f"{len(missing):,} of them {'has' if len(missing) == 1 else 'have'} no example in this set: "
            f"{_list(missing)}. Every class has its folder all the same, so that no class gets the number of another; "
            "torchvision's `ImageFolder` takes an empty one with `allow_empty=True`."
        )
    return ["## Classes\n", " ".join(sentences) + "\n"]


def _corrections(corrections: Mapping[str, Any]) -> list[str]:
    """What people corrected in the boxes, and what they disagree on."""
    n, n_disputed = (int(corrections.get(name) or 0) for name in ("boxes", "n_disputed"))
    disputed: Mapping[str, Sequence[str]] = corrections.get("disputed") or {}
    if not n and not n_disputed:
        return []
    done = [f"{count:,} {words}" for words, count in (corrections.get("done") or {}).items()]
    people = ", ".join(f"{who} ({count:,})" for who, count in (corrections.get("people") or {}).items())
    text = f"{n:,} boxes in these images are as people corrected them: {', '.join(done)}; by {people}.\n" if n else ""
    if n_disputed:
        lines = [f"- `{box}`: {'; '.join(opinions)}" for box, opinions in list(disputed.items())[:SHOWN]]
        more = [f"- and {n_disputed - SHOWN:,} more"] if n_disputed > SHOWN else []
        text += f"\nPeople disagree on {n_disputed:,}, which are as given:\n\n" + "\n".join([*lines, *more]) + "\n"
    return ["## Corrections\n", text]


def _skipped(skipped: Mapping[str, str], rows: str) -> list[str]:
    if not skipped:
        return []
    lines = [f"- `{id}`: {why}" for id, why in list(skipped.items())[:SHOWN]]
    lines += [f"- and {len(skipped) - SHOWN:,} more, all of them in `manifest.json`"] if len(skipped) > SHOWN else []
    text = f"{len(skipped):,} {rows} were skipped in every format, because their picture could not be read:\n\n"
    return ["## Skipped\n", text + "\n".join(lines) + "\n"]


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more
