"""From a list to a saved set: the examples that are meant, with what the question does with each. No torch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hem_core.engine.plan import make_key
from hem_core.errors import DataError, RunError
from hem_core.prove.lists import KINDS, Entry, Listed, chosen, read_list
from hem_core.prove.matched import Matched, counted, matched
from hem_core.prove.request import WEIGHT, Request
from hem_core.sets.label_sets import state_of
from hem_core.sets.run_of_set import UNSCORED
from hem_core.store import sets
from hem_core.store.run import Run
from hem_core.store.workspace import open_workspace
from hem_core.tasks import MakesItems, is_known, is_same, of


@dataclass(frozen=True, eq=False)
class ListSet:
    """A list as a saved set."""

    name: str
    version: int
    manifest: dict[str, Any]
    """`list` says what the list was and how much of it is known."""

    @property
    def title(self) -> str:
        return f"{self.name}-v{self.version}"


def set_of_list(home: Path, run: Run, request: Request) -> ListSet:
    """Save the examples of a list as a set of its own, or find the one that was saved of the same list before.

    Raises DataError where no entry is an example, or nothing would change; RunError for what is only done when forced.
    """
    listed, source = _entries(home, run, request)
    known = [name for name in ("image", "index") if name in run.source.columns]
    table = run.table(["id", "label", *known])
    paths = table["image"].tolist() if "image" in known else None
    rows = {"places": table["index"].tolist(), "n_rows": len(table) + len(run.failures())} if "index" in known else {}
    about = f"'{run.data}'"
    found = matched(listed, table["id"].tolist(), paths, about, **rows)
    problems = found.problems(about)
    if problems and not request.force:
        raise RunError(f"{problems[0]} (or go on with the {len(found.examples):,} that fit: --force)")
    examples, notes = _for_question(request, run, found, table)
    key = make_key(
        data=run.info.get("key"),
        question=request.question,
        examples=[[str(value) for value in row] for row in examples.itertuples(index=False)],
        forced=problems,
    )
    about_list = {
        "source": source, "kind": listed.kind, "key": key, "question": request.question, "tag": request.tag,
        "by": request.who, "n_entries": found.n_entries, "n_matched": len(found.examples), "n": len(examples),
        "forced": problems, "notes": [*listed.notes, *notes],
    }  # fmt: skip
    return _saved(home, run, f"{_stem(source['path'])}-{request.question}", examples, about_list)


def _entries(home: Path, run: Run, request: Request) -> tuple[Listed, dict[str, str]]:
    """The entries, and where they are from: a file, a saved set of the workspace, or a condition on the run."""
    path = Path(request.list)
    if _is_there(path):
        listed = read_list(path, request.columns)
        needs_tag = listed.needs_tag and request.question != "relabel"
        listed = chosen(replace(listed, needs_tag=needs_tag), tag=request.tag, who=request.who)
        return listed, {"path": path.name, "sha256": _digest(path)}
    if request.run is None:
        raise DataError(f"no list at '{request.list}'; give {KINDS}. A condition or a saved set needs --run")
    if request.list in sets.names(home) or request.list.rpartition("-v")[0] in sets.names(home):
        name, version = sets.named(home, request.list)
        return _of_set(sets.load(home, name, version)[0]), {"path": f"{name}-v{version}"}
    state = state_of(run.level(), open_workspace(home).tags())
    rows = run.query(where=request.list, tags=state, columns=["id"])
    return Listed([Entry((id,)) for id in rows["id"]], "condition"), {"path": "condition", "where": request.list}


def _of_set(examples: pd.DataFrame) -> Listed:
    rows = examples.to_dict("records")
    entries = [
        Entry((str(row["id"]),), label=_text(row.get("label")), weight=_number(row.get("weight"))) for row in rows
    ]
    return Listed(entries, "saved set")


def _for_question(request: Request, run: Run, found: Matched, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows of the set, with labels to train on or weights; and notes on what was left out."""
    examples = found.examples
    if request.question == "relabel":
        return _relabelled(run, examples, table)
    examples = examples.drop(columns="label")
    if request.question != "weigh":
        return examples.drop(columns="weight"), []
    given = examples["weight"].to_numpy(np.float64)
    known = given[~np.isnan(given)]
    weight = np.where(np.isnan(given), WEIGHT, given) if request.weight is None else request.weight
    if not np.all((np.asarray(weight) > 0) & np.isfinite(weight)):
        raise DataError(
            "a weight in the list is not a number above 0; to train without an example, ask --question drop"
        )
    if not len(known):
        return examples.assign(weight=weight), []
    if request.weight is not None:
        return examples.assign(weight=weight), [f"The weights of the list are not used: each is {request.weight:g}."]
    used = (
        f"The weights of the list's column weight are used ({len(known):,}, from {known.min():g} to {known.max():g})."
    )
    return examples.assign(weight=weight), [used]


