"""What every reader of a list promises."""

from __future__ import annotations

from pathlib import Path

import hem_core.prove.lists
from hem_core import folder
from hem_core.prove.lists import Listed, ListOptions, read_list
from hem_core.testing._want import want


def check_list_reader(name: str, path: Path | str) -> None:
    """Check that a reader of lists accepts a file alone, and gives entries that name an example or its place.

    path: a small file that it reads, with an entry or more.
    Raises AssertionError, saying what is broken; UnknownNameError when no file or plugin has that name.
    """
    path = Path(path)
    reader = folder.load(hem_core.prove.lists, name)
    want(reader.accepts(path) is True, f"list reader {name} does not accept '{path}'; `accepts` must return True")
    want(reader.accepts(Path("no/such/file")) is False, f"list reader {name} accepts a file that is not there")
    others = [each for each in folder.names(hem_core.prove.lists) if each != name]
    both = [each for each in others if folder.load(hem_core.prove.lists, each).accepts(path)]
    want(not both, f"'{path}' is accepted by {', '.join(both)} too; only one reader may")
    found = reader.read(path, ListOptions())
    want(isinstance(found, Listed) and found.entries, f"list reader {name} gives no Listed with an entry")
    named = all(entry.names or entry.place is not None for entry in found.entries)
    want(named, f"an entry of list reader {name} has neither names nor a place")
    want(bool(found.kind), f"list reader {name} does not say what it read; fill in `kind`")
    want(read_list(path) == found, f"list reader {name} gives other entries when it reads '{path}' again")
