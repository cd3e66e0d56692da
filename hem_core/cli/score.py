from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hem_core import tasks
from hem_core.boxes import formats
from hem_core.buckets.objects import home_of
from hem_core.cli._json import Answer
from hem_core.cli._names import names_or_file
from hem_core.cli._panels import option
from hem_core.cli._paths import IN_BUCKET, PATH
from hem_core.cli._run import run_answer, summarise
from hem_core.cli._screen import bars
from hem_core.engine import runners
from hem_core.errors import HemError

if TYPE_CHECKING:
    from hem_core.runs.options import Options
    from hem_core.store.run import Run

PLACE = 20
TOO_MANY_FAILED = 3
"""The exit code of --strict; 1 is a bug, 2 an error that the user can fix."""
FORMATS = formats.names()
DATA, TRUTH, EXTRA, RUN = "Data", "Out-of-sample", "Scores", "Run"


def score(
    data: Annotated[
        str,
        typer.Argument(
            help="Image folder, .csv, .parquet, .jsonl or .npz file, folder of Parquet files, 'shards/{000..009}.tar', "
            "hf://datasets/NAME, or annotations of boxes: a COCO .json, a YOLO data.yaml, Pascal VOC's .xml files, or "
            "CVAT's or LabelMe's; an export of FiftyOne, Label Studio or Ultralytics; or the address of such, "
            "s3://bucket/photos."
        ),
        PATH,
        IN_BUCKET,
    ],
    out: Annotated[
        Path, typer.Option(help="Folder of the run, such as work/runs/first or s3://bucket/work/runs/first."), IN_BUCKET
    ],
    model: Annotated[
        str | None,
        typer.Option(help="package.module:factory, called without arguments; or a transformers folder."),
        PATH,
    ] = None,
    weights: Annotated[Path | None, typer.Option(help=".safetensors, or a file of torch.save(state_dict).")] = None,
    task: Annotated[str, option(f"What is predicted: {', '.join(tasks.names())}.", panel=DATA)] = tasks.DEFAULT,
    loss: Annotated[
        str | None, option("Loss, where the task has several; regression: absolute, squared, huber.", panel=DATA)
    ] = None,
    id_column: Annotated[str | None, option("Column of the ids.", panel=DATA)] = None,
    label_column: Annotated[
        list[str] | None,
        option(
            "Column of the labels; of tags or several numbers one column for each: rock,jazz or 'genre_*'; or repeat "
            "it.",
            panel=DATA,
        ),
    ] = None,
    image_column: Annotated[str | None, option("Column of the image paths.", panel=DATA)] = None,
    text_column: Annotated[str | None, option("Column of the texts.", panel=DATA)] = None,
    feature_columns: Annotated[
        str | None, option("Columns of a table to use as the model's input: age,job, or '*' for all.", panel=DATA)
    ] = None,
    images: Annotated[
        Path | None, option("Folder of the pictures of a table or of annotations of boxes.", panel=DATA), IN_BUCKET
    ] = None,
    predictions: Annotated[
        Path | None,
        option(
            "Predictions by id, beside a table, or by file names, beside pictures; or boxes: COCO results, YOLO's "
            "text, a table, .pt, .npz.",
            panel=DATA,
        ),
        IN_BUCKET,
    ] = None,
    annotations_format: Annotated[
        str | None,
        option(f"Format of annotations of boxes, if it is not recognised: {', '.join(FORMATS)}.", panel=DATA),
    ] = None,
    separator: Annotated[
        str | None, option("What joins the tags of one label, where it is not clear: '|', ';' or ','.", panel=DATA)
    ] = None,
    classes: Annotated[
        str | None, option("Class names in the order of the outputs: cat,dog or a file, one per line.", panel=DATA)
    ] = None,
    labels_are: Annotated[
        Literal["names", "indices"] | None,
        option("Whether integer labels are the names of the classes or their indices from 0.", panel=DATA),
    ] = None,
    foreground_iou: Annotated[
        float | None, option("Detection: IoU from which a box is right; .5 by default.", panel=DATA, min=0, max=1)
    ] = None,
    background_iou: Annotated[
        float | None,
        option("Detection: IoU below which a box is of nothing; .1 by default.", panel=DATA, min=0, max=1),
    ] = None,
    confidence_floor: Annotated[
        float | None,
        option("Detection: least confidence of a prediction; .05 by default.", panel=DATA, min=0, max=1),
    ] = None,
    pool: Annotated[
        str | None, option("Detection: an image's score from its boxes: top3 (default) or softmax.", panel=DATA)
    ] = None,
    name: Annotated[
        str | None, option("Name of the data; runs with the same name share their tags.", panel=DATA)
    ] = None,
    resize: Annotated[
        int | None,
        option(
            "Scale the shorter side of image files to this many pixels, then crop the centre square.", panel=DATA, min=1
        ),
    ] = None,
    test: Annotated[
        Path | None, option("Held-out data, recorded for hem retrain; not scored.", panel=DATA), IN_BUCKET
    ] = None,
    train: Annotated[
        str | None,
        option("package.module:train, called for each fold; docs/folds.md shows its signature.", panel=TRUTH),
    ] = None,
    oos: Annotated[
        str | None,
        option("Folds for --train, 5 by default; head: linear heads on the embeddings; none.", panel=TRUTH),
    ] = None,
    repeats: Annotated[
        int,
        option("Times that the folds are trained, each with another seed; the mean counts.", panel=TRUTH, min=1),
    ] = 1,
    dynamics: Annotated[
        Path | None, option("A Recorder's folder, or dynamics logged by other tools.", panel=TRUTH)
    ] = None,
    out_of_sample: Annotated[
        bool, option("The model never saw these examples.", "--out-of-sample", panel=TRUTH)
    ] = False,
    in_sample: Annotated[bool, option("The model was trained on them.", "--in-sample", panel=TRUTH)] = False,
    held_out_accuracy: Annotated[
        float | None, option("Accuracy on held-out examples, 0 to 1.", panel=TRUTH, min=0, max=1)
    ] = None,
    grand: Annotated[bool, option("Also the gradient norm of the whole network.", "--grand", panel=EXTRA)] = False,
    beside: Annotated[
        list[Path] | None,
        option("Run of another seed or model on the same data, averaged in; repeat it.", panel=EXTRA),
    ] = None,
    layer: Annotated[
        str | None, option("Module whose output is the embedding; none to skip embeddings.", panel=EXTRA)
    ] = None,
    embedding: Annotated[
        Path | None,
        option(
            "Folder of a text-image model (CLIP, SigLIP) that embeds the pictures, so that words find them.",
            panel=EXTRA,
        ),
    ] = None,
    neighbours: Annotated[int, option("Number of neighbours kept for each example.", "--k", panel=EXTRA, min=1)] = 15,
    no_probes: Annotated[
        bool, option("Skip the probes: reasons come from simple rules, uncalibrated.", "--no-probes", panel=EXTRA)
    ] = False,
    no_map: Annotated[bool, option("Skip the map of the embedding.", "--no-map", panel=EXTRA)] = False,
    device: Annotated[str | None, option("cpu, cuda, cuda:1; default: CUDA if there is one.", panel=RUN)] = None,
    batch_size: Annotated[
        str | None, option("A number, or auto to time a few. Default: 32 on a CPU, 256 on CUDA.", panel=RUN)
    ] = None,
    precision: Annotated[Literal["fp32", "bf16"], option("fp32, or bf16 on CUDA.", panel=RUN)] = "fp32",
    runner: Annotated[
        str,
        option(
            f"Where the forward passes run: {', '.join(runners.names())}; ray also spreads the trainings of --train. "
            "docs/runners.md shows how they are started.",
            panel=RUN,
        ),
    ] = runners.DEFAULT,
    seed: Annotated[int, option("Seed of folds, probes, map and neighbour search.", panel=RUN)] = 0,
    strict: Annotated[
        bool, option("Exit with code 3 if more than 2% could not be scored; the run is kept.", "--strict", panel=RUN)
    ] = False,
    fail_fast: Annotated[bool, option("Stop at the first bad example.", "--fail-fast", panel=RUN)] = False,
    overwrite: Annotated[bool, option("Replace a run of another model or data.", "--overwrite", panel=RUN)] = False,
) -> Answer:
    """Score every example: loss, difficulty, embedding, neighbours, a reason. Run it again to resume."""
    from hem_core.runs.options import Options
    from hem_core.runs.score import score as score_run

    options = Options(
        task=task,
        loss=loss,
        images=images,
        predictions=predictions,
        annotations_format=annotations_format,
        classes=names_or_file(classes, "--classes"),
        labels_are=labels_are,
        separator=separator,
        oos=_oos(oos),
        repeats=repeats,
        test=test,
        dynamics=dynamics,
        sample=_sample(is_in=in_sample, is_out=out_of_sample),
        held_out_accuracy=held_out_accuracy,
        has_grand=grand,
        beside=beside or (),
        has_probes=not no_probes,
        device=device,
        batch_size=_batch_size(batch_size),
        precision=precision,
        layer=layer,
        embedding=embedding,
        resize=resize,
        has_map=not no_map,
        k=neighbours,
        seed=seed,
        name=name,
        runner=runner,
        columns=_columns(feature_columns, label_column, id=id_column, image=image_column, text=text_column),
        arguments=_arguments(foreground=foreground_iou, background=background_iou, floor=confidence_floor, pool=pool),
        is_strict=fail_fast,
        overwrite=overwrite,
    )
    return _run(partial(score_run, model, data, out=out, weights=weights, train=train), options, out, is_strict=strict)


