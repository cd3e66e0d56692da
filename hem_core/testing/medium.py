"""What every medium promises."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa

from hem_core import catalog as catalogs
from hem_core import media
from hem_core.catalog._items import parts
from hem_core.media import Look, Medium, Part, Read, Reader, Source
from hem_core.store.atomic import write_arrays, write_table
from hem_core.testing._want import want

KINDS = ("mislabelled", "ambiguous", "outlier", "rare")


def check_medium(name: str, source: Any, **columns: Any) -> None:
    """Check all that a medium promises: PROMISES, one after the other.

    source, columns: something small that `hem_core.catalog.read` reads as this medium, of which two examples or more
    can be read; an example that cannot be read is welcome.
    Raises AssertionError, saying what to change; UnknownNameError when no file or plugin has that name.
    """
    it_says_what_it_is(name)
    with tempfile.TemporaryDirectory() as place:
        opened = _open(name, source, columns, Path(place))
        if opened.reader is not None:
            for promise in PROMISES:
                promise(opened)


def it_says_what_it_is(name: str) -> None:
    found = media.medium(name)
    want(isinstance(found, Medium), f"MEDIUM of {name} is a {type(found).__name__}; make it a hem_core.media.Medium")
    looks = get_args(Look)
    want(found.look in looks, f"`look` of medium {name} is {found.look!r}; wanted one of: {', '.join(looks)}")
    is_told = found.look != "words" or found.columns
    want(is_told, f"medium {name} shows words; name the columns that `words` reads in `columns`")
    compile(found.train_template, name, "exec")


@dataclass(frozen=True, eq=False)
class _Opened:
    """A data set that a medium has opened."""

    name: str
    catalog: pa.Table
    facts: dict[str, Any]
    reader: Reader | None

    @property
    def medium(self) -> Medium:
        return media.medium(self.name)

    @property
    def n(self) -> int:
        return self.catalog.num_rows

    def read(self, indices: Sequence[int]) -> Read:
        assert self.reader is not None
        return self.reader.read(indices)

    def example(self, row: int) -> dict[str, Any]:
        return self.catalog.slice(row, 1).to_pylist()[0]


def every_example_is_read_or_has_a_reason(opened: _Opened) -> None:
    found = opened.read(range(opened.n))
    failed = [row for row, _reason in found.failures]
    want(len(found.indices) >= 2, f"medium {opened.name} reads fewer than two examples: {found.failures}")
    is_all = sorted([*found.indices, *failed]) == list(range(opened.n))
    want(is_all, f"medium {opened.name} read {found.indices} and failed on {failed} of {opened.n}; each belongs in one")
    want(found.indices == sorted(found.indices), f"medium {opened.name} changes the order of the examples")
    want(all(reason for _row, reason in found.failures), f"medium {opened.name} gives no reason for a failure")
    for what, things in (("values", found.values), ("hashes", found.hashes)):
        n = len(things)
        want(n == len(found.indices), f"medium {opened.name} gives {n} {what} for {len(found.indices)} examples")


def an_example_is_the_same_alone_and_read_again(opened: _Opened) -> None:
    whole = opened.read(range(opened.n))
    for place, row in enumerate(whole.indices):
        alone = opened.read([row])
        is_same = alone.hashes == [whole.hashes[place]] and _is_equal(alone.values, _rows(whole.values, [place]))
        want(
            is_same, f"example {row} of medium {opened.name} is another when it is read alone; it may depend on itself"
        )


def its_picture_is_one_of_levels_or_none(opened: _Opened) -> None:
    assert opened.reader is not None
    for row in range(opened.n):
        found = opened.reader.picture(row)
        is_right = found is None or (
            found.dtype == np.uint8 and (found.ndim == 2 or (found.ndim == 3 and found.shape[2] == 3))
        )
        want(is_right, f"`picture` of medium {opened.name} must give uint8 (H, W) or (H, W, 3), or None")


def it_is_shown_as_it_looks(opened: _Opened) -> None:
    medium, row = opened.medium, opened.read(range(opened.n)).indices[0]
    missing = set(medium.columns) - set(opened.catalog.column_names)
    want(not missing, f"`columns` of medium {opened.name} names {sorted(missing)}, which its catalog has not")
    if medium.look == "words":
        words = medium.words(opened.example(row))
        want(
            isinstance(words, str) and words,
            f"`words` of medium {opened.name} gives {words!r} for an example; give text",
        )
    if medium.pictures:
        picture = medium.picture_of(Path(opened.facts["root"]), opened.example(row))
        is_one = hasattr(picture, "getbands")
        want(is_one, f"medium {opened.name} has pictures, and `picture_of` gives {picture!r}; give a Pillow image")


def probes_are_spoiled_copies(opened: _Opened) -> None:
    found, n = opened.read(range(opened.n)), len(KINDS)
    rows = [step % len(found.indices) for step in range(n)]
    values, partners = _rows(found.values, rows), _rows(found.values, rows[1:] + rows[:1])
    before = copy.deepcopy((values, partners, found.values))
    made = _spoiled(opened, values, partners, found.values)
    want(len(made) == n, f"`spoil` of medium {opened.name} gives {len(made)} values for {n}; give one for each")
    is_of_type = type(made) is type(values)
    want(is_of_type, f"`spoil` of medium {opened.name} gives a {type(made).__name__}; give a {type(values).__name__}")
    is_kept = all(map(_is_equal, (values, partners, found.values), before))
    want(is_kept, f"`spoil` of medium {opened.name} changes the values that it gets; work on a copy")
    want(_is_equal(_rows(made, [0]), _rows(values, [0])),
         f"`spoil` of medium {opened.name} changes a mislabelled probe; only its label is wrong")  # fmt: skip
    again = _spoiled(opened, values, partners, found.values)
    want(_is_equal(made, again), f"`spoil` of medium {opened.name} gives others the second time; draw from `seed`")
    two = _spoiled(opened, _rows(values, [0, 1]), _rows(partners, [0, 1]), found.values)
    is_own = _is_equal(_rows(made, [0, 1]), two)
    want(is_own, f"a probe of medium {opened.name} depends on those beside it; draw from default_rng((seed, i))")


def _spoiled(opened: _Opened, values: Any, partners: Any, pool: Any) -> Any:
    is_picture = opened.medium.is_picture(opened.facts)
    kinds = KINDS[: len(values)]
    return opened.medium.spoil(values, kinds, partners, pool=pool, is_picture=is_picture, seed=1)


def its_examples_can_be_written_and_scored_again(opened: _Opened) -> None:
    found = opened.read(range(opened.n))
    n = len(found.indices)
    table = opened.catalog.take(found.indices).replace_schema_metadata(None)
    table = table.set_column(table.column_names.index("label"), "label", pa.array([0] * n))
    made = opened.medium.as_data(Part(table, opened.facts, ["a"], lambda: np.asarray(found.values)))
    if made is None:
        return
    data, columns = made
    with tempfile.TemporaryDirectory() as place:
        is_arrays = isinstance(data, dict)
        path = Path(place) / ("part.npz" if is_arrays else "part.parquet")
        written = write_arrays(path, **data) if is_arrays else write_table(path, data)
        again = catalogs.read(written, **columns)
    want(again.num_rows == n, f"`as_data` of medium {opened.name} wrote {n} examples, and {again.num_rows} are read")
    medium = catalogs.info(again)["medium"]
    want(medium == opened.name, f"what `as_data` of medium {opened.name} gives is read as medium {medium}")


def it_is_read_back_from_a_set(opened: _Opened) -> None:
    features = {one["name"]: one["name"] for one in opened.facts.get("features") or []}
    whole = opened.read(range(opened.n))
    table = opened.catalog.take(whole.indices).to_pandas()
    reader = opened.medium.read_back(table, opened.facts, features)
    if reader is not None:
        again = reader.read(range(len(table))).hashes
        want(again == whole.hashes, f"`read_back` of medium {opened.name} gives other values than were scored")


PROMISES = (
    every_example_is_read_or_has_a_reason,
    an_example_is_the_same_alone_and_read_again,
    its_picture_is_one_of_levels_or_none,
    it_is_shown_as_it_looks,
    probes_are_spoiled_copies,
    its_examples_can_be_written_and_scored_again,
    it_is_read_back_from_a_set,
)


def _open(name: str, source: Any, columns: dict[str, Any], place: Path) -> _Opened:
    catalog = catalogs.read(source, **columns)
    facts = catalogs.info(catalog)
    is_its_own = facts.get("medium") == name
    want(
        is_its_own,
        f"the catalog of {source!r} is of medium {facts.get('medium')}; let `claims` of {name} name a column",
    )
    medium = media.medium(name)
    facts = medium.unpack(catalog, facts, lambda archive: place / archive.name)
    items = lambda: (catalogs.unwrapped(source)[0], lambda item, index: parts(item, index)[0])  # noqa: E731
    return _Opened(name, catalog, facts, medium.open(Source(catalog, facts, Path(facts["root"]), items)))


def _rows(values: Any, rows: Sequence[int]) -> Any:
    """Some values, in the type they have."""
    if isinstance(values, list):
        return [values[row] for row in rows]
    if isinstance(values, np.ndarray):
        return values[list(rows)]
    return values.iloc[list(rows)].reset_index(drop=True)


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return one == other if isinstance(one, list) else one.equals(other)
