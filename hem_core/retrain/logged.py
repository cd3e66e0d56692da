"""A finished retraining handed to experiment trackers, once to each."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from hem_core import folder
from hem_core.errors import HemError
from hem_core.retrain import loggers
from hem_core.retrain.loggers._record import record_of
from hem_core.retrain.stored import LOGGED, Stored
from hem_core.store.atomic import write_json


def check_loggers(names: Sequence[str]) -> None:
    """Raise UnknownNameError for a logger that there is not, HemError where its package is not installed."""
    for name in names:
        package = folder.load(loggers, name).PACKAGE
        module = package.replace("-", "_")
        if importlib.util.find_spec(module) is None:
            raise HemError(f"--log {name} needs the package {package}, which is not installed: pip install {package}")


def log_retraining(stored: Stored, names: Sequence[str]) -> dict[str, str]:
    """Log a complete retraining with each of the loggers that have not logged it yet.

    Returns name -> where it is to be seen, of all the loggers that have it; kept in logged.json. Raises HemError, with
    what the library says, where one fails: the retraining stays as it is, and the same call tries again.
    """
    done = dict(stored.logged)
    for name in names:
        if name not in done:
            done[name] = _log(stored, name)
            write_json(stored.folder / LOGGED, done)
    return done


def _log(stored: Stored, name: str) -> str:
    try:
        return folder.load(loggers, name).log(record_of(stored))
    except Exception as error:  # whatever the tracker's library raises
        words = " ".join(str(error).split())[:300]
        raise HemError(
            f"the retraining '{stored.name}' is complete, and {name} could not log it: {type(error).__name__}: "
            f"{words}; run the same command again to log it"
        ) from error
