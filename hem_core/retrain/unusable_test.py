"""Test examples that cannot be used: their label is none of the run's classes, or they cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hem_core.retrain.source import Source
from hem_core.tasks import is_known

MOST_STRANGE = 0.03
"""Share of the test examples that may have another label than the run's classes; more is refused."""
SHOWN = 8


@dataclass(frozen=True)
class Untested:
    """Of `n` test examples, those that are not tested on."""

    n: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    """A label that is none of the run's classes -> how many have it, the most frequent first."""
    n_unlabelled: int = 0
    n_unreadable: int = 0

    @property
    def n_strange(self) -> int:
        return sum(self.labels.values())

    def refusal(self, classes: Sequence[str]) -> str:
        """Why such a test is refused, with both lists of classes and what to do; "" when the share is small."""
        if self.n_strange <= MOST_STRANGE * self.n:
            return ""
        return (
            f"{self.n_strange:,} of the {self.n:,} test examples have a label that is none of the run's classes: the "
            f"test has {listed(list(self.labels))} too, the run {listed(classes)}; give the labels the same names in "
            "both, or pass test data of these classes with --test"
        )

    def notes(self) -> list[str]:
        """Notes for the reader of the report."""
        found = []
        if self.labels:
            found.append(
                f"{self.n_strange:,} of the {self.n:,} test examples are not used for testing, since their label is "
                f"none of the run's classes: {listed(list(self.labels))}."
            )
        if self.n_unlabelled:
            found.append(
                f"{self.n_unlabelled:,} of the {self.n:,} test examples have no label and are not used for testing."
            )
        if self.n_unreadable:
            found.append(f"{self.n_unreadable:,} of the {self.n:,} test examples cannot be read.")
        return found


def untested(source: Source, rows: np.ndarray) -> Untested:
    """The unusable ones of the test examples `rows` (n,), positions in the source."""
    labels = source.catalog["label"].take(rows).to_pylist()
    is_strange = ~is_known(source.targets[rows])
    strange = [label for label, is_out in zip(labels, is_strange, strict=True) if is_out]
    counts = Counter(str(label) for label in strange if label is not None)
    n_unreadable = int((~source.cached_inputs.is_good[rows] & ~is_strange).sum())
    return Untested(len(rows), dict(counts.most_common()), strange.count(None), n_unreadable)


def listed(names: Sequence[str]) -> str:
    """Some names in words."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more
