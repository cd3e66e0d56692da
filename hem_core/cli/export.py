from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import hem_core.export
from hem_core import folder as registry
from hem_core.buckets.places import named
from hem_core.buckets.uploading import uploading
from hem_core.cli._paths import IN_BUCKET, RUN_IN_BUCKET
from hem_core.cli._screen import bars, say
from hem_core.cli._tags_url import TagsUrl, tags_at
from hem_core.errors import HemError
from hem_core.store.level_names import EXAMPLES, counted

PLACE = 80
SHOWN = 5
FORMATS = ", ".join(name for name in registry.names(hem_core.export) if name != "parquet")


def export(
    source: Annotated[Path, typer.Argument(help="The run folder; or, with --set, the workspace."), RUN_IN_BUCKET],
    out: Annotated[
        Path, typer.Option(help="Folder to write, or with --static a file; it must not exist yet."), IN_BUCKET
    ],
    where: Annotated[
        str | None,
        typer.Option(help="SQL condition over the run's columns: \"difficulty > 90 AND reason = 'mislabelled'\"."),
    ] = None,
    set_: Annotated[
        str | None, typer.Option("--set", help="A saved set: hard for its newest version, hard_v3 for version 3.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Version of the set.", min=1)] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {FORMATS}; may be repeated. The table is always written as parquet too."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Where the pictures are now, if they have been moved since scoring.")
    ] = None,
    level: Annotated[
        str,
        typer.Option(help="For a run: which rows to export, the examples or the parts that the run has a level for."),
    ] = "examples",
    with_held_out: Annotated[
        bool, typer.Option("--with-held-out", help="For a run: also export what is of its test and val splits.")
    ] = False,
    static: Annotated[
        bool,
        typer.Option(
            "--static", help="For a run: write the explorer with its data as one HTML file, to send to others."
        ),
    ] = False,
    limit: Annotated[
        int, typer.Option(help="With --static: rows at most; of more, half are the hardest and half at random.", min=1)
    ] = 2000,
    tags_url: TagsUrl = None,
) -> dict[str, Any]:
    """Write a saved set, or a run's examples that meet a condition, as a folder ready for training."""
    tags_at(tags_url)
    with uploading(out) as place:
        if static:
            others = {"--set": set_, "--version": version, "--format": format, "--data": data}
            return _export_page(source, place, level, limit, where, others={**others, "--with-held-out": with_held_out})
        if set_ is None:
            if version is not None:
                raise HemError("--version applies to a set: name the set with --set")
            return _export_rows(source, place, level, format or [], where=where, data=data, has_held_out=with_held_out)
        if where is not None or with_held_out:
            option = "--where" if where is not None else "--with-held-out"
            raise HemError(f"{option} and --set exclude each other: a set is exported as it was saved")
        return _export_set(source, place, (set_, version), format or [], data=data)


def _export_page(
    source: Path, out: Path, level: str, limit: int, where: str | None, *, others: Mapping[str, object]
) -> dict[str, Any]:
    from hem_core.store.run import open_run
    from hem_core.store.shown import shown

    wrong = [option for option, value in others.items() if value]
    if wrong:
        raise HemError(f"{wrong[0]} and --static exclude each other: a page shows the rows of a run")
    done = shown("app.static_page.write").write(open_run(source), out, level=level, limit=limit, where=where)
    say("{} in {}: {} MB", counted(done.n, level), named(done.path), f"{done.size_bytes / 1e6:.1f}")
    if done.sentence:
        say("  {}", done.sentence)
    return {"n": done.n, "level": level, "path": named(done.path), "size_bytes": done.size_bytes, "note": done.sentence}


def _export_rows(source: Path, out: Path, level: str, formats: list[str], **more: Any) -> dict[str, Any]:
    from hem_core.jobs.command import listed, workspace_of
    from hem_core.sets.export_run import export_run

    about = {"run": source.absolute().name, "level": level, **_about(out, formats)}
    with bars() as shown, listed("export", workspace_of(source), shown, name=out.name, settings=about) as progress:
        done = export_run(source, out, formats=formats, level=level, progress=progress, **more)
    say("{} in {}", counted(done.n, level), named(done.folder))
    for why, n in done.left_out.items():
        say("  left out: {}", f"{n:,} {why}")
    _say_skipped(done.skipped)
    return {
        "n": done.n,
        "level": level,
        "folder": named(done.folder),
        "left_out": done.left_out,
        "skipped": done.skipped,
    }


def _export_set(
    source: Path, out: Path, wanted: tuple[str, int | None], formats: list[str], *, data: Path | None
) -> dict[str, Any]:
    from hem_core.jobs.command import listed
    from hem_core.sets.export_set import export_set
    from hem_core.store import sets

    name, version = (wanted[0], wanted[1]) if wanted[1] is not None else sets.named(source, wanted[0])
    about = {"set": name, "version": version, **_about(out, formats)}
    with bars() as shown, listed("export", source, shown, name=out.name, settings=about) as progress:
        folder = export_set(source, name, version, out, formats, data=data, progress=progress)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    rows = counted(manifest["counts"]["n"], manifest.get("level") or EXAMPLES)
    say("{} in {}: {}", f"{name} v{version}", named(folder), rows)
    _say_skipped(manifest["skipped"])
    return {
        "n": manifest["counts"]["n"],
        "level": manifest.get("level") or EXAMPLES,
        "folder": named(folder),
        "set": f"{name} v{version}",
        "skipped": manifest["skipped"],
    }


def _about(out: Path, formats: list[str]) -> dict[str, Any]:
    """What the job of an export says of it."""
    return {"out": named(out.absolute()), "formats": sorted(set(formats)) or ["parquet"]}


def _say_skipped(skipped: Mapping[str, str]) -> None:
    if not skipped:
        return
    say(
        "[yellow]{} skipped[/]: their pictures cannot be read; if they have moved, pass --data FOLDER",
        f"{len(skipped):,}",
    )
    for id, why in list(skipped.items())[:SHOWN]:
        say("  {}: {}", id, why)
    if len(skipped) > SHOWN:
        say("  {}", f"and {len(skipped) - SHOWN:,} more; manifest.json of the export lists them")
