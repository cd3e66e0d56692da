"""Data that no model scored, as a run folder with a catalog alone: what a retraining needs to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core import catalog as catalogs
from hem_core.engine.plan import Plan, make_key
from hem_core.errors import ModelError
from hem_core.models.train_function import TrainFunction
from hem_core.prove.list_set import as_name
from hem_core.runs import run_record
from hem_core.runs.options import Options, implied
from hem_core.runs.prepare import Prepared, data_key, prepare
from hem_core.sets.run_of_set import UNSCORED
from hem_core.store.atomic import write_json, write_table
from hem_core.store.run import Run, read_run
from hem_core.tasks import settings_of


def open_unscored(home: Path, data: Any, train: TrainFunction, options: Options) -> Run:
    """The data as WORKSPACE/unscored/<name>-<key>, written where they are not there yet.

    options: how the data are read. Raises DataError for data that cannot be read, ModelError for a model's outputs.
    """
    catalog = catalogs.read(data, **options.reading)
    if options.name:
        catalog = catalogs.with_info(catalog, name=options.name)
    options = implied(options, catalogs.info(catalog))
    place = home / UNSCORED
    place.mkdir(parents=True, exist_ok=True)
    ready = prepare(None, train.name, catalog, data, place, options, train)
    if ready.inputs is None:
        raise ModelError("a proof trains, so it needs pictures, texts, features or arrays, not a model's outputs")
    key = _key(ready, options)
    folder = place / f"{as_name(str(ready.facts['name']))}-{key[:8]}"
    info = run_record.opening(folder, ready, options, Plan(folder, len(ready.ids), len(ready.ids), 1, key))
    info |= {"status": UNSCORED}
    if not (folder / "run.json").is_file():
        _write(folder, ready, info)
    found = read_run(folder)
    if found.info["data"] == info["data"]:
        return found
    write_json(folder / "run.json", found.info | {"data": info["data"]})  # the same data, moved since
    return read_run(folder)


def _write(folder: Path, ready: Prepared, info: Mapping[str, Any]) -> None:
    """The two tables, then run.json: its presence is the proof that they are whole."""
    folder.mkdir(parents=True, exist_ok=True)
    table = run_record.stored_catalog(ready, None)
    write_table(folder / "catalog.parquet", table)
    scores = pa.table(
        {"id": table["id"], "label": table["label"], "index": pa.array(range(table.num_rows), pa.int64())}
    )
    write_table(folder / "scores.parquet", scores)
    write_json(folder / "run.json", dict(info))


def _key(ready: Prepared, options: Options) -> str:
    """A digest of the data and of how they are read."""
    return make_key(
        data=data_key(ready),
        task=ready.task.name,
        settings=dict(settings_of(ready.task) or {}),
        classes=ready.classes,
        resize=options.resize,
        columns={name: str(value) for name, value in options.reading.items()},
    )
