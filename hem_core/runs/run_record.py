"""What a run says of itself: run.json, the stored catalog, the failures, and what is missing."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.boxes.results import InMemory
from hem_core.buckets.address import clean, is_address
from hem_core.buckets.places import named
from hem_core.catalog import PLACES
from hem_core.dynamics.table import Dynamics
from hem_core.engine.join import Joined
from hem_core.engine.network import channels_wanted
from hem_core.engine.plan import FORMAT_VERSION, Plan
from hem_core.media import medium
from hem_core.runs.options import Options
from hem_core.runs.prepare import Prepared
from hem_core.runs.scored import Scored
from hem_core.store.map_pending import COMPUTING
from hem_core.tasks import Metric, settings_of


def opening(folder: Path, ready: Prepared, options: Options, plan: Plan) -> dict[str, Any]:
    """run.json as it stands while the run is being made."""
    layer = ready.network.layer if ready.network else None
    return {
        "format_version": FORMAT_VERSION,
        "name": folder.resolve().name,
        "task": ready.task.name,
        **({"task_settings": settings} if (settings := settings_of(ready.task)) else {}),
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
        **_embedding(ready, options),
        "data": opening_data(ready, folder, options),
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
            "labels_are": ready.facts["labels_are"],
            "columns": _reading(ready, options),
            "channels": channels_wanted(ready.network.model) if ready.network else 3,
        },
        "versions": {"python": platform.python_version()} | {name: version(name) for name in ("torch", "pyarrow")},
    }


def _embedding(ready: Prepared, options: Options) -> dict[str, Any]:
    """`embedding` of run.json: the text–image model that embeds the pictures; {} where the model itself does."""
    if ready.embedder is None or options.embedding is None:
        return {}
    return {"embedding": {"folder": str(Path(options.embedding).resolve()), "identity": ready.embedder.identity}}


def _reading(ready: Prepared, options: Options) -> dict[str, Any]:
    """How the source was read, for a later command in another folder: files and folders by their absolute paths."""
    places = {name: named(ready.facts[name]) for name in PLACES if name in ready.facts}
    given = {name: value for name, value in options.reading.items() if value and not isinstance(value, InMemory)}
    return places | {name: named(Path(value).resolve()) if name in PLACES else value for name, value in given.items()}


def opening_data(ready: Prepared, folder: Path, options: Options) -> dict[str, Any]:
    """Where the examples are from, and their held-out kin; of rows, which columns are features and why others are not.

    path: the source's absolute path, for a later command in another folder; None when it is no file or folder.
    """
    named = ("name", "source", "medium", "features", "are_features_named", "left_out", "annotations")
    facts = {name: ready.facts[name] for name in named if name in ready.facts} | {"root": _portable(ready, folder)}
    source = Path(ready.facts["source"])
    facts["path"] = str(source.resolve()) if source.exists() else None
    if is_address(ready.facts["source"]):
        facts["path"] = ready.facts["source"]
    return facts | {"test": _absolute(options.test) if options.test else None}


def _absolute(place: str | Path) -> str:
    return clean(place) if is_address(place) else str(Path(place).resolve())


def _portable(ready: Prepared, folder: Path) -> str:
    """Where the pictures lie: an address, or a path, relative to the run where they are inside it, so that the run can
    be moved."""
    root, home = Path(ready.facts["root"]), folder.resolve()
    return root.relative_to(home).as_posix() if root.is_relative_to(home) else named(ready.facts["root"])


def held_out(n: int) -> list[str]:
    """A note on the n examples that were in no training of this run."""
    if not n:
        return []
    return [f"{n:,} examples of the test and validation splits were not trained on, only predicted."]


def of_the_data(ready: Prepared, joined: Joined) -> list[str]:
    """Notes on skipped data and on changes to pictures before the model saw them."""
    done = [
        f"{count:,} picture{'s have' if count != 1 else ' has'} {_of_one(what) if count == 1 else what}."
        for what, count in sorted(joined.remarks.items())
    ]
    return [*ready.facts.get("notes", []), *done]


def _of_one(remark: str) -> str:
    return remark.replace("and are ", "and is ", 1)


def memorised(own: list[Metric], options: Options) -> list[str]:
    """A warning when the model does 5 points better on these examples than on held-out ones; else nothing.

    own: the metrics of the model on these examples.
    """
    accuracy = next((metric.value for metric in own if metric.name == "accuracy"), None)
    held_out = options.held_out_accuracy
    if accuracy is None or held_out is None or options.sample == "out-of-sample" or accuracy - held_out < 0.05:
        return []
    return [
        f"The model is right on {accuracy:.1%} of these examples but on {held_out:.1%} of held-out ones: "
        "it has memorised part of them, and its final loss hides hard examples."
    ]


def missing_parts(scored: Scored, recorded: Dynamics | None, *, has_pictures: bool) -> dict[str, str]:
    """What this run lacks, why, and the way to get it."""
    ready = scored.ready
    missing, shown = {}, medium(ready.facts["medium"])
    if scored.joined.embeddings is None:
        way = _way_to_embeddings(ready, shown.without_embeddings)
        missing["embeddings"] = f"No embeddings: no map, neighbours, prototypes or duplicates; {way}."
    elif scored.graph is None:
        missing["neighbours"] = "One example has no neighbours."
    else:
        missing["map"] = (
            COMPUTING if scored.options.has_map else "No map of the embedding: score again without --no-map."
        )
    if recorded is None:
        missing["dynamics"] = (
            "No training dynamics: no data map and no curves; "
            "record the training with hem_core.Recorder and pass --dynamics."
        )
        if "training dynamics" not in ready.task.offers:
            missing["dynamics"] = f"No training dynamics: the task '{ready.task.name}' has none."
    if not has_pictures and not shown.is_shown_without_pictures:
        why = "no file that the data name was found" if shown.pictures == "files" else "the data are not images"
        missing["pictures"] = f"No pictures: {why}; the gallery shows ids."
    return missing


def _way_to_embeddings(ready: Prepared, by_the_model: str) -> str:
    if not ready.predictions:
        return by_the_model
    if ready.facts.get("annotations"):
        return "predictions in files have none; score with --model instead"
    return "add a list column 'embedding'"


def stored_catalog(ready: Prepared, joined: Joined | None) -> pa.Table:
    """The catalog with the labels as the task writes them and, once everything is read, the content hashes."""
    table = ready.catalog.replace_schema_metadata(None)
    raw = table["label"].to_pylist()
    written = ready.task.written(ready.targets, ready.classes)
    label = [raw[row] if text is None else text for row, text in enumerate(written)]
    table = table.set_column(table.column_names.index("label"), "label", pa.array(label, pa.string()))
    if joined is not None and "content_hash" in joined.columns:
        hashes = np.full(table.num_rows, None, dtype=object)
        hashes[joined.columns["index"]] = joined.columns["content_hash"]
        if "content_hash" in table.column_names:
            table = table.drop_columns(["content_hash"])
        table = table.append_column("content_hash", pa.array(hashes, pa.string()))
    return table


def failures_table(ready: Prepared, failures: list[tuple[int, str]]) -> pa.Table:
    """One row a bad example: id, index in the catalog, reason."""
    indices = [index for index, _reason in failures]
    return pa.table(
        {
            "id": pa.array([ready.ids[index] for index in indices], pa.string()),
            "index": pa.array(indices, pa.int64()),
            "reason": pa.array([reason for _index, reason in failures], pa.string()),
        }
    )
