"""The report of a finished retraining, as JSON, as tables and as a page: written once, report.json last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hem_core.errors import RunError
from hem_core.retrain.report import bootstrap
from hem_core.retrain.report.answer import answer
from hem_core.retrain.report.by_group import by_group, sentence
from hem_core.retrain.report.comparison import comparison
from hem_core.retrain.report.identical import identical, named, sentences
from hem_core.retrain.report.method import interval_method, versions
from hem_core.retrain.report.page import page
from hem_core.retrain.report.slices import slices
from hem_core.retrain.report.test_predictions import ModelPredictions, class_predictions, graded_predictions
from hem_core.retrain.report.together import DRAWS, Tested, together
from hem_core.retrain.stored import FORMAT_VERSION, Stored
from hem_core.store.atomic import write_bytes, write_json, write_table
from hem_core.store.run import read_run
from hem_core.tasks import MakesItems, MeasuresTogether, Task

if TYPE_CHECKING:
    from hem_core.retrain.arms.job import Job
    from hem_core.retrain.test_data import TestData

FLOW = {(False, True): "fixed", (True, False): "regressed", (False, False): "still wrong", (True, True): "right"}


def report(job: Job, stored: Stored, test: TestData, runs: dict[str, str]) -> dict[str, Any]:
    """Compare the arms and write report.html, report.parquet, examples.parquet and report.json.

    Raises RunError when a training is missing.
    """
    plan, material, folder = stored.plan, job.material, stored.folder
    metadata = _metadata(test, material.test_rows)
    task = test.source.task  # whose targets these are: a file of its own has boxes of its own
    raw = {arm: [_logits(job, arm, seed) for seed in plan["seeds"]] for arm in plan["arms"]}
    arms = {arm: [_predictions(job, task, one, material.test_targets) for one in models] for arm, models in raw.items()}
    labels = np.array(task.written(material.test_targets, job.classes), dtype=object)
    parts = slices(_described(job, metadata.drop(columns="label"), runs))
    words = plan["target"]["words"]
    found = comparison(arms, material.test_targets, job.classes, parts, material.is_target, words)
    found |= {"slice_measure": "accuracy" if job.classes else "1 − error", "class_measure": "accuracy"}
    changed, n_draws = None, bootstrap.DRAWS
    if isinstance(task, MeasuresTogether):
        tested = Tested(task, raw, material.test_targets, metadata["id"].tolist(), material.is_target)
        own, changed = together(tested, words)
        n_draws = DRAWS
        found |= own
    if plan.get("question"):
        n = material.n_relabelled if plan["question"] == "relabel" else material.n_hard
        found["verdict"] = answer(plan["question"], n, found)
    same = identical(raw)
    meanings = sentences(job, same, plan["seeds"])
    found |= {
        "format_version": FORMAT_VERSION,
        "verdict": named(found["verdict"], same, meanings, len(plan["seeds"])),
        "runs": runs,
        "n_test": len(labels),
        "identical": same,
        "interval_method": interval_method(n_draws, len(plan["seeds"]), len(labels)),
        "versions": versions(),
        "notes": plan["notes"] + meanings + _notes(job, found),
    }
    made = _plain(_with_groups(found, arms, material.test_group, plan))
    by_example = examples(arms, metadata["id"].tolist(), labels, lambda values: _predicted(job, values))
    write_table(folder / "examples.parquet", by_example)
    if changed is not None:
        write_table(folder / "parts.parquet", changed)
    write_table(folder / "report.parquet", rows(made))
    write_bytes(folder / "report.html", page(plan, made).encode())
    write_json(folder / "report.json", made)
    return made


def _with_groups(
    found: dict[str, Any], arms: Mapping[str, Sequence[ModelPredictions]], codes: np.ndarray, plan: Mapping[str, Any]
) -> dict[str, Any]:
    """The report with the groups, where the recipe goes by groups and the test data have them; codes (T,)."""
    made = by_group(arms, codes, plan["groups"]["names"]) if "groups" in plan else None
    if made is None:
        return found
    first, *others = found["verdict"]["sentences"]
    return found | {"groups": made, "verdict": found["verdict"] | {"sentences": [first, sentence(made), *others]}}


def examples(
    arms: Mapping[str, Sequence[ModelPredictions]],
    ids: Sequence[str],
    labels: np.ndarray,
    written: Callable[[np.ndarray], Sequence[str | None]],
) -> pd.DataFrame:
    """One row a test example: id, label, wrong_<arm>, predicted_<arm> of the first seed, flow of the first seed.

    written: predicted values -> texts.
    """
    table: dict[str, Any] = {"id": list(ids), "label": labels}
    for arm, models in arms.items():
        table[f"wrong_{arm}"] = np.sum([~one.is_right for one in models], axis=0).astype(np.int64)
        table[f"predicted_{arm}"] = written(models[0].predicted)
    before, after = arms["control"][0].is_right.tolist(), arms["curated"][0].is_right.tolist()
    return pd.DataFrame(table | {"flow": [FLOW[pair] for pair in zip(before, after, strict=True)]})


def rows(report: Mapping[str, Any]) -> pd.DataFrame:
    """One row a measure and comparison: measure, unit, better, comparison, mean, low, high, each arm's mean and sd."""
    found = []
    for row in report["table"]:
        arms = {f"{name}_{arm}": one[name] for arm, one in row["arms"].items() for name in ("mean", "sd")}
        head = {name: row[name] for name in ("measure", "unit", "better")}
        found += [head | {"comparison": name} | difference | arms for name, difference in row["difference"].items()]
    return pd.DataFrame(found)


