"""An entry of a list, before it is known which example it means."""

from __future__ import annotations

from dataclasses import dataclass, field

COLUMN = "column without a header"
"""The kind of a list whose first line may be the name of its one column."""


@dataclass(frozen=True)
class ListOptions:
    """What the user said about the list."""

    column: str | None = None
    """Column, or field, with the ids or file names."""
    label_column: str | None = None
    """Column, or field, with the corrected labels."""


@dataclass(frozen=True)
class Entry:
    """One example as the list calls it."""

    names: tuple[str, ...]
    """Its id, path or file name; those that an example has must be of the same one. () where only its place is
    known."""
    place: int | None = None
    """Its row in the data, from 0, where the list gives row numbers."""
    label: str | None = None
    """The corrected label."""
    weight: float | None = None
    tags: frozenset[str] = frozenset()
    """Tags, verdicts or answers by which entries are chosen."""
    who: str = ""
    """Who gave the answer, or which source."""
    line: int | None = None
    """Its row in the list, from 1, where the list has rows."""

    @property
    def title(self) -> str:
        """The entry as a message names it."""
        if self.names or self.place is not None:
            return self.names[0] if self.names else f"row {self.place}"
        return f"row {self.line} of the list, which has no id" if self.line else "an entry without an id"


@dataclass(frozen=True)
class Listed:
    """The entries of a file, in its order."""

    entries: list[Entry]
    kind: str
    """What the file is, in words."""
    notes: list[str] = field(default_factory=list)
    needs_tag: bool = False
    """Whether it holds examples that are not meant, so that a tag must say which are."""
    n_rows: int | None = None
    """How many rows the data have by this list, where its places count them; None where it does not say."""
