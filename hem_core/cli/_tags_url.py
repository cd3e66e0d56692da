"""Where the tags are, for the commands that read or write them."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from hem_core.store.tags_url import TAGS_URL

TagsUrl = Annotated[
    str | None,
    typer.Option(
        envvar=TAGS_URL,
        help="Where the tags are, if not in tags.sqlite of the workspace: postgresql+psycopg://USER@HOST/DATABASE.",
        show_default=False,
    ),
]


def tags_at(url: str | None) -> None:
    """Have this process, and the jobs that it starts, keep the tags there; without a URL in the workspace."""
    if url:
        os.environ[TAGS_URL] = url
