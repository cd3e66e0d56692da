"""What the first page needs, read while the browser is still on its way: the pages' modules, and the newest run."""

from __future__ import annotations

import logging
import threading

from app import loaders


def start() -> threading.Thread:
    """Begin to read, in a thread of its own; whoever asks for the same meanwhile waits for it or reads it, too."""
    thread = threading.Thread(target=_read, name="warm-up", daemon=True)
    thread.start()
    return thread


def _read() -> None:
    try:
        _newest_run()
    except Exception as error:  # whatever is wrong with the run, its page says
        logging.getLogger(__name__).debug("nothing was read ahead: %s", error)


def _newest_run() -> None:
    """What Overview and Explore read of the run that a workspace opens with."""
    from app.views import is_offered, views
    from app.wire import code, columns, contents
    from app.wire.explorer_data import explorer_data

    pages = views()
    newest = next((run.name for run in loaders.workspace().runs() if run.is_complete), None)
    if newest is None:
        return
    level = loaders.level(newest)
    for page in pages.values():
        is_offered(page, level)
    loaders.metrics(level)
    explorer_data(level)
    code.ready()
    columns.described(level)
    loaders.verdicts(level)
    contents.thumbnail(level, 0)
