"""Tags that people gave in other tools, out of any list that `hem prove` reads, into the tag log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hem_core.errors import DataError
from hem_core.prove.lists import ListOptions, chosen, read_list
from hem_core.prove.matched import matched
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace


@dataclass(frozen=True)
class ImportedTags:
    """What was tagged."""

    data: str
    tag: str
    kind: str
    """What the list was, in words."""
    n: int
    """Examples that the list names."""
    n_new: int
    """Those that did not have the tag before."""
    unknown: list[str]
    """Entries that name no example."""
    ambiguous: list[str]
    """Entries whose file name several examples have."""


def import_tags(
    path: Path, run: Path | str, *, tag: str | None = None, name: str | None = None, column: str | None = None,
    who: str = "import",
) -> ImportedTags:  # fmt: skip
    """Tag the examples of a run that a list names, in one action that can be undone.

    tag: which entries count, by the tag that they have in the list; name: of the tag in HEM, by default the same;
    column: of the ids or paths. An example that has the tag already is left alone, so that a list imported twice adds
    nothing. Raises DataError where no entry is an example, or the tag has no name.
    """
    if not (name or tag):
        raise DataError(f"what '{path.name}' holds needs a name as a tag: pass --as NAME")
    opened = open_run(run)
    listed = chosen(read_list(path, ListOptions(column=column)), tag=tag)
    known = [each for each in ("image", "index") if each in opened.source.columns]
    table = opened.table(["id", *known])
    paths = table["image"].tolist() if "image" in known else None
    n_rows = len(table) + len(opened.failures())
    rows = {"places": table["index"].tolist(), "n_rows": n_rows} if "index" in known else {}
    found = matched(listed, table["id"].tolist(), paths, f"'{opened.data}'", **rows)
    as_tag = str(name or tag)
    log = open_workspace(opened.folder).tags()
    state = log.state(opened.data)
    have = set(state.loc[state["tag"] == as_tag, "id"])
    new = [id for id in found.examples["id"] if id not in have]
    if new:
        source = {"tags_from": path.name, "sha256": hashlib.sha256(_content(path)).hexdigest()}
        log.add(opened.data, new, as_tag, who=who, rule=source)
    n = len(found.examples)
    return ImportedTags(opened.data, as_tag, listed.kind, n, len(new), found.unknown, found.ambiguous)


def _content(path: Path) -> bytes:
    """The bytes of a file; of a folder its name."""
    return path.read_bytes() if path.is_file() else str(path).encode()
