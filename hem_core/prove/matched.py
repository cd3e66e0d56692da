"""Which examples of the data the entries of a list mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd

from hem_core.cells import plain_cell, safe_cell
from hem_core.errors import DataError
from hem_core.prove.lists import Entry, Listed
from hem_core.prove.lists._entry import COLUMN

SHOWN = 3
_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an uploaded file."""


@dataclass(frozen=True)
class Matched:
    """The entries of a list as examples of the data."""

    examples: pd.DataFrame
    """One row an example, in the order of the list: id, and label and weight, null where the list has none."""
    n_entries: int
    unknown: list[str]
    """Entries that name no example."""
    ambiguous: list[str]
    """Entries whose file name several examples have."""
    repeated: list[str]
    """Ids that the list holds more than once."""
    disputed: list[str]
    """Ids to which it gives more than one label."""
    hint: str = ""
    """What else may be done about unknown entries."""

    def problems(self, about: str) -> list[str]:
        """A sentence for each thing that does not fit, none where all does. about: the data, in words."""
        n_known = self.n_entries - len(self.unknown) - len(self.ambiguous)
        unknown = counted(len(self.unknown), "is not", "are not")
        ambiguous = counted(len(self.ambiguous), "entry", "entries")
        repeated = counted(len(self.repeated), "example is", "examples are")
        disputed = counted(len(self.disputed), "example", "examples")
        found = []
        if self.unknown:
            found.append(
                f"{n_known:,} of the {self.n_entries:,} entries of the list are among the examples of {about}, and "
                f"{unknown}, such as {_some(self.unknown)}; correct the list or the data{self.hint}"
            )
        if self.ambiguous:
            found.append(
                f"{ambiguous} of the list may be several examples of {about}, such as {_some(self.ambiguous)}; give "
                "ids, or paths with their folders, or name the one column that counts with --column"
            )
        if self.disputed:
            found.append(
                f"the list gives {disputed} more than one label, such as {_some(self.disputed)}; choose whose answers "
                "count with --annotated-by, or keep one row of each"
            )
        elif self.repeated:
            found.append(f"{repeated} in the list more than once, such as {_some(self.repeated)}; keep one row of each")
        return found


def matched(
    listed: Listed,
    ids: Sequence[str],
    paths: Sequence[str | None] | None,
    about: str,
    *,
    places: Sequence[int] | None = None,
    n_rows: int | None = None,
) -> Matched:
    """Find the example of each entry: by its id, by its path, or by the end of its path where that is one example's.

    ids (N,) of the examples; paths (N,) of their files, None where they have none; about: the data, in words; places
    (N,): their rows in the data, where not all n_rows of these are examples, as when some could not be read.
    Repeated entries count once, and those of several people are not repeated; of several labels for an example the
    first is kept, or none where they differ. Raises DataError where no entry is an example of the data.
    """
    n_rows = len(ids) if n_rows is None else n_rows
    if listed.n_rows is not None and listed.n_rows != n_rows:
        raise DataError(
            f"the {listed.kind} has {listed.n_rows:,} rows and {about} {n_rows:,} examples, so that its rows are not "
            "theirs; give a list with ids or file names"
        )
    index = _Index(ids, paths, range(len(ids)) if places is None else places)
    found, unknown, ambiguous = [], [], []
    for entry in listed.entries:
        row = index.row_of(entry)
        if row is None:
            unknown.append(entry.title)
        elif row < 0:
            ambiguous.append(entry.title)
        else:
            found.append((ids[row], entry.label, entry.weight, entry.who))
    if not found:
        raise DataError(
            f"none of the {len(listed.entries):,} entries of the list is an example of {about}: the list has "
            f"{_some(unknown or ambiguous)}, the data {_some(list(ids))}"
        )
    names = ["id", "label", "weight", "who"]
    table = pd.DataFrame(found, columns=names).astype({"label": object, "weight": "float64"})
    labels: dict[str, set[str]] = {}
    for id, label, _weight, _who in found:
        labels.setdefault(id, set()).update([label] if label is not None else [])
    disputed = [id for id, given in labels.items() if len(given) > 1]
    times = Counter((id, who) for id, _label, _weight, who in found)
    repeated = list(dict.fromkeys(id for (id, _who), n in times.items() if n > 1))
    once = table.drop_duplicates("id").drop(columns="who").reset_index(drop=True)
    kept = [next(iter(labels[id])) if len(labels[id]) == 1 else None for id in once["id"].tolist()]
    once = once.assign(label=pd.Series(kept, dtype=object))
    is_header = listed.kind == COLUMN and unknown[:1] == [listed.entries[0].title]
    hint = ", or name the header with --column" if is_header else ""
    return Matched(once, len(listed.entries), unknown, ambiguous, repeated, disputed, hint)


