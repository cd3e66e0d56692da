"""The `hem` command: parses, calls, prints. No logic."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from hem_core.errors import HemError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="HEM, the workbench for hard example mining: find where a model fails, why, and what to do about it.",
)
console = Console(stderr=True)

STAGES = {
    "train": "training, recording every batch",
    "score": "scoring",
    "neighbours": "nearest neighbours",
    "explain": "difficulty and reasons",
    "thumbnails": "thumbnails",
    "map": "map of the embedding (compiles first, up to a minute)",
    "parquet": "writing the table",
    "imagefolder": "writing the pictures",
    "csv": "writing CSV",
    "jsonl": "writing JSON Lines",
}


def main() -> None:
    """Run `hem`; a HemError is one line on stderr and exit code 2."""
    try:
        app()
    except HemError as error:
        console.print(f"[red]error:[/red] {_plain(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on from here", highlight=False, soft_wrap=True)
        sys.exit(130)


@app.command()
def demo(
    name: Annotated[str, typer.Argument(help="digits, or fashion-mnist with --data.")] = "digits",
    data: Annotated[
        Path | None, typer.Option(help="Folder of the data set; fashion-mnist wants its four IDX files.")
    ] = None,
    workspace: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path("hem-demo"),
    port: Annotated[int | None, typer.Option(help="Port of the app; default: 8501 or the next free one.")] = None,
    no_app: Annotated[bool, typer.Option("--no-app", help="Stop after scoring.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, open no browser.")] = False,
) -> None:
    """Train a small model on real pictures with 5% of the labels made wrong on purpose, score it, open the app."""
    _demo = importlib.import_module("demo_models._demo")
    if name not in _demo.names():
        raise HemError(f"no demo '{name}'; there are: {', '.join(_demo.names())}")
    console.print(
        f"Demo [bold]{name}[/bold] in {_plain(str(workspace))}: {_demo.FLIPPED:.0%} of the labels are flipped; "
        "which ones is kept in the columns planted_flip and true_label.",
        highlight=False,
        soft_wrap=True,
    )
    with bars() as progress:
        run = _demo.run(name, workspace, data=data, progress=progress)
    _summary(run)
    if not no_app:
        _serve(workspace, port, open_browser=not no_browser)


@app.command()
def score(
    data: Annotated[str, typer.Argument(help="Image folder, or .csv, .parquet, .jsonl or .npz file.")],
    out: Annotated[Path, typer.Option(help="Folder of the run, such as work/runs/first.")],
    model: Annotated[str | None, typer.Option(help="package.module:factory, called without arguments.")] = None,
    weights: Annotated[Path | None, typer.Option(help=".safetensors, or a file of torch.save(state_dict).")] = None,
    classes: Annotated[
        str | None, typer.Option(help="Class names in the order of the outputs: cat,dog or a file, one a line.")
    ] = None,
    dynamics: Annotated[Path | None, typer.Option(help="A Recorder's folder, or logged training dynamics.")] = None,
    out_of_sample: Annotated[bool, typer.Option("--out-of-sample", help="The model never saw these examples.")] = False,
    in_sample: Annotated[bool, typer.Option("--in-sample", help="The model was trained on them.")] = False,
    held_out_accuracy: Annotated[
        float | None, typer.Option(help="Accuracy on held-out examples, 0 to 1.", min=0, max=1)
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1; default: CUDA where there is one.")] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="A number, or auto to time a few. Default 32 on a CPU, 256 on CUDA.")
    ] = None,
    precision: Annotated[str, typer.Option(help="fp32, or bf16 on CUDA.")] = "fp32",
    layer: Annotated[
        str | None, typer.Option(help="Module whose output is the embedding; none for no embeddings.")
    ] = None,
    resize: Annotated[
        int | None,
        typer.Option(
            help="Scale the shorter side of image files to this many pixels and cut out the centre square.", min=1
        ),
    ] = None,
    no_map: Annotated[bool, typer.Option("--no-map", help="Make no map of the embedding.")] = False,
    neighbours: Annotated[int, typer.Option("--k", help="Neighbours kept for each example.", min=1)] = 15,
    seed: Annotated[int, typer.Option(help="Seed of the map and the neighbour search.")] = 0,
    name: Annotated[str | None, typer.Option(help="Name of the data; runs that share it share their tags.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column of the ids.")] = None,
    label_column: Annotated[str | None, typer.Option(help="Column of the labels.")] = None,
    image_column: Annotated[str | None, typer.Option(help="Column of the image paths.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad example.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run of another model or data.")] = False,
) -> None:
    """Score every example: loss, difficulty, embedding, neighbours, a reason. Killed, the same command goes on."""
    from hem_core.engine.score import score as score_run

    if in_sample and out_of_sample:
        raise HemError("--in-sample and --out-of-sample exclude each other")
    sample = "out-of-sample" if out_of_sample else "in-sample" if in_sample else "unknown"
    columns = {"id_column": id_column, "label_column": label_column, "image_column": image_column}
    with bars() as progress:
        run = score_run(
            model,
            data,
            out=out,
            weights=weights,
            progress=progress,
            classes=_classes(classes),
            dynamics=dynamics,
            sample=sample,
            held_out_accuracy=held_out_accuracy,
            device=device,
            batch_size=_batch_size(batch_size),
            precision=precision,
            layer=layer,
            resize=resize,
            has_map=not no_map,
            k=neighbours,
            seed=seed,
            name=name,
            columns={key: value for key, value in columns.items() if value},
            is_strict=strict,
            overwrite=overwrite,
        )
    _summary(run)


@app.command("app")
def open_app(
    workspace: Annotated[Path, typer.Argument(help="A workspace, or one run folder.")],
    port: Annotated[int | None, typer.Option(help="Default: 8501 or the next free one.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, open no browser.")] = False,
) -> None:
    """Open the app on 127.0.0.1: look, filter, review, tag, build sets, export."""
    _serve(workspace, port, open_browser=not no_browser)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="The run folder.")],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist yet.")],
    where: Annotated[
        str | None,
        typer.Option(help="SQL condition over the run's columns: \"difficulty > 90 AND reason = 'mislabelled'\"."),
    ] = None,
    format: Annotated[str, typer.Option(help="parquet, csv, jsonl or imagefolder.")] = "parquet",
) -> None:
    """Write the examples that meet a condition, with people's corrections, as a folder ready for training."""
    from hem_core.engine.export_run import export_run

    with bars() as progress:
        folder, n = export_run(run, out, where=where, format=format, progress=progress)
    console.print(f"{n:,} examples in {_plain(str(folder))}", highlight=False, soft_wrap=True)


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Progress bars, one a stage, with rate and time left; plain lines where stderr is no terminal."""
    if not console.is_terminal:
        yield _lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(STAGES.get(stage, stage), total=total or None, completed=done, rate="")
            task = tasks[stage]
            speed = progress._tasks[task].speed
            progress.update(task, completed=done, rate=f"{speed:,.0f}/s" if speed else "")

        yield tell


def _lines() -> Callable[[str, int, int], None]:
    seen: dict[str, tuple[int, int, float]] = {}

    def tell(stage: str, done: int, total: int) -> None:
        tenth = done * 10 // total if total else 0
        last, first, started = seen.get(stage, (-1, done, time.monotonic()))
        seen[stage] = (tenth, first, started)
        if tenth == last:
            return
        rate = (done - first) / max(time.monotonic() - started, 1e-9)
        how_far = (
            f": {done:,} of {total:,}, {rate:,.0f}/s, {(total - done) / rate:.0f} s left" if total and rate else ""
        )
        console.print(f"{STAGES.get(stage, stage)}{how_far}", highlight=False, soft_wrap=True)

    return tell


def _summary(run: Any) -> None:
    info = run.info
    failed = f", {info['n_failed']:,} could not be scored (see failures.parquet)" if info["n_failed"] else ""
    seen = "not known whether in-sample" if info["sample"] == "unknown" else info["sample"]
    console.print(
        f"{run.n:,} example{'s' * (run.n != 1)} scored{failed}; accuracy {info['accuracy']:.1%} ({seen})",
        highlight=False,
        soft_wrap=True,
    )
    for row in run.failures().head(5).itertuples():
        console.print(f"  {_plain(str(row.id))}: {_plain(str(row.reason))}", highlight=False, soft_wrap=True)
    for note in [*info["notes"], *info["missing"].values()]:
        console.print(f"  note: {_plain(note)}", highlight=False, soft_wrap=True)
    console.print(f"run: {_plain(str(run.folder))}", highlight=False, soft_wrap=True)


def _serve(workspace: Path, port: int | None, *, open_browser: bool) -> None:
    importlib.import_module("app.server").serve(workspace, port=port, open_browser=open_browser)


def _classes(text: str | None) -> list[str] | None:
    if text is None:
        return None
    if Path(text).is_file():
        return [line.strip() for line in Path(text).read_text(encoding="utf-8").splitlines() if line.strip()]
    return [name.strip() for name in text.split(",")]


def _batch_size(text: str | None) -> int | str | None:
    if text is None or text == "auto":
        return text
    if not text.isdigit() or int(text) == 0:
        raise HemError(f"--batch-size wants a number or auto; got '{text}'")
    return int(text)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
