"""Examples that lie side by side in memory, in the form of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hem_core.errors import DataError


class Examples:
    """N items (input, label). `ids`, `targets` and `classes` are as a torch data set has them; `more` are columns;
    `source` is what they were read from.

    inputs: a list or array of N: numbers, texts, or the bytes of image files; None where there is none.
    labels: N integers or class names, None where unknown. more: further columns of the catalog, N values each.
    Raises DataError when the lengths differ.
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        labels: Sequence[Any],
        *,
        name: str,
        ids: Sequence[Any] | None = None,
        classes: Sequence[str] | None = None,
        more: Mapping[str, Any] | None = None,
        source: str | None = None,
    ) -> None:
        self.inputs, self.targets, self.name = inputs, list(labels), name
        self.ids = [str(id) for id in ids] if ids is not None else [str(index) for index in range(len(self.targets))]
        self.classes = list(classes) if classes is not None else None
        self.more = dict(more or {})
        self.source = source or name
        if not len(inputs) == len(self.targets) == len(self.ids):
            raise DataError(
                f"the {name} has {len(inputs)} inputs, {len(self.targets)} labels and {len(self.ids)} ids; "
                "each example needs one of each"
            )

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self.inputs[index], self.targets[index]