class _Index:
    """Rows of the data by id, by path, and by every end of a path."""

    def __init__(self, ids: Sequence[str], paths: Sequence[str | None] | None, places: Sequence[int]) -> None:
        self.of_id = {id: row for row, id in enumerate(ids)}
        self.of_place = {place: row for row, place in enumerate(places)}
        self.parts = [_parts(path or id) for id, path in zip(ids, paths or [None] * len(ids), strict=True)]
        self.folders = {name for parts in self.parts for name in parts[:-1]}
        self.of_end: dict[str, int] = {}
        self.of_stem: dict[str, int] = {}
        for row, id in enumerate(ids):
            path = paths[row] if paths is not None else None
            for end in {*_ends(id), *_ends(path or id)}:
                for text, rows in ((end, self.of_end), (_without_suffix(end), self.of_stem)):
                    rows[text] = row if rows.get(text, row) == row else -1

    def row_of(self, entry: Entry) -> int | None:
        """The row; -1 where it may be several, None where there is none."""
        if entry.place is not None:
            return self.of_place.get(entry.place)
        texts = [text for name in entry.names for text in (name, _unguarded(name))]
        exact = [self.of_id[text] for text in texts if text in self.of_id]
        found = [row for name in entry.names if name not in self.of_id and (row := self._by_path(name)) is not None]
        rows = {row for row in (*exact, *found) if row >= 0}
        if len(rows) > 1:
            return -1
        return rows.pop() if rows else next(iter(found), None)

    def _by_path(self, path: str) -> int | None:
        plain = _plain(path)
        bare_of_upload = _without_upload(plain)
        ends = [*_ends(plain), *_ends(bare_of_upload)]
        bare = [_without_suffix(end) for end in ends]
        # a.jpg may be the example a, and a the example a.jpg; a.png and a.jpg are two files
        for names, rows in ((ends, self.of_end), (ends, self.of_stem), (bare, self.of_end)):
            for name in names:
                if name in rows:
                    is_elsewhere = bare_of_upload == plain and self._is_elsewhere(plain, name, rows[name])
                    return None if is_elsewhere else rows[name]
        return None

    def _is_elsewhere(self, path: str, end: str, row: int) -> bool:
        """Whether an end of a path is that of an example in another folder of the data: cats/1.jpg is no dogs/1.jpg."""
        if row < 0:
            return False
        before, of_row = _parts(path)[: -len(_parts(end))], self.parts[row][: -len(_parts(end))]
        return bool(before and of_row) and before[-1] != of_row[-1] and before[-1] in self.folders


def _unguarded(name: str) -> str:
    """The text of a cell that begins with an apostrophe because a spreadsheet would run it."""
    plain = plain_cell(name)
    return plain if safe_cell(plain) == name else name


def _ends(path: str) -> list[str]:
    """a/b/c, b/c and c, the longest first."""
    parts = _parts(path)
    return ["/".join(parts[at:]) for at in range(len(parts))]


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]


def _without_suffix(path: str) -> str:
    """a/b of a/b.jpg; a number such as 3.7 has no suffix."""
    head, dot, suffix = path.rpartition(".")
    is_suffix = suffix.isalnum() and any(letter.isalpha() for letter in suffix)
    return head if dot and head and is_suffix else path


def _plain(name: str) -> str:
    """The path in an address, as of a bucket or of Label Studio's local files (?d=folder/a.jpg)."""
    if "://" not in name and "?d=" not in name:
        return name
    try:
        parts = urlsplit(name)
    except ValueError:  # brackets that hold no address
        return name
    return unquote(parse_qs(parts.query).get("d", [parts.path])[0])


def _without_upload(path: str) -> str:
    head, slash, last = path.rpartition("/")
    return f"{head}{slash}{_UPLOAD.sub('', last, count=1) if _UPLOAD.match(last) else last}"


def counted(n: int, one: str, many: str) -> str:
    """1 entry, 2 entries."""
    return f"{n:,} {one if n == 1 else many}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:SHOWN])
    return f"{shown}{' …' if len(names) > SHOWN else ''}"
