"""`run.show()`: the explorer of a run as a widget, with what is selected in Python."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.in_process import UNKEPT, place_of
from app.wire.explorer_data import explorer_data
from hem_core.errors import HemError
from hem_core.store import rules

if TYPE_CHECKING:
    from app.notebook.view import View
    from hem_core.store.run import Run

LEAST_HEIGHT, MOST_HEIGHT = 420, 4000
NO_PAGES = {"review": "There is no page Review in a notebook.", "sets": "There is no page Sets in a notebook."}


def show(
    run: Run,
    *,
    level: str,
    height: int,
    filter: Mapping[str, Any] | None,
    selection: Mapping[str, Any] | None,
    person: str | None,
) -> View:
    """The explorer of a level of a run; see `hem_core.store.run.Run.show` for its arguments."""
    if not LEAST_HEIGHT <= height <= MOST_HEIGHT:
        raise HemError(f"height is in pixels, from {LEAST_HEIGHT} to {MOST_HEIGHT:,}; got {height}")
    view_of = _imported()
    place, opened = place_of(run), run.level(level)
    for rule in (filter, selection):
        if rule is not None and not rules.needs_tags(rule):
            opened.rows(rule)  # raises for a column that is not there
    without = NO_PAGES if place.is_kept else {**NO_PAGES, "tags": UNKEPT}
    who = person or os.environ.get("HEM_PERSON") or _login()
    with place.entered():
        data = {**explorer_data(opened), "height": height, "without": without, "person": who}
    return view_of(
        place=place, level=opened, data=data, filter=dict(filter or NOTHING), selection=dict(selection or NOTHING)
    )


NOTHING: dict[str, Any] = {"all": []}


def _imported() -> type[View]:
    try:
        from app.notebook.view import View
    except ModuleNotFoundError as error:
        raise HemError(
            f"run.show() needs the package {error.name}: pip install 'hem[notebook]', then restart the kernel"
        ) from error
    return View


def _login() -> str:
    """Who runs this notebook, for the tags that are given in it: the kernel is of one person alone."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "notebook"
