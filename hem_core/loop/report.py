"""The report of a loop: report.json for programs, report.parquet with a row a model, report.html to read and print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hem_core.loop.arm import Step, Walk
from hem_core.loop.conclusion import conclusion
from hem_core.loop.curve import curve, differences
from hem_core.loop.lab import Lab
from hem_core.loop.measures import Measure, measured, same_measures
from hem_core.loop.page import page
from hem_core.store.atomic import write_bytes, write_json, write_table

FORMAT_VERSION = 1


def write_report(lab: Lab, walks: Sequence[Walk], kept: dict[str, Any]) -> dict[str, Any]:
    """Write the three files beside the trainings; report.json comes last and says that the loop is complete.

    kept: the saved training set, see `set`. The same trainings give the same bytes. Returns what report.json has.
    """
    points, measures = points_of(lab, walks)
    of_all, of_random = (differences(points, arm, measures) for arm in ("all", "random"))
    entries = curve(points, measures)
    report = {
        "format_version": FORMAT_VERSION,
        "name": lab.folder.name,
        "data": lab.pool.name,
        "train": lab.train.name,
        "n_pool": len(lab.candidates),
        "test": lab.pool.test.words,
        **_of_task(lab, measures),
        "settings": lab.settings.facts() | {"rounds": lab.settings.rounds, "seeds": lab.settings.seeds},
        "verdict": conclusion(entries, of_random, of_all, measures[0]),
        "curve": entries,
        "against_random": of_random,
        "against_all": of_all,
        "left_out": _left_out(walks),
        "set": kept,
        "notes": _notes(lab),
    }
    write_table(lab.folder / "report.parquet", pd.DataFrame(points))
    write_bytes(lab.folder / "report.html", page(report, points).encode())
    write_json(lab.folder / "report.json", report)
    return report


def points_of(lab: Lab, walks: Sequence[Walk]) -> tuple[list[dict[str, Any]], tuple[Measure, ...]]:
    """One entry a model: arm, seed, round, n (examples it was trained on) and the columns of the measures; and these,
    the headline first."""
    steps = {(step.arm, step.seed, step.round): step for walk in walks for step in walk.steps}
    order = ["start", "mined", "random", "all"]
    ordered = sorted(steps.values(), key=lambda step: (order.index(step.arm), step.round, step.seed))
    test = lab.pool.test
    values = [measured(test.task, step.arrays["test_logits"], test.targets) for step in ordered]
    measures = same_measures(values)
    return [_point(step, found, measures) for step, found in zip(ordered, values, strict=True)], measures


def _point(step: Step, found: Mapping[Measure, float], measures: Sequence[Measure]) -> dict[str, Any]:
    values = {measure.column: found[measure] for measure in measures}
    return {"arm": step.arm, "seed": step.seed, "round": step.round, "n": len(step.arrays["rows"]), **values}


def _of_task(lab: Lab, measures: Sequence[Measure]) -> dict[str, Any]:
    """What is measured, where it is not what is measured of classes."""
    task = lab.pool.task
    return {} if "classes" in task.offers else {"task": task.name, "measures": [each.facts for each in measures]}


def _left_out(walks: Sequence[Walk]) -> list[dict[str, Any]]:
    """Why candidates of the first seed were not chosen, round by round: `round`, `why`, `n`."""
    steps = next(walk.steps for walk in walks if walk.steps[-1].arm == "mined")[:-1]
    return [
        {"round": step.round + 1, "why": str(why), "n": int(n)}
        for step in steps
        for why, n in zip(step.arrays["left_out"], step.arrays["n_left_out"], strict=True)
    ]


def _notes(lab: Lab) -> list[str]:
    notes = []
    if lab.train.takes("sampler"):
        notes.append(f"Every training drew {lab.draws:,} examples an epoch: all took the same number of steps.")
    else:
        notes.append(
            "The train function takes no `sampler`, so the number of steps follows from the size of the set: the same "
            "in the mined and the random arm at each size, more for the model of all data."
        )
    if lab.pool.test.words["how"] == "drawn":
        notes.append("The test set was drawn from the same data, so its labels are as noisy as the pool's.")
    if lab.labels.verdict_labels:
        notes.append(
            f"{len(lab.labels.verdict_labels):,} examples had a verdict before the loop; it applies in all arms."
        )
    if lab.labels.of_parts is not None:
        n = int((lab.labels.of_parts != lab.pool.targets).sum())
        notes.append(
            f"People had corrected parts of {n:,} example{'s' * (n != 1)} before the loop; all arms are trained on the "
            "corrected ones."
        )
    if lab.settings.by_person:
        notes.append("People answered for the picks; answers that came after their round was trained were not used.")
    return notes
