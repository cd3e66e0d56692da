"""What `advise` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Action:
    """One thing to do next; gain, low and high are points of the run's measure in an hour, None where not known."""

    name: str
    """The item that gives it: review, collect, weigh, train, stop, or that of a plugin."""
    what: str
    """Its target in words, such as "class Shirt"; it follows the name in a sentence."""
    evidence: str
    """One sentence; where the gain is not known, also what would make it known."""
    how: str = ""
    """The command that does it, or that makes the gain known; "" where there is none."""
    page: str = ""
    """The page of the app that does it, as its folder is named; "" where there is none."""
    rule: Mapping[str, Any] | None = None
    """What the page should be filtered by, see `store/rules.py`; None for everything."""
    gain: float | None = None
    low: float | None = None
    """The lower end of the 95% interval."""
    high: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether the gain is known with its interval."""
        return self.gain is not None and self.low is not None and self.high is not None

    @property
    def is_above_zero(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.is_known and self.low is not None and self.low > 0


@dataclass(frozen=True)
class Fitted:
    """A power law through a learning curve, at sizes from the smallest measured to beyond the largest one."""

    sizes: tuple[int, ...]
    error: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """A learning curve: the error on held-out examples, as labelled, by the number of training examples."""

    of: str
    """What was trained, in words: the train function's name, or that it is a stand-in."""
    is_stand_in: bool
    """Whether linear heads on the embeddings stand for the model."""
    sizes: tuple[int, ...]
    """Measured, ascending."""
    error: tuple[float, ...]
    """Share of the held-out examples that are wrong, 0 .. 1."""
    low: tuple[float, ...]
    high: tuple[float, ...]
    """95% interval of each."""
    fitted: Fitted | None = None
    """None where fewer than three sizes were measured."""
    per_class: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Class -> its error at each measured size; {} where the task has no classes."""
    note: str = ""
    """How far it is measured and how to read it, in sentences."""
    is_complete: bool = True
    """Whether everything that was planned is measured."""


@dataclass(frozen=True)
class Share:
    """A share of the examples with its 95% interval, 0 .. 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ErrorParts:
    """The held-out error as shares of the examples: what labels, data or training can remove, and what they cannot."""

    error: Share
    """The measured error."""
    reducible: Share | None
    """None where it is not known."""
    irreducible: Share | None
    wrong_labels: Share | None
    """Examples whose given label is wrong; part of what is reducible, by review."""
    how: str
    """How it was estimated; or, where it is not known, what would make it known."""


@dataclass(frozen=True)
class Measured:
    """The measure in which gains are told."""

    name: str
    """Such as "accuracy"."""
    unit: str
    """Of a gain, in words, such as "points"."""
    words: str
    """The measure, its value and on which examples, in a sentence."""


@dataclass(frozen=True)
class Advice:
    """What to do next with a run."""

    measure: Measured
    actions: list[Action]
    """The highest expected gain first; what is not known last."""
    curve: Curve | None = None
    error_parts: ErrorParts | None = None
    notes: list[str] = field(default_factory=list)
