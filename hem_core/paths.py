"""Paths as people type them, checked once, at the door."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from hem_core.buckets.mirror import NOTE, downloaded
from hem_core.errors import DataError, HemError

LONGEST_SHOWN = 80
WORDS = {
    errno.ENAMETOOLONG: "is too long for a path: a name may have 255 bytes, a path 4,096; shorten it",
    errno.EACCES: "cannot be read: there is no permission for a folder above it; ask for access, or move it",
    errno.ELOOP: "is a symbolic link that leads back to itself; repair the link",
}
ODD = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def check_path(path: Path | str, what: str) -> None:
    """Raise DataError where a path can never be a file or folder: one that is not there yet is fine.

    That is one with a NUL byte, too long, below a file, behind a broken link or a folder that is closed to us; and a
    pipe or a device, which may never end.
    what: the option as the user typed it.
    """
    text = os.fspath(path)
    if not text:
        raise DataError(f"{what} is empty; it expects a path")
    shown = f"{what} {short(text)}"
    if "\0" in text:
        raise DataError(f"{shown} has a NUL byte, which no path can have; remove it")
    try:
        mode = Path(text).stat().st_mode
    except FileNotFoundError:
        if Path(text).is_symlink():
            target = short(str(Path(text).readlink()))
            raise DataError(f"{shown} is a broken link to {target}; repair it, or choose another path") from None
        return
    except OSError as error:
        if error.errno == errno.ENOTDIR:
            raise DataError(
                f"{shown} is below {short(_file_above(Path(text)))}, which is a file, not a folder"
            ) from error
        words = WORDS.get(error.errno or 0, f"cannot be read ({error.strerror}); choose another path")
        raise DataError(f"{shown} {words}") from error
    odd = _odd(mode)
    if odd:
        raise DataError(f"{shown} is {odd}, not a file or folder; save its output as a file, and pass that file")
    if not os.access(text, os.R_OK | (os.X_OK if stat.S_ISDIR(mode) else 0)):
        raise DataError(f"{shown} cannot be read: there is no permission; choose another, or ask for access")


def read_file(path: Path) -> bytes:
    """The bytes of a file; those of an object in a bucket are downloaded now, where its copy has none yet.

    Raises OSError as opening it does, and for a pipe or a device, which may never end.
    """
    odd = _odd(path.stat().st_mode)
    if odd:
        raise OSError(errno.EINVAL, f"it is {odd}, not a file", str(path))
    content = path.read_bytes()
    return downloaded(path, content) if content.startswith(NOTE) else content


def _odd(mode: int) -> str:
    return ODD.get(stat.S_IFMT(mode), "")


def check_is_new(out: Path) -> None:
    """Raise HemError where the file that a command is to write exists."""
    if out.exists():
        raise HemError(f"{out} exists; name another file with --out, or delete it")


def short(text: str) -> str:
    """A path in quotes that can be printed, cut in the middle where it is long."""
    plain = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    half = LONGEST_SHOWN // 2
    return f"'{plain}'" if len(plain) <= LONGEST_SHOWN else f"'{plain[:half]}…{plain[-half:]}'"


def _file_above(path: Path) -> str:
    """The part of a path that is a file, although more comes after it."""
    return str(next((above for above in path.parents if os.path.lexists(above) and not above.is_dir()), path.parent))
