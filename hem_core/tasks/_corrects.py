"""The optional part of a task's contract for tasks whose parts people correct in Review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable


@dataclass(frozen=True)
class Choice:
    """One answer that Review offers on a part: the verdict it stores, and what the reviewer still has to say."""

    name: str
    """Unique among the choices of a part."""
    key: str
    words: str
    """Its title on the button."""
    meaning: str
    """A sentence for the list of keys."""
    tag: str
    """The verdict that is stored, see `hem_core.store.verdicts`; "" for the blind answer that there is nothing."""
    value: str = ""
    """The value of the verdict, where nothing is left to say."""
    asks: Literal["", "class", "box"] = ""
    """What the reviewer names next: a class, or the place of a box."""
    box: str = ""
    """The box that the answer begins with, as `hem_core.boxes.box_text` writes it."""
    needs: Literal["", "given", "predicted"] = ""
    """What a row must have for an answer that is given to many rows at once; "" for nothing."""


@runtime_checkable
class Corrects(Protocol):
    """A task whose parts are boxes that people correct, so that corrected annotations can be written."""

    @property
    def corrects(self) -> str:
        """The name of the level whose rows are corrected."""
        ...

    def choices(self, part: Mapping[str, Any]) -> tuple[Choice, ...]:
        """The answers that make sense for a row of that level, in the order of their keys."""
        ...

    def blind_choices(self) -> tuple[Choice, ...]:
        """Those that are offered with the classes while what is given and predicted is hidden."""
        ...

    def bulk_choices(self) -> tuple[Choice, ...]:
        """Those that make sense for many rows at once, each by its tag alone."""
        ...

    def answered(self, part: Mapping[str, Any], label: str) -> tuple[str, str]:
        """The verdict, as tag and value, of a class that was named without sight of the label; "" = nothing there."""
        ...

    def checked(
        self, part: Mapping[str, Any] | None, tag: str, value: str, size_px: tuple[float, float]
    ) -> tuple[str, str]:
        """The value to store for a verdict, and what was changed in it, in a sentence ("" for nothing).

        part: the row that it is about; None for an object that is added to an image of this width and height in px.
        Raises DataError for a verdict or a value that cannot be stored.
        """
        ...

    def scene(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """What is drawn of a row, as JSON: `id`, `outcome` (right, wrong or missed), `words`, `given` and `predicted`
        (left, top, right and bottom in px, or None), `is_unsure`, whether the prediction is too unsure to count, and
        `numbers`, a text to print."""
        ...
