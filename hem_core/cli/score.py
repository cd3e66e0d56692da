from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hem_core.cli._run import summarise
from hem_core.cli._screen import bars
from hem_core.errors import HemError


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
    summarise(run)


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
