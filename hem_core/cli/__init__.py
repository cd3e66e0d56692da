"""The `hem` command: parses, calls, prints. No logic.

A command is one file that defines a function of its name; its docstring is the help, and PLACE orders the list of
commands.
"""

from __future__ import annotations

import errno
import os
import sys

# Read by Arrow when it is first imported. Its own allocator keeps tens of megabytes that the app has done with, and is
# no faster at what HEM reads and writes.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

import typer

from hem_core import folder
from hem_core.cli._paths import with_checked_paths
from hem_core.cli._screen import console, say
from hem_core.errors import HemError
from hem_core.paths import WORDS, short

LAST = 1000
"""The place of a command that sets no PLACE; commands with the same place are sorted by name."""


def command_line() -> typer.Typer:
    """`hem` with a command for each file of this folder."""
    made = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        help="HEM, the workbench for hard example mining: find where a model fails, why, and what to do about it.",
    )
    here = sys.modules[__name__]
    commands = {name: folder.load(here, name) for name in folder.names(here)}
    for name, file in sorted(commands.items(), key=lambda item: (getattr(item[1], "PLACE", LAST), item[0])):
        made.command(name.replace("_", "-"))(with_checked_paths(getattr(file, name)))
    return made


hem = command_line()


def main() -> None:
    """Run `hem`; an error that the user can fix is one line on stderr and exit code 2, never a traceback."""
    if any("\0" in word for word in sys.argv):
        _fail("the command contains a NUL byte, which no option accepts; remove it")
    try:
        hem()
    except HemError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        console.print("Interrupted. Run the same command to resume.", highlight=False, soft_wrap=True)
        sys.exit(130)
    except (OSError, MemoryError, UnicodeError) as error:
        _fail(_in_words(error))


def _fail(line: str) -> None:
    say("[red]error:[/red] {}", line.encode("utf-8", "backslashreplace").decode())
    sys.exit(2)


def _in_words(error: OSError | MemoryError | UnicodeError) -> str:
    """The system's error in words, and what to do about it."""
    if isinstance(error, MemoryError):
        return "out of memory; use a smaller --batch-size, or a machine with more memory"
    if isinstance(error, UnicodeError):
        return f"a text or a file name is not valid UTF-8 ({error}); save the file as UTF-8, or rename it"
    place = short(str(error.filename)) if error.filename is not None else "a file"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"the disk is full ({place}); free some space and run the same command to resume"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place} cannot be read or written ({error.strerror}); choose another path, or ask for access"
    if error.errno == errno.ENAMETOOLONG:
        return f"{place} {WORDS[errno.ENAMETOOLONG]}"
    return f"{place}: {error.strerror or error}; choose another path"
