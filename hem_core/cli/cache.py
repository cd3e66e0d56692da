from __future__ import annotations

from typing import Annotated, Any

import typer

from hem_core.cli._screen import say, table

PLACE = 125


def cache(
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove all copies that no process uses and that are uploaded.")
    ] = False,
) -> dict[str, Any]:
    """Show where the copies of what is in buckets are, how large they are, and what may be removed."""
    from hem_core.buckets import room
    from hem_core.buckets.places import CACHE
    from hem_core.buckets.places import cache as folder

    removed = room.make_room(0) if clear else 0
    found = sorted(room.copies(), key=lambda each: -each.used)
    n_bytes = sum(each.n_bytes for each in found)
    table(
        ("copy of", "what", "MB", "stays"),
        [(each.address, each.what, f"{each.n_bytes / 1e6:,.1f}", "yes" if each.stays else "") for each in found],
    )
    say("{}: {} GB of {} GB", str(folder()), f"{n_bytes / room.GB:,.2f}", f"{room.limit() / room.GB:g}")
    if clear:
        say("removed {} MB", f"{removed / 1e6:,.1f}")
    say("  another folder: {}; another size in GB: {}; to remove what is not in use: hem cache --clear",
        CACHE, room.LIMIT)  # fmt: skip
    return {
        "folder": folder(),
        "n_bytes": n_bytes,
        "limit_bytes": room.limit(),
        "removed_bytes": removed,
        "copies": [
            {"address": each.address, "what": each.what, "n_bytes": each.n_bytes, "stays": each.stays} for each in found
        ],
    }
