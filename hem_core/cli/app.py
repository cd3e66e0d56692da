from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hem_core.buckets.address import is_address
from hem_core.cli._json import write
from hem_core.cli._paths import IN_BUCKET
from hem_core.cli._run import serve
from hem_core.cli._tags_url import TagsUrl, tags_at

PLACE = 30
SERVES = True


def app(
    workspace: Annotated[
        Path, typer.Argument(help="A workspace, or one run folder; in a bucket (s3://bucket/work) to read."), IN_BUCKET
    ],
    port: Annotated[int | None, typer.Option(help="Default: 8501 or the next free one.")] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address without opening a browser.")
    ] = False,
    no_token: Annotated[
        bool,
        typer.Option("--no-token", help="Let in every account on this machine, not only those who have the address."),
    ] = False,
    host: Annotated[
        str, typer.Option(help="Address of this machine to listen on; others than this machine need the token.")
    ] = "127.0.0.1",
    public_url: Annotated[
        str | None,
        typer.Option(help="The address that browsers open, where it is another one: https://example.org/hem."),
    ] = None,
    trusted_host: Annotated[
        list[str] | None, typer.Option(help="Another name under which browsers may ask; give it once for each.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help="Who gets in by the login of secrets.toml, in place of the token: an e-mail address, a domain, or "
            "'*'; give it once for each."
        ),
    ] = None,
    tags_url: TagsUrl = None,
) -> None:
    """Open the app to explore, filter, review, tag, build sets and export; on 127.0.0.1 unless told otherwise."""
    from hem_core.store.workspace import open_workspace

    tags_at(tags_url)
    about = {"host": host, "public_url": public_url, "trusted": trusted_host or (), "allowed": allow or ()}

    if is_address(workspace):
        workspace = open_workspace(workspace).folder

    def is_ready(url: str) -> None:
        write({"workspace": workspace.resolve(), "url": url})

    serve(workspace, port, open_browser=not no_browser, has_token=not no_token, is_ready=is_ready, **about)
