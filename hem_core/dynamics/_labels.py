"""The label that each id was logged with: the last known one, and whether it changed during the training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hem_core.errors import DataError

MOST_CHANGED = 0.2
"""Share of the ids that may change their target within a training: corrections are rare, positions change all."""


class Labels:
    """Place of an id -> its last known label, as a code: of a name its number here, -1 where none is known."""

    def __init__(self) -> None:
        self._names: dict[Any, int] = {}
        self._last = np.empty(0, np.int64)
        self._changed: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._example: tuple[int, Any, Any] | None = None

    def add(self, places: NDArray[np.integer], labels: Sequence[Any] | NDArray[np.integer] | None) -> None:
        """The labels logged for ids at these places, None among them where unknown; None = none were logged."""
        if labels is None or not len(places):
            return
        codes = self._codes(labels)
        places, codes = places[codes >= 0], codes[codes >= 0]
        grown = max(int(places.max(initial=-1)) + 1 - len(self._last), 0)
        self._last = np.concatenate([self._last, np.full(grown, -1)])
        self._changed = np.concatenate([self._changed, np.zeros(grown, np.bool_)])
        before = self._last[places]
        self._note(places, before, codes, (before >= 0) & (before != codes))
        self._last[places] = codes
        now = self._last[places]
        self._note(places, codes, now, codes != now)  # twice in one piece

    def of(self, places: NDArray[np.integer]) -> list[Any] | None:
        """The labels at these places; None where no label is known at all."""
        if not (self._last >= 0).any():
            return None
        names = [*self._names, None]
        padded = np.append(self._last, -1)
        return [names[code] for code in padded[np.minimum(places, len(self._last))].tolist()]

    def check(self, ids: Sequence[str]) -> None:
        """Raise DataError where more than MOST_CHANGED of the ids changed their label. ids: by place."""
        n_changed, n_known = int(self._changed.sum()), int((self._last >= 0).sum())
        if self._example is None or n_changed <= max(MOST_CHANGED * n_known, 1):
            return
        names = list(self._names)
        place, before, after = self._example
        raise DataError(
            f"{n_changed:,} of {n_known:,} ids were recorded with more than one target, such as id '{ids[place]}' with "
            f"{names[before]!r} and {names[after]!r}: these ids are positions in a batch or in a shuffled order, and "
            "identify no examples; log ids that stay with their examples (a data set's own, or mining.WithIndex)"
        )

    def _codes(self, labels: Sequence[Any] | NDArray[np.integer]) -> NDArray[np.int64]:
        values, inverse = np.unique(labels, return_inverse=True) if isinstance(labels, np.ndarray) else (labels, None)
        own = [
            -1
            if label is None or (inverse is not None and label < 0)
            else self._names.setdefault(label, len(self._names))
            for label in (values.tolist() if isinstance(values, np.ndarray) else values)
        ]
        codes = np.array(own, np.int64)
        return codes if inverse is None else codes[inverse]

    def _note(
        self,
        places: NDArray[np.integer],
        before: NDArray[np.int64],
        after: NDArray[np.int64],
        is_new: NDArray[np.bool_],
    ) -> None:
        if is_new.any() and self._example is None:
            first = int(is_new.argmax())
            self._example = int(places[first]), int(before[first]), int(after[first])
        self._changed[places[is_new]] = True
