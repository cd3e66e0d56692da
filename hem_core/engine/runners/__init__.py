"""Where the units of a run are scored: one runner a file, which defines `start() -> Runner`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hem_core import folder
from hem_core.errors import HemError

if TYPE_CHECKING:  # torch comes with it
    from hem_core.engine.runner import Runner

DEFAULT = "local"


def names() -> list[str]:
    """The runners, such as "torchrun"."""
    return folder.names(sys.modules[__name__])


def start(name: str) -> Runner:
    """The runner of a name, for one run. Raises UnknownNameError, and HemError where it cannot run here."""
    return folder.load(sys.modules[__name__], name).start()


def start_spreading(name: str) -> Runner:
    """The runner of a name for trainings, which are spread or done here one by one. Raises as `start`, and HemError for
    a runner that spreads the units of a run alone."""
    if name != DEFAULT and not getattr(folder.load(sys.modules[__name__], name), "SPREADS_TRAININGS", False):
        raise HemError(f"--runner {name} spreads the forward passes of hem score alone; trainings go to --runner ray")
    return start(name)


def is_follower(name: str) -> bool:
    """Whether this process is one of several and not their first: it says nothing, which is left to the first."""
    if name == DEFAULT:
        return False
    return not getattr(folder.load(sys.modules[__name__], name), "is_first", lambda: True)()
