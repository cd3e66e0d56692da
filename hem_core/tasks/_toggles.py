"""The optional part of a task's contract for tasks whose examples have tags that people switch on and off in Review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from hem_core.tasks._corrects import Choice


@dataclass(frozen=True)
class TagState:
    """One tag of an example."""

    name: str
    given: bool | None
    """None where nobody knows."""
    prob: float | None
    """The model's probability, 0 .. 1."""


@runtime_checkable
class TogglesTags(Protocol):
    """A task whose labels are sets of tags: Review toggles them one by one, and its parts are single tags."""

    @property
    def toggles(self) -> str:
        """The name of the level whose rows are single tags."""
        ...

    @property
    def output_names(self) -> tuple[str, ...]:
        """All tags."""
        ...

    @property
    def separator(self) -> str:
        """What stands between the names of a set in the tables of a run."""
        ...

    @property
    def is_listed(self) -> bool:
        """Whether the sets of the data came as lists, columns or rows of numbers, not as joined texts."""
        ...

    def label_of(self, value: Any) -> str:
        """The label in an answer: a list of names, or a joined text. Raises DataError for a name that is no tag."""
        ...

    def tag_states(self, example: Mapping[str, Any]) -> list[TagState]:
        """Every tag of a row of the level `examples`."""
        ...

    def set_text(self, yes: Sequence[str], unknown: Sequence[str]) -> str:
        """The set as a label. Raises DataError for a name that is no tag."""
        ...

    def said(self, text: str) -> Mapping[str, bool | None]:
        """What a label says of each tag."""
        ...

    def tag_choices(self, part: Mapping[str, Any]) -> tuple[Choice, ...]:
        """The answers that Review offers on a row of the level of tags."""
        ...

    def with_parts(self, given: str | None, parts: Sequence[tuple[str, bool]]) -> str | None:
        """A label with single tags put right: (tag, whether the example has it) each."""
        ...
