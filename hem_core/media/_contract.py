"""The contract of a medium: what a file of this folder defines, and what its reader returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import numpy as np
import pyarrow as pa

from hem_core.media._train_template import OF_NUMBERS

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

Values: TypeAlias = "np.ndarray | list[str] | pd.DataFrame"
"""n examples as stored: an array's or pictures' rows (n, …), texts, or the rows of a table."""
Look = Literal["picture", "words", "features", "nothing"]
"""What stands for an example on screen: a picture, a text, a table of features, or its id alone."""


@dataclass(frozen=True)
class Read:
    """Examples that could be read: `values` (n, …), and their n catalog positions and digests."""

    values: Values
    indices: list[int]
    hashes: list[str]
    failures: list[tuple[int, str]]
    """Position and reason of each example that could not be read."""
    remarks: Mapping[str, int] = field(default_factory=dict)
    """What was done to pictures, such as turning them upright -> how many of them."""


@dataclass(frozen=True, eq=False)
class Source:
    """What a medium opens: the catalog, its facts, and where its files lie."""

    catalog: pa.Table
    facts: Mapping[str, Any]
    root: Path
    items: Callable[[], tuple[Any, Callable[[Any, int], Any]]]
    """The torch Dataset behind the catalog, and what takes the input out of an item and its number."""
    channels: int = 3
    """1 or 3, of pictures."""
    resize: int | None = None
    """Pictures are scaled and cut to this many pixels a side; None keeps their size."""
    is_mixed: bool = False
    """Pictures of any sizes: the values of a batch are a list of arrays (H, W, C) then."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some examples of a data set, to be written where they can be scored separately."""

    table: pa.Table
    """Their rows of the catalog; `label` holds class numbers."""
    facts: Mapping[str, Any]
    classes: Sequence[str]
    values: Callable[[], np.ndarray]
    """Reads them as arrays (n, …), of media whose values are arrays."""


class Reader(Protocol):
    """One data set, read by position. `is_quick`: reading a batch costs less than handing it to another thread."""

    is_quick: bool

    def fingerprint(self) -> str:
        """A digest of what the catalog and the files' dates do not tell; empty where they tell all."""
        ...

    def read(self, indices: Sequence[int]) -> Read:
        """The examples at these positions, ascending; those that cannot be read stand in `failures`."""
        ...

    def picture(self, index: int) -> np.ndarray | None:
        """uint8 (H, W) or (H, W, 3) to look at, or None when the example is no picture or cannot be read."""
        ...


class Spoil(Protocol):
    """Makes probes out of examples; the values that it gets are left alone."""

    def __call__(
        self, values: Any, kinds: Sequence[str], partners: Any, *, pool: Any, is_picture: bool, seed: int
    ) -> Any:
        """P values like `values`, each spoiled as its kind says: ambiguous, outlier, rare; any other stays as it is.

        partners: P values, which count for "ambiguous" alone; pool: more of the same data, which tells how they are
        spread. Value i depends on the seed, i, the two values and the pool alone.
        """
        ...


def _unspoiled(values: Any, kinds: Sequence[str], partners: Any, *, pool: Any, is_picture: bool, seed: int) -> Any:
    return values


def _as_given(_catalog: pa.Table, facts: Mapping[str, Any], _place: Callable[[Path], Path]) -> dict[str, Any]:
    return dict(facts)


def _reopened(_catalog: pa.Table, facts: Mapping[str, Any], _root: Path, _run: str) -> dict[str, Any]:
    return dict(facts)


def _whole_table(part: Part) -> tuple[pa.Table | dict[str, np.ndarray], dict[str, Any]] | None:
    return part.table, {}


@dataclass(frozen=True, kw_only=True)
class Medium:
    """The definition of a medium. All fields but `open` and `look` have defaults that suit a column of a table."""

    open: Callable[[Source], Reader | None]
    """The reader of the examples; None where there are no inputs, only predictions."""
    look: Look
    """What a tile and the detail view show of an example."""

    # --- read and batched ---
    claims: Callable[[pa.Schema], str | None] = lambda _schema: None
    """The column by which a table is of this medium; None for media that readers of the catalog name themselves."""
    unpack: Callable[[pa.Table, Mapping[str, Any], Callable[[Path], Path]], dict[str, Any]] = _as_given
    """(catalog, facts, place) -> facts: unpack what must lie on disk before it is opened into place(archive)."""
    reopen: Callable[[pa.Table, Mapping[str, Any], Path, str], dict[str, Any]] = _reopened
    """(catalog, facts, root, name of the run) -> the facts of a finished run, completed from its files.

    Raises DataError where these are gone, or never were."""
    is_picture: Callable[[Mapping[str, Any]], bool] = lambda _facts: False
    """Whether the model gets the values (n, H, W, C) as pictures, by the facts of the catalog."""
    batch_size: int | None = None
    """Default batch size in examples; None: the device's default."""
    spoil: Spoil = _unspoiled
    """How an example is spoiled for probes; without one only labels are."""

    # --- shown ---
    columns: tuple[str, ...] = ()
    """Columns of a run's table without which an example cannot be shown."""
    words: Callable[[Mapping[str, Any]], str] = lambda _example: ""
    """The text of an example by its `columns`, for the look "words"."""
    pictures: Literal["files", "drawn", ""] = ""
    """Where the pictures of a finished run come from: a file of its own each, drawn by `picture_of`, or nowhere.

    A run of a medium that has them stores thumbnails, unless its data are no pictures, or `is_drawn_on_request`."""
    picture_of: Callable[[Path, Mapping[str, Any]], Image.Image | None] = lambda _root, _example: None
    """(root, the example's columns) -> its picture; None when nothing on disk shows it. Raises DataError when gone."""
    is_drawn_on_request: bool = False
    """Whether `picture_of` needs nothing but `columns` and a millisecond, so that a run stores no thumbnails of it."""
    has_marks: bool = False
    """Whether parts of an example can be marked by their effect on the loss."""
    without_embeddings: str = "name a layer with --layer"
    """The remedy for a run that has no embeddings."""

    # --- written and read back ---
    read_back: Callable[[pd.DataFrame, Mapping[str, Any], Mapping[str, str]], Reader | None] = (
        lambda _examples, _data, _features: None
    )
    """(table of a set, `data` of its manifest, feature -> column) -> the reader of a set out of its own table."""
    is_scored_in_place: bool = False
    """Whether a test file is scored where it is, whatever rows of it can be tested on."""
    as_data: Callable[[Part], tuple[pa.Table | dict[str, np.ndarray], dict[str, Any]] | None] = _whole_table
    """Examples as a table or named arrays that a reader of the catalog reads, and the options for its columns; None
    when they cannot be written."""
    train_template: str = OF_NUMBERS
    """A template of a train function, which runs as it is."""

    @property
    def is_shown_without_pictures(self) -> bool:
        """Whether a run of it is complete without pictures."""
        return self.look in ("words", "features")
