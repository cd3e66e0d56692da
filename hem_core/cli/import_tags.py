from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.cli._paths import RUN_IN_BUCKET
from hem_core.cli._screen import say
from hem_core.cli._tags_url import TagsUrl, tags_at

PLACE = 92
SHOWN = 20


def import_tags(
    file: Annotated[
        Path,
        typer.Argument(help="The file names of a tag, as LightlyStudio exports them; an export of FiftyOne or Label "
                       "Studio; or any list of ids."),
    ],
    run: Annotated[Path, typer.Argument(help="The run whose examples were tagged."), RUN_IN_BUCKET],
    tag: Annotated[str | None, typer.Option(help="Which entries count, by the tag that they have in the file.")] = None,
    name: Annotated[str | None, typer.Option("--as", help="Name of the tag in HEM. Default: that of --tag.")] = None,
    column: Annotated[str | None, typer.Option(help="Column of the ids or paths, if it is not found.")] = None,
    who: Annotated[str, typer.Option(help="Who gave the tag.")] = "import",
    tags_url: TagsUrl = None,
) -> Any:  # fmt: skip
    """Import a tag that examples got in another tool. Importing a file twice adds nothing."""
    tags_at(tags_url)
    from hem_core.prove.import_tags import import_tags as bring

    done = bring(file, run, tag=tag, name=name, column=column, who=who)
    say("{} of data {} tagged {}: {} had the tag before",
        f"{done.n_new:,}", done.data, done.tag, f"{done.n - done.n_new:,}")  # fmt: skip
    for words, entries in (("no example of the run", done.unknown), ("several examples", done.ambiguous)):
        if entries:
            more = f" and {len(entries) - SHOWN:,} more" if len(entries) > SHOWN else ""
            say("  {} entries are {}, skipped: {}{}", f"{len(entries):,}", words, ", ".join(entries[:SHOWN]), more)
    return done
