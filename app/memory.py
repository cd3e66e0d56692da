"""How the server gives memory back to the system: a large run is read in pieces that are not needed again."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

# Arrow reads it when it is first imported; `hem` has set it already.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

import pyarrow

LARGE_BYTES = 4 << 20
"""An array of at least this size has memory of its own, which is given back as soon as nobody uses the array."""
POOLS = 2
"""From so many pools all threads take their memory. By default each of the server's 20 threads has one of its own, and
keeps in it what it has done with."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3)


def set_up() -> None:
    """Let Arrow and the C library keep little of what is no longer used. Without effect outside of Linux."""
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # a C library that has no such switches
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
            libc.mallopt(_TRIM_THRESHOLD, LARGE_BYTES)
            libc.mallopt(_ARENA_MAX, POOLS)


def give_back() -> None:
    """Give back now what was used and is no longer, after much was read at once; takes a few milliseconds."""
    pyarrow.default_memory_pool().release_unused()
