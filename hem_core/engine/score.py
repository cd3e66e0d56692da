"""One call from a model and its data to a finished run folder."""

from __future__ import annotations

import hashlib
import platform
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from torch import nn

from hem_core import catalog as catalogs
from hem_core.dynamics.read import read as read_dynamics
from hem_core.dynamics.table import Dynamics, to_table
from hem_core.embeddings.neighbours import Graph
from hem_core.engine import finish
from hem_core.engine.batch_size import fastest_batch_size
from hem_core.engine.inputs import Inputs, open_inputs
from hem_core.engine.network import Network, borrowed, channels_wanted, choose_device, fingerprint, place
from hem_core.engine.plan import FORMAT_VERSION, Plan, data_fingerprint, make_key
from hem_core.engine.progress import Listener, Progress
from hem_core.engine.run_local import run_local
from hem_core.engine.unit import Job
from hem_core.errors import DataError, HemError, ModelError, RunError
from hem_core.media.array import extract
from hem_core.models import factory
from hem_core.models.predictions import Predictions, open_predictions
from hem_core.store.atomic import remove_leftovers, write_json, write_table
from hem_core.store.run import Run, open_run, read_run
from hem_core.tasks import classification

Sample = Literal["in-sample", "out-of-sample", "unknown"]
DEFAULT_BATCH = {"cpu": 32, "cuda": 256}


@dataclass(frozen=True)
class Options:
    """How a run is made; every field is an option of `score` and of `hem score`."""

    name: str | None = None
    """Key of the tags: runs on data of the same name share them. Default: the source's name."""
    classes: Sequence[str] | None = None
    """Class names in the order of the outputs."""
    sample: Sample = "unknown"
    """"in-sample" when the model was trained on these examples, "out-of-sample" when it never saw them."""
    held_out_accuracy: float | None = None
    """Accuracy on examples kept out of training, 0 .. 1, to judge how far the net has memorised its own."""
    dynamics: str | Path | None = None
    """A Recorder's folder or another record of the training, see `hem_core.dynamics.read`."""
    device: str | None = None
    batch_size: int | Literal["auto"] | None = None
    """Default 32 on a CPU, 256 on CUDA; "auto" times a few on the first examples and keeps the best."""
    precision: Literal["fp32", "bf16"] = "fp32"
    layer: str | None = None
    """Module whose output is the embedding; None finds the last linear layer's input, "none" makes no embeddings."""
    resize: int | None = None
    """Scale image files to this many pixels a side, cutting out the centre square."""
    has_map: bool = True
    """Lay out the embedding map; without it a run is done sooner."""
    k: int = 15
    seed: int = 0
    unit_size: int | None = None
    """Examples in a shard, the unit of work that a kill can cost; by default 16,384 of an array's rows, else 2,048."""
    is_strict: bool = False
    overwrite: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    """`id_column`, `label_column`, `image_column` of the source."""


def score(
    model: nn.Module | str | None,
    data: Any,
    *,
    out: str | Path,
    weights: str | Path | None = None,
    progress: Listener | None = None,
    **options: Any,
) -> Run:
    """Score every example of `data` with `model` and store the run in the folder `out`.

    model: a module, "package.module:factory", or None when `data` is a Parquet file of `logits` or `probs`.
    data: an image folder, a .csv, .parquet, .jsonl or .npz file, an Arrow table, or a torch Dataset of (input, label).
    options: the fields of `Options`. Killed at any moment, the same call goes on where it stopped, to the same bytes;
    a finished run is returned as it is.
    Raises HemError with what to do for bad input; then nothing of a new run is left behind.
    """
    unknown = options.keys() - Options.__dataclass_fields__.keys()
    if unknown:
        raise TypeError(
            f"score() has no option {', '.join(sorted(unknown))}; there are: {', '.join(Options.__dataclass_fields__)}"
        )
    chosen, folder = Options(**options), Path(out)
    module = factory.load(model, weights) if isinstance(model, str) else model
    name = model if isinstance(model, str) else type(model).__name__
    is_new = not folder.exists()
    try:
        with borrowed(module):
            return _score(module, name, data, folder, chosen, Progress(folder, progress))
    except HemError:
        if is_new:
            _remove(folder)
        raise


