"""People's tags teach a finished run why its examples are hard: without torch, so that the app can do it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import RunError
from hem_core.media._fact_words import FACTS
from hem_core.reasons.calibrate import LEAVE_OPEN, Calibrated, calibrate
from hem_core.reasons.changes import Fits, changes
from hem_core.reasons.columns import ReasonPredictions, reason_columns
from hem_core.reasons.features import Features, features
from hem_core.reasons.votes import averaged, of_kept
from hem_core.reasons.wrong_share import naming_rates
from hem_core.runs.refit_parts import refit_parts
from hem_core.store.atomic import remove_leftovers, write_json, write_table
from hem_core.store.claim import hold
from hem_core.store.column_arrays import array_of
from hem_core.store.damage import unreadable
from hem_core.store.mapped import UNREADABLE
from hem_core.store.run import Run, open_run
from hem_core.store.verdicts import in_state, reviews
from hem_core.store.workspace import open_workspace

FILE = "reason_rows.npz"
SAYS = ("mislabelled", "ambiguous", "outlier", "easy", *LEAVE_OPEN)
"""Verdicts that say something of the reason: they name it, or only rule reasons out (LEAVE_OPEN)."""


def refit(folder: Path | str) -> Run:
    """Fit the reasons of a run again, with the verdicts of its workspace beside the planted probes.

    Rewrites reason, reason_prob, reason_probs, suggested_label and evidence in scores.parquet, then `reasons` and
    `fingerprint` in run.json; each file is there whole, old or new, whenever it is killed, and the next refit mends
    what a killed one left half done. Refitting from the same tags gives the same bytes. Returns the run.
    Raises RunError when the run is not complete, was calibrated on no probes, or is in no workspace,
    and TakenError when another process is scoring or refitting it.
    """
    place = open_run(folder).folder
    with hold(place, f"the run {place}"):
        remove_leftovers(place)
        return _refit(open_run(place))


def _refit(run: Run) -> Run:
    path = run.folder / FILE
    if not path.is_file():
        why = (run.info.get("reasons") or {}).get("note") or "its reasons come from simple rules"
        raise RunError(f"the run {run.folder} has no {FILE}, so there is nothing to refit: {why}")
    kept = _kept(path)
    level = (run.info.get("reasons") or {}).get("level")
    if level is not None:
        return refit_parts(run, str(level), kept)
    if len(kept["values"]) != run.n:
        raise RunError(
            f"{path} is of {len(kept['values'])} rows, the run has {run.n}: run `hem score` with --overwrite"
        )
    table = pq.read_table(run.folder / "scores.parquet")
    tagged, tags = _verdicts(run, table["id"].to_pylist())
    rows = Features(kept["values"].astype(np.float32), tuple(kept["names"].tolist()))
    facts, is_wrong = _facts(run, table), kept["predicted"] != _targets(run, table)
    given = (rows, kept["examples"], kept["kinds"])
    seed, votes = int(kept["seed"]), of_kept(kept, run.n)
    taught = calibrate(*given, seed=seed, is_wrong=is_wrong, tagged=tagged, tags=tags, own_facts=facts)
    fitted = averaged(taught, votes)
    made = _columns(run, table, kept, rows, fitted)
    untaught = averaged(calibrate(*given, seed=seed, is_wrong=is_wrong), votes) if tags else fitted
    plain = _columns(run, table, kept, rows, untaught)["reason"] if tags else made["reason"]
    moved = changes(plain, made["reason"], Fits(untaught, fitted, rows, facts))
    write_table(run.folder / "scores.parquet", _replaced(table, made), metadata=_metadata(table))
    measured = {**fitted.model.measured, **naming_rates(fitted, made["reason_probs"])}
    reasons = {**(run.info.get("reasons") or {}), **_measured(measured), "n_tagged": len(tagged)}
    reasons |= _account(fitted, tags, moved)
    scores = hashlib.sha256((run.folder / "scores.parquet").read_bytes()).hexdigest()
    base = str(run.info.get("fingerprint") or "").partition("-")[0]
    write_json(run.folder / "run.json", {**run.info, "reasons": reasons, "fingerprint": f"{base}-{scores[:16]}"})
    return open_run(run.folder)


def _account(fitted: Calibrated, tags: list[str], moved: list[dict[str, Any]]) -> dict[str, Any]:
    """What run.json says of a refit: the tags by word, the facts that counted, and which reasons the tags changed, as
    compared with the probes alone, so that the same tags give the same account."""
    counted = {word: tags.count(word) for word in SAYS if word in tags}
    return {"tags": counted, "facts": list(fitted.of_facts.names if fitted.of_facts else ()), "changes": moved}


def _facts(run: Run, table: pa.Table) -> Features | None:
    """Places of what was read off the pictures or texts, numbers alone; None where the run has none."""
    names = [
        name for name in FACTS if name in table.column_names and run.level("examples").columns().get(name) == "number"
    ]
    if not names:
        return None
    found = features({name: table[name].to_numpy() for name in names}, names=names)
    return found if found.names else None


def _kept(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def _verdicts(run: Run, ids: list[str]) -> tuple[np.ndarray, list[str]]:
    found = reviews(in_state(open_workspace(run.folder).tags_to_read().state(run.data)))
    place = {id: row for row, id in enumerate(ids)}
    pairs = zip(found.index.tolist(), found["tag"].tolist(), strict=True)
    verdicts = sorted((place[id], tag) for id, tag in pairs if tag in SAYS and id in place)
    return np.array([row for row, _ in verdicts], np.int64), [says for _, says in verdicts]


def _columns(
    run: Run, table: pa.Table, kept: dict[str, np.ndarray], rows: Features, found: Calibrated
) -> dict[str, np.ndarray]:
    targets = _targets(run, table)
    graph, epochs = run.folder / "neighbours.npz", int(kept["epochs"])
    voters = None
    if graph.is_file():
        with np.load(graph, allow_pickle=False) as stored:
            voters = targets[stored["indices"]]
    spoken = ReasonPredictions(
        kept["predicted"].astype(np.int64),
        kept["sure"],
        kept["label_sure"],
        kept["second"].astype(np.int64),
        kept["second_sure"],
        str(kept["voice"]),
    )
    names = [name for name in ("prototype_distance", "learned_epoch", "forgetting") if name in table.column_names]
    return reason_columns(
        found,
        rows,
        spoken,
        table={name: table[name].to_numpy() for name in names},
        targets=targets,
        class_names=run.classes,
        neighbour_labels=voters,
        epochs=None if epochs < 0 else epochs,
    )


def _targets(run: Run, table: pa.Table) -> np.ndarray:
    classes = {name: number for number, name in enumerate(run.classes)}
    return np.array([classes[label] for label in table["label"].to_pylist()], np.int64)


def _replaced(table: pa.Table, made: dict[str, np.ndarray]) -> pa.Table:
    for name, values in made.items():
        column = array_of(values)
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, column)
        else:
            table = table.append_column(name, column)
    return table


def _metadata(table: pa.Table) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}


def _measured(measured: Mapping[str, float]) -> dict[str, float]:
    names = ("macro_f1", "balanced_accuracy", "ece", "recall_mislabelled", "false_mislabelled")
    return {name: measured[name] for name in names if name in measured}
