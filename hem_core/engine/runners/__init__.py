"""Where the units of a run are scored: one runner a file, which defines `start() -> Runner`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hem_core import folder

if TYPE_CHECKING:  # torch comes with it
    from hem_core.engine.runner import Runner

DEFAULT = "local"


def names() -> list[str]:
    """The runners, such as "torchrun"."""
    return folder.names(sys.modules[__name__])


def start(name: str) -> Runner:
    """The runner of a name, for one run. Raises UnknownNameError, and HemError where it cannot run here."""
    return folder.load(sys.modules[__name__], name).start()


def is_follower(name: str) -> bool:
    """Whether this process is one of several and not their first: it says nothing, which is left to the first."""
    if name == DEFAULT:
        return False
    return not getattr(folder.load(sys.modules[__name__], name), "is_first", lambda: True)()