def _run(scored: Callable[..., Run], options: Options, out: Path, *, is_strict: bool) -> Answer:
    """Make the run and say what it is. Of several processes the first says so for all."""
    from hem_core.jobs.command import listed, workspace_of

    if runners.is_follower(options.runner):
        scored(options=options)
        return Answer(None, has_document=False)
    with bars() as shown, listed("scoring", workspace_of(home_of(out)), shown) as progress:
        run = scored(progress=progress, options=options)
    summarise(run)
    return Answer(run_answer(run), TOO_MANY_FAILED if is_strict and run.info.get("warning") else 0)


def _sample(*, is_in: bool, is_out: bool) -> Literal["in-sample", "out-of-sample", "unknown"]:
    if is_in and is_out:
        raise HemError("--in-sample and --out-of-sample exclude each other")
    return "out-of-sample" if is_out else "in-sample" if is_in else "unknown"


def _columns(features: str | None, labels: Sequence[str] | None, **named: str | None) -> dict[str, str | Sequence[str]]:
    """The columns that the user named, by the option of the reader."""
    found = {f"{name}_column": column for name, column in named.items()} | {"feature_columns": features}
    found["label_column"] = ",".join(labels or ())
    return {option: column for option, column in found.items() if column}


def _arguments(**given: float | str | None) -> dict[str, float | str]:
    """The arguments of the task that the user gave."""
    return {name: value for name, value in given.items() if value is not None}


def _batch_size(text: str | None) -> int | Literal["auto"] | None:
    if text is None or text == "auto":
        return text
    if not text.isdigit() or int(text) == 0:
        raise HemError(f"--batch-size expects a number or auto; got '{text}'")
    return int(text)


def _oos(text: str | None) -> int | Literal["head", "none"] | None:
    if text is None or text == "head" or text == "none":
        return text
    if not text.isdigit() or int(text) < 2:
        raise HemError(f"--oos expects a number of folds from 2 on, head or none; got '{text}'")
    return int(text)
