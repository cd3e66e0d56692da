"""What a page says with every post: which workspace, data and examples its ids are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import loaders
from app.wire.door import text
from hem_core.errors import ConflictError, RunError

if TYPE_CHECKING:
    from hem_core.store.run import Run

RELOAD = "nothing was stored: reload the page"


def identity(run: Run) -> dict[str, str]:
    """What goes into each post of a page about this run, as it is."""
    return {"run": run.name, "workspace": loaders.identity(), "data": run.data, "examples": run.examples_digest}


def check_workspace(body: dict[str, Any]) -> None:
    """Raise ConflictError when a post was meant for another workspace."""
    if text(body, "workspace") != loaders.identity():
        raise ConflictError(f"this was given in another workspace than {loaders.folder()}, which is open here now")


def own_run(body: dict[str, Any]) -> Run:
    """The run that a post is about, when it is this server's and still the one that the page shows.

    Raises ConflictError when the post is about another workspace, run or data, so that its ids may mean other examples.
    """
    check_workspace(body)
    asked = {name: text(body, name) for name in ("run", "data", "examples")}
    try:
        run = loaders.run(asked["run"])
    except RunError as error:
        raise ConflictError(f"{error}; nothing was stored") from error
    if asked["data"] != run.data:
        raise ConflictError(f"run '{run.name}' is over the data '{run.data}' now, not '{asked['data']}'; {RELOAD}")
    if asked["examples"] != run.examples_digest:
        raise ConflictError(f"run '{run.name}' was made again of other examples, or in another order; {RELOAD}")
    return run


def own_scores(body: dict[str, Any], run: Run) -> None:
    """Raise ConflictError when a run was scored again since the page, so that a rule matches others than it shows."""
    if text(body, "fingerprint") != run.fingerprint:
        raise ConflictError(f"run '{run.name}' was scored again, so that the rule may match others; {RELOAD}")
