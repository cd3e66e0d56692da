"""The `hem` command: parses, calls, prints. No logic.

A command is one file that defines a function of its name; its docstring is the help, and PLACE orders the list of
commands.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import NoReturn

# Read by Arrow when it is first imported. Its own allocator keeps tens of megabytes that the app has done with, and is
# no faster at what HEM reads and writes.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

import typer

from hem_core import folder
from hem_core.cli._json import is_asked, with_json, write_document
from hem_core.cli._paths import with_checked_paths
from hem_core.cli._screen import console, say
from hem_core.errors import HemError
from hem_core.paths import WORDS, short

INTERRUPTED = "Interrupted. Run the same command to resume."
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
        made.command(name.replace("_", "-"))(with_json(with_checked_paths(getattr(file, name))))
    return made


hem = command_line()


def main() -> None:
    """Run `hem`; an error that the user can fix is one line on stderr and exit code 2, never a traceback.

    With `--json` it is also a document on stdout, {"error": the line}.
    """
    if any("\0" in word for word in sys.argv):
        _fail("the command contains a NUL byte, which no option accepts; remove it")
    try:
        _run_with_json() if is_asked(sys.argv[1:]) else hem()
    except HemError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        console.print(INTERRUPTED, highlight=False, soft_wrap=True)
        _end_with_error(INTERRUPTED, 130)
    except (OSError, MemoryError, UnicodeError) as error:
        _fail(_in_words(error))


def _run_with_json() -> None:
    """Run `hem` so that what typer finds wrong with the words of a command is a document too."""
    try:
        sys.exit(hem(standalone_mode=False) or 0)
    except (HemError, OSError, MemoryError, UnicodeError):
        raise
    except Exception as error:
        if not hasattr(error, "format_message"):  # a bug: its traceback is for stderr
            write_document({"error": f"{type(error).__name__}: {error}"}, sys.stdout)
            raise
        line = str(error.format_message())  # pyright: ignore[reportAttributeAccessIssue]
        say("[red]error:[/red] {}", line)
        _end_with_error(line, int(getattr(error, "exit_code", 2)))


def _fail(line: str) -> NoReturn:
    readable = line.encode("utf-8", "backslashreplace").decode()
    say("[red]error:[/red] {}", readable)
    _end_with_error(readable, 2)


def _end_with_error(line: str, exit_code: int) -> NoReturn:
    if is_asked(sys.argv[1:]):
        write_document({"error": line}, sys.stdout)
    sys.exit(exit_code)


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
