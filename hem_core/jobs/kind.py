"""What a kind of job says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import hem_core.jobs.kinds
from hem_core import folder
from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job


class Kind(Protocol):
    """A module of `hem_core.jobs.kinds`. It imports torch and what else is heavy inside its functions.

    It may also define `progress(job)`, which reads how far the work is where the work itself keeps that on disk
    (`stage`, `done`, `total`, `rate`, `seconds_left`), RESULTS, the folder of the workspace in which a command's
    results are found by name, CAN_RESUME = False, and WITHOUT_WRITING = True for one that a read-only workspace allows.
    """

    TITLE: str
    """The name shown to people: "Export"."""

    def words(self, job: Job) -> str:
        """Its subject: "hard v1 as csv"."""
        ...

    def writes(self, job: Job) -> tuple[Path, ...]:
        """The files or folders that it writes; two jobs with a common output exclude each other."""
        ...

    def run(self, job: Job, progress: Listener) -> Mapping[str, Any] | None:
        """Do the work; the same settings give the same bytes, also after a kill at any moment.

        Returns facts to store with the result, as JSON. Raises HemError, which says what to do.
        """
        ...

    def is_done(self, job: Job) -> bool:
        """Whether its result exists."""
        ...

    def opens(self, job: Job) -> tuple[str, Mapping[str, str]]:
        """The page of the app that shows the result, and its address parameters: ("explore", {"run": "first"})."""
        ...


def names() -> list[str]:
    """All kinds, sorted by name."""
    return folder.names(hem_core.jobs.kinds)


def load(name: str) -> Kind:
    """The kind of that name. Raises UnknownNameError, listing the kinds, when there is none."""
    return cast(Kind, folder.load(hem_core.jobs.kinds, name))


def option(kind: Kind, name: str, default: Any = None) -> Any:
    """An attribute that is optional for a kind."""
    return getattr(kind, name, default)