def _metadata(test: TestData, rows: np.ndarray) -> pd.DataFrame:
    """The test examples' columns but those that hold lists, such as boxes."""
    import pyarrow as pa

    catalog = test.source.catalog
    names = [each.name for each in catalog.schema if not pa.types.is_nested(each.type)]
    return catalog.select(names).take(rows).to_pandas()


def _predicted(job: Job, values: np.ndarray) -> Sequence[str | None]:
    """Predicted values as texts; of a task whose labels are no texts, how many parts are predicted."""
    if isinstance(job.source.task, MakesItems):
        return [f"{value:,} predictions" for value in values.tolist()]
    return job.source.task.written(values, job.classes)


def _described(job: Job, metadata: pd.DataFrame, runs: Mapping[str, str]) -> pd.DataFrame:
    """The metadata without the classes, which have a table of their own, with the clusters of the control's run."""
    folder = job.folder.parents[1] / "runs" / runs.get("control", "")
    run = read_run(folder) if "control" in runs else None
    if run is None or not run.is_complete or "cluster" not in run.source.columns:
        return metadata
    clusters = run.table(["id", "cluster"]).set_index("id")["cluster"].reindex(metadata["id"])
    return metadata.assign(cluster=clusters.astype(object).to_numpy())


def _predictions(job: Job, task: Task, raw: np.ndarray, targets: np.ndarray) -> ModelPredictions:
    return class_predictions(raw, targets) if job.classes else graded_predictions(task, raw, targets)


def _logits(job: Job, arm: str, seed: int) -> np.ndarray:
    logits = job.logits(arm, seed)
    if logits is None:
        raise RunError(f"the training of {arm}, seed {seed}, is missing; run the same `hem retrain` command again")
    return logits


def _notes(job: Job, found: dict[str, Any]) -> list[str]:
    notes = []
    if job.recipe == "mix":
        notes.append("Batch-norm statistics are re-estimated on uniform batches after training, in all arms.")
    if not found["temperature"]:
        return notes
    shown = ", ".join(f"{arm} {value:.2f}" for arm, value in found["temperature"].items())
    notes.append(
        f"Temperature scaling: each half of the test with the temperature that suits the other half ({shown}); nothing "
        "of the training was held out for it. Above 1 the model is overconfident."
    )
    return notes


def _plain(value: Any) -> Any:
    """Plain JSON: numpy's numbers as Python's, none of them NaN."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