@dataclass(frozen=True)
class _Prepared:
    """What is known before the first unit is scored."""

    catalog: pa.Table
    facts: dict[str, Any]
    classes: list[str]
    targets: np.ndarray
    bad_labels: dict[int, str]
    network: Network | None
    inputs: Inputs | None
    predictions: Predictions | None
    model_name: str
    model_hash: str

    @cached_property
    def ids(self) -> list[str]:
        return self.catalog["id"].to_pylist()


def _score(model: nn.Module | None, name: str, data: Any, folder: Path, options: Options, progress: Progress) -> Run:
    started = time.monotonic()
    known = _known(folder)
    catalog = catalogs.read(data, **options.columns)
    if options.name:
        catalog = catalogs.with_info(catalog, name=options.name)
    ready = replace(_prepare(model, catalog, data, folder, options), model_name=name)
    recorded = read_dynamics(options.dynamics) if options.dynamics else None
    key = _key(ready, options, recorded)
    _claim(folder, known, key, overwrite=options.overwrite)
    if known.get("key") == key and known.get("status") == "complete" and not options.overwrite:
        return open_run(folder)
    batch_size = _batch_size(ready, options, known if known.get("key") == key else {})
    plan = Plan(folder, len(ready.ids), options.unit_size or _unit_size(ready), batch_size, key)
    info = _opening(folder, ready, options, plan)
    write_json(folder / "run.json", info)
    write_table(folder / "catalog.parquet", _stored_catalog(ready, None))
    job = Job(plan, ready.ids, ready.targets, ready.bad_labels, ready.network, ready.inputs, ready.predictions)
    already = sum(len(plan.rows(unit)) for unit in plan.units if plan.is_done(unit))
    with progress.stage("score", plan.n, already) as report:
        run_local(job, is_strict=options.is_strict, report=report)
    info |= _finish(plan, ready, recorded, options, progress)
    info |= {"timings": {stage: round(seconds, 2) for stage, seconds in progress.timings.items()}}
    info["timings"]["total"] = round(time.monotonic() - started, 2)
    info |= {"status": "complete", "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    write_json(folder / "run.json", info)
    progress.close()
    return open_run(folder)


def _known(folder: Path) -> dict[str, Any]:
    if folder.exists() and not folder.is_dir():
        raise RunError(f"'{folder}' is a file; --out names a folder")
    if (folder / "run.json").exists():
        return read_run(folder).info
    if folder.exists() and any(folder.iterdir()):
        raise RunError(f"'{folder}' is not empty and holds no run; give --out another folder")
    return {}


def _prepare(model: nn.Module | None, catalog: pa.Table, data: Any, folder: Path, options: Options) -> _Prepared:
    facts = catalogs.info(catalog)
    found = open_predictions(Path(data)) if model is None and str(data).endswith(".parquet") else None
    if model is None and found is None:
        raise ModelError(f"no --model was given, and '{facts['source']}' has no column logits or probs")
    if found is None and facts["medium"] == "none":
        raise DataError(f"'{facts['source']}' has no image column for the model to read; name it with --image-column")
    if facts["medium"] == "array":
        member = catalog["image"][0].as_py()
        root = extract(Path(facts["root"]), member, folder / "arrays" / member).parent
        facts |= {"root": str(root.resolve()), "source_file": facts["root"]}
    inputs = None
    if facts["medium"] != "none":
        channels = channels_wanted(model) if model is not None else 3
        inputs = open_inputs(
            catalog, facts, root=Path(facts["root"]), dataset=data, channels=channels, resize=options.resize
        )
    network, n_classes, model_hash = None, found.n_classes if found else 0, "predictions"
    if model is not None and inputs is not None:
        model_hash = fingerprint(model)
        network, n_classes = _placed(model, inputs, catalog.num_rows, facts, options)
    classes = classification.class_names(catalog, facts, n_classes, options.classes)
    targets, bad_labels = classification.targets(catalog, facts, classes)
    return _Prepared(catalog, facts, classes, targets, bad_labels, network, inputs, found, "", model_hash)


def _placed(model: nn.Module, inputs: Inputs, n: int, facts: dict[str, Any], options: Options) -> tuple[Network, int]:
    is_picture = facts["medium"] == "image" or facts.get("is_picture", False)
    failures: list[tuple[int, str]] = []
    for start in range(0, n, 2):
        sample = inputs.read(range(start, min(start + 2, n)))
        failures += sample.failures
        if sample.indices:
            device = choose_device(options.device)
            return place(
                model, device, sample.values, is_picture=is_picture, layer=options.layer, precision=options.precision
            )
    raise DataError(f"none of the {n} examples can be read; the first: {failures[0][1]}")


def _key(ready: _Prepared, options: Options, recorded: Dynamics | None) -> str:
    source = Path(ready.facts.get("source_file", ready.facts["root"] or "."))
    if ready.predictions is not None:
        source = ready.predictions.path
    return make_key(
        model=ready.model_hash,
        data=data_fingerprint(ready.catalog, source),
        items=ready.inputs.fingerprint() if ready.inputs is not None else None,
        classes=ready.classes,
        dynamics=_digest(recorded) if recorded else None,
        layer=options.layer,
        precision=options.precision,
        resize=options.resize,
        k=options.k,
        seed=options.seed,
        unit_size=options.unit_size,
        batch_size=options.batch_size,
        sample=options.sample,
        name=ready.facts["name"],
        has_map=options.has_map,
    )


def _digest(recorded: Dynamics) -> str:
    digest = hashlib.sha256("\n".join(recorded.ids).encode())
    for values in (recorded.confidences, recorded.margins, recorded.hits):
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def _claim(folder: Path, known: dict[str, Any], key: str, *, overwrite: bool) -> None:
    if known and known.get("key") != key and not overwrite:
        raise RunError(
            f"'{folder}' holds a run of another model, data or parameters; "
            "give --out another folder, or pass --overwrite to replace it"
        )
    if known and overwrite:
        finish.clear(folder)
    for part in (folder, folder / "shards", folder / "embeddings"):
        try:
            part.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make the folder '{part}': {error.strerror}; give --out another place") from error
        remove_leftovers(part)


def _batch_size(ready: _Prepared, options: Options, known: dict[str, Any]) -> int:
    if known:
        return known["parameters"]["batch_size"]
    if isinstance(options.batch_size, int):
        return options.batch_size
    if ready.network is None or ready.inputs is None:
        return 4096
    if options.batch_size == "auto":
        return fastest_batch_size(ready.network, ready.inputs, len(ready.ids))
    return DEFAULT_BATCH.get(ready.network.device.type, 256)


def _unit_size(ready: _Prepared) -> int:
    """Units of some 5 to 60 seconds on a CPU, and no more than 16 million logits."""
    is_quick = ready.inputs.is_quick if ready.predictions is None and ready.inputs is not None else True
    return 16_384 if is_quick and len(ready.classes) <= 1000 else 2048


def _opening(folder: Path, ready: _Prepared, options: Options, plan: Plan) -> dict[str, Any]:
    layer = ready.network.layer if ready.network else None
    return {
        "format_version": FORMAT_VERSION,
        "name": folder.resolve().name,
        "task": "classification",
        "status": "running",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "key": plan.key,
        "fingerprint": plan.key[:16],
        "classes": ready.classes,
        "n": plan.n,
        "sample": options.sample,
        "notes": [],
        "model": {
            "name": "predictions" if ready.predictions else ready.model_name,
            "hash": ready.model_hash,
            "layer": layer.name if layer else None,
        },
        "data": {name: ready.facts[name] for name in ("name", "source", "root", "medium")},
        "held_out_accuracy": options.held_out_accuracy,
        "parameters": {
            "device": str(ready.network.device) if ready.network else "cpu",
            "batch_size": plan.batch_size,
            "unit_size": plan.unit_size,
            "precision": options.precision,
            "resize": options.resize,
            "k": options.k,
            "seed": options.seed,
            "dynamics": str(options.dynamics) if options.dynamics else None,
        },
        "versions": {"python": platform.python_version()} | {name: version(name) for name in ("torch", "pyarrow")},
    }


def _finish(
    plan: Plan, ready: _Prepared, recorded: Dynamics | None, options: Options, progress: Progress
) -> dict[str, Any]:
    joined = finish.join(plan)
    ids = [ready.ids[index] for index in joined.columns["index"]]
    device = str(ready.network.device) if ready.network else "cpu"
    graph = finish.graph_of(plan, joined, k=options.k, seed=options.seed, device=device, progress=progress)
    with progress.stage("explain", joined.n):
        columns = joined.columns | finish.set_scores(joined, graph, ids, len(ready.classes))
        if recorded is not None:
            aligned = recorded.align(ids)
            columns |= finish.dynamics_scores(aligned)
            write_table(plan.folder / "dynamics.parquet", to_table(aligned))
        epochs = recorded.n_epochs if recorded is not None else None
        more, head = finish.explain(columns, graph, ready.classes, sample=options.sample, epochs=epochs)
        finish.write_scores(plan, columns | more, ids, ready.classes)
        write_table(plan.folder / "catalog.parquet", _stored_catalog(ready, joined))
        write_table(plan.folder / "failures.parquet", _failures(ready, joined.failures))
    has_pictures = finish.write_thumbnails(plan, joined, ready.inputs, progress)
    if options.has_map:
        finish.write_projection(plan, joined, graph, seed=options.seed, progress=progress)
    accuracy = float((columns["predicted"] == columns["target"]).mean())
    return {
        "n": joined.n,
        "n_failed": len(joined.failures),
        "accuracy": accuracy,
        "notes": head["notes"] + _memorised(accuracy, options),
        "headline": head["how"],
        "neighbours": {"k": graph.indices.shape[1], "method": graph.method, "recall": graph.recall} if graph else None,
        "missing": _missing(ready, joined, graph, recorded, has_pictures=has_pictures, has_map=options.has_map),
    }


def _memorised(accuracy: float, options: Options) -> list[str]:
    held_out = options.held_out_accuracy
    if held_out is None or options.sample == "out-of-sample" or accuracy - held_out < 0.05:
        return []
    return [
        f"The model is right on {accuracy:.1%} of these examples but on {held_out:.1%} of held-out ones: "
        "it has memorised part of them, and its final loss hides hard examples."
    ]


def _missing(
    ready: _Prepared,
    joined: finish.Joined,
    graph: Graph | None,
    recorded: Dynamics | None,
    *,
    has_pictures: bool,
    has_map: bool,
) -> dict[str, str]:
    missing = {}
    if joined.embeddings is None:
        way = "add a list column 'embedding'" if ready.predictions else "name a layer with --layer"
        missing["embeddings"] = f"No embeddings: no map, neighbours, prototypes or duplicates; {way}."
    elif graph is None:
        missing["neighbours"] = "One example has no neighbours."
    elif not has_map:
        missing["map"] = "No map of the embedding: score again without --no-map."
    if recorded is None:
        missing["dynamics"] = (
            "No training dynamics: no data map and no curves; "
            "record the training with hem_core.Recorder and pass --dynamics."
        )
    if not has_pictures:
        missing["pictures"] = "No pictures: the data are not images; the gallery shows ids."
    return missing


def _stored_catalog(ready: _Prepared, joined: finish.Joined | None) -> pa.Table:
    table, names = ready.catalog.replace_schema_metadata(None), ready.classes
    if ready.facts["labels_are"] == "indices":
        raw = table["label"].to_pylist()
        label = [names[y] if y >= 0 else raw[row] for row, y in enumerate(ready.targets.tolist())]
        table = table.set_column(table.column_names.index("label"), "label", pa.array(label, pa.string()))
    if joined is not None and "content_hash" in joined.columns:
        hashes = np.full(table.num_rows, None, dtype=object)
        hashes[joined.columns["index"]] = joined.columns["content_hash"]
        if "content_hash" in table.column_names:
            table = table.drop_columns(["content_hash"])
        table = table.append_column("content_hash", pa.array(hashes, pa.string()))
    return table


def _failures(ready: _Prepared, failures: list[tuple[int, str]]) -> pa.Table:
    indices = [index for index, _reason in failures]
    return pa.table(
        {
            "id": pa.array([ready.ids[index] for index in indices], pa.string()),
            "index": pa.array(indices, pa.int64()),
            "reason": pa.array([reason for _index, reason in failures], pa.string()),
        }
    )


def _remove(folder: Path) -> None:
    if not folder.is_dir():
        return
    finish.clear(folder)
    if not any(folder.iterdir()):
        folder.rmdir()