def _relabelled(run: Run, examples: pd.DataFrame, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The examples to which the list gives another label than the data do."""
    task = of(run.info)
    if isinstance(task, MakesItems):
        raise DataError(
            f"the labels of the task '{task.name}' are not texts, so a list cannot correct them; correct them in "
            "Review and retrain, or ask --question drop, weigh or add"
        )
    known = dict(zip(table["id"].tolist(), table["label"].tolist(), strict=True))
    given = pd.Series([_text(known[id]) for id in examples["id"].tolist()], dtype=object)
    labels = [_text(label) for label in examples["label"]]
    values = task.encode(labels, run.classes)
    before = task.encode(given.tolist(), run.classes)
    _check_classes(run, labels, is_known(values))
    has_label = is_known(values)
    if not has_label.any():
        raise DataError(
            "the question relabel needs a corrected label for each example, and the list has none; name their column "
            "with --labels-from, or ask --question drop"
        )
    changes = has_label & ~is_same(values, before)
    if not changes.any():
        raise DataError(
            f"the labels of the list are those of the data in all {int(has_label.sum()):,} examples, so that nothing "
            "would change; name the column of the corrected labels with --labels-from"
        )
    notes = []
    if not has_label.all():
        notes.append(
            f"{counted(int((~has_label).sum()), 'example', 'examples')} of the list without a label: left as given."
        )
    if n_same := int((has_label & ~changes).sum()):
        notes.append(
            f"{counted(n_same, 'label of the list is that', 'labels of the list are those')} of the data already."
        )
    kept = examples.loc[changes, ["id", "label"]].assign(label_before=given[changes])
    return kept.reset_index(drop=True), notes


def _check_classes(run: Run, labels: Sequence[str | None], are_known: np.ndarray) -> None:
    """Raise DataError for labels (n,) of a list that the task does not have. are_known: (n,) bool."""
    strange = [label for label, is_fine in zip(labels, are_known, strict=True) if label and not is_fine]
    if strange:
        known = f"none of the classes {', '.join(run.classes[:8])}" if run.classes else "no label of the task"
        raise DataError(
            f"the list has the label '{strange[0]}', which is {known} ({len(strange):,} such labels); name the column "
            "of the corrected labels with --labels-from"
        )


def _saved(home: Path, run: Run, name: str, examples: pd.DataFrame, about: dict[str, Any]) -> ListSet:
    name = name[:60]
    for version in sets.versions(home, name):
        manifest = sets.load(home, name, version)[1]
        if (manifest.get("list") or {}).get("key") == about["key"]:
            return ListSet(name, version, manifest | {"list": about})  # the same examples, of another file perhaps
    manifest: dict[str, Any] = {
        "run": run.name,
        "run_fingerprint": run.fingerprint,
        **({UNSCORED: run.name} if run.info.get("status") == UNSCORED else {}),
        **{key: run.info.get(key) for key in ("parameters", "model", "data", "classes")},
        "made_by": "hem prove",
        "rule_in_words": _in_words(about),
        "corrected_labels": len(examples) if "label_before" in examples.columns else 0,
        "list": about,
    }
    folder = sets.save(home, name, examples, manifest)
    return ListSet(name, int(folder.name[1:]), sets.load(home, name, int(folder.name[1:]))[1])


def _in_words(about: Mapping[str, Any]) -> str:
    source = about["source"]
    tag = f", tag {about['tag']}" if about["tag"] else ""
    return f"{source.get('where') or source['path']}{tag}: {about['n']:,} of {about['n_entries']:,} entries"


def _stem(name: str) -> str:
    return as_name(Path(name).name.partition(".")[0]).lstrip("_-") or "list"


def as_name(text: str) -> str:
    """A text as the name of a folder or a set."""
    return re.sub(r"[^\w.-]+", "-", text).strip(".-")[:40] or "data"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a condition may be too long for the name of a file
        return False


def _digest(path: Path) -> str:
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*.json") if each.is_file())
    digest = hashlib.sha256()
    for each in files:
        digest.update(each.read_bytes())
    return digest.hexdigest()


def _text(value: Any) -> str | None:
    return None if value is None or value != value else str(value)


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
