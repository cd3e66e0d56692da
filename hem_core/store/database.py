"""The one DuckDB connection of this process."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_lock = threading.Lock()
_connections: dict[int, duckdb.DuckDBPyConnection] = {}

# No statement may fetch an extension or see a Python variable by its name.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def cursor() -> duckdb.DuckDBPyConnection:
    """A cursor of the process-wide in-memory database; cheap, for one call in one thread."""
    with _lock:
        # By process: a fork inherits the connection without the threads that work for it.
        connection = _connections.get(os.getpid())
        if connection is None:
            connection = _connections[os.getpid()] = _connect()
        return connection.cursor()


def _connect() -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(":memory:", config=_SETTINGS)
    connection.execute("SET lock_configuration = true")
    return connection
