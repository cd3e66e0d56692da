"""An exception of the user's own code, in one line."""

from __future__ import annotations

LONGEST = 300
OWN_ERRORS = (Exception, SystemExit)
"""Caught around the user's own code: sys.exit would end HEM without a message and with code 0."""


def raised(error: BaseException) -> str:
    """The type of an error and its text on one line, truncated to 300 characters."""
    if isinstance(error, SystemExit):
        return (
            f"it ended the program with sys.exit({error.code!r}), as a script does that reads the command line; put "
            "what is not to run on import under: if __name__ == '__main__'"
        )
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:LONGEST]}" + ("…" if len(words) > LONGEST else "")
