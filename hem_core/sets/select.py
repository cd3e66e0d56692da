"""Choose a set out of a run, look at it, prove it, save it: one call each; without torch, so the app calls it too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.errors import DataError, RunError
from hem_core.selection.choose import Selection, choose
from hem_core.selection.options import columns as policy_columns
from hem_core.selection.policies.margin import uncertainty
from hem_core.selection.pool import Pool, pool_of
from hem_core.selection.verdicts_applied import EXCLUSIONS, HELD_OUT, WORDS, is_corrected
from hem_core.sets.box_corrections import box_corrections
from hem_core.sets.classes_of_rows import classes_of_rows, shares_of
from hem_core.sets.label_sets import state_of
from hem_core.sets.preview import Preview
from hem_core.sets.proof import Proof
from hem_core.sets.selected import Selected
from hem_core.store import sets
from hem_core.store.level import Level
from hem_core.store.level_names import noun
from hem_core.store.rule_text import describe
from hem_core.store.run import open_run
from hem_core.store.tagged import with_tags
from hem_core.store.workspace import open_workspace
from hem_core.tasks import of

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = ("margin", "per_class")
"""The chain where the training was recorded, so that `margin` goes by variability. Of 60,000 garments with 5% flipped
labels 500 chosen had .2% wrong ones, and a probe gained .41 points over random (.28 to .53)."""
UNRECORDED = ("stratified", "margin")
"""The chain otherwise: by top2_gap quotas would ask for the strangest of the easy classes (27% wrong labels, a loss of
.94 points), so the hardest tenth is set aside and the choice made among a sample of the rest (.2%, +.2, -.1 to .6)."""
READ = ("label", "split", "reason", "difficulty", "loss_oos", "loss", "duplicate_group")
"""Columns that choosing, weighing and looking need, besides those of the policies."""


def select(
    level: Level,
    *,
    n: int,
    policies: Sequence[str] | None = None,
    rule: Mapping[str, Any] | None = None,
    where: str | None = None,
    tags: pd.DataFrame | None = None,
    leave_out: Collection[str] = tuple(EXCLUSIONS),
    has_held_out: bool = False,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
) -> Selected:
    """Choose n of the rows of a level that match a rule and a typed condition, by a chain of policies.

    policies: by default `default_for` the level; rule and where: as in Level.query; tags: the level's tag state, by
    default that of the run's workspace; leave_out: verdicts that keep a row out; has_held_out: choose among the rows
    whose split is test or validation too; options: policy -> {option: value}, see selection/options.py.
    Raises HemError: n below 1, nothing matches, all that match are held out, no such policy or option, no column or
    embeddings that a policy needs, or neither the rows nor their parts have the classes that `per_class` goes by.
    """
    if n < 1:
        raise DataError(f"a set has 1 example or more; asked for {n}")
    policies = policies if policies is not None else default_for(level)
    classes = _classes(level) if "per_class" in policies else None
    state = tags if tags is not None else _tags_of(level)
    matching = level.query(rule, where=where, tags=state, columns=_columns(level, policies, options))
    if not len(matching):
        raise DataError(f"no example of the {level.n:,} matches {where or describe(rule)}; widen the condition")
    candidates = with_tags(matching, state)
    pool = _pool(level, candidates, classes)
    found = choose(pool, n, policies, options=options, seed=seed, leave_out=leave_out, has_held_out=has_held_out)
    _check_left(found, len(candidates), level)
    rows = candidates["row"].to_numpy()[found.rows]
    examples = with_tags(_read(level, rows), state).assign(
        weight=found.weights, rank=np.arange(1, len(rows) + 1), picked_by=", ".join(policies)
    )
    settings = {
        "n": n,
        "policies": list(policies),
        "options": found.options,
        "rule": dict(rule) if rule else None,
        "where": where,
        "leave_out": list(leave_out),
        "has_held_out": has_held_out,
        "seed": seed,
        "n_candidates": len(candidates),
        "in_words": _in_words(len(rows), policies, rule, where),
    }
    by_verdict = found.left_out.loc[found.left_out["why"].isin(list(WORDS.values())), "id"]
    candidates = candidates.assign(is_ruled_out=candidates["id"].isin(by_verdict.tolist()))
    return Selected(examples, found.left_out, found.counts, settings, candidates)


def default_for(level: Level) -> tuple[str, ...]:
    """The chain of policies that is taken for a level unless another one is asked for; safe where labels are wrong."""
    known = level.source.columns
    if "variability" in known and "label" in known:
        return DEFAULT
    if "difficulty" in known and uncertainty(known):
        return UNRECORDED
    return ("margin",) if uncertainty(known) else ("random",)


def save(
    workspace: Path | str,
    name: str,
    level: Level,
    selected: Selected,
    *,
    made_by: str,
    preview: Preview | None = None,
    proof: Proof | None = None,
) -> Path:
    """Keep the set as the next version of `name`, with what was left out; the manifest says how it was made.

    Returns the folder sets/<name>/v<k>. Raises DataError for a name that cannot be a folder, or an empty set.
    """
    examples, settings = selected.examples, selected.settings
    by_verdict = {words: selected.counts[words] for words in WORDS.values() if words in selected.counts}
    manifest = {
        "run": level.run,
        "run_fingerprint": level.fingerprint,
        **level.in_manifest(),
        **{key: level.info.get(key) for key in ("sample", "headline", "parameters", "model", "data", "classes")},
        "made_by": made_by,
        "rule": settings["rule"],
        "rule_in_words": settings["in_words"],
        "leave_out": settings["leave_out"],
        "excluded": by_verdict,
        "left_out": selected.counts,
        "corrected_labels": int(np.count_nonzero(is_corrected(examples))) if "label" in examples else 0,
        **_box_corrections(workspace, level, examples),
        "tag_revision": open_workspace(workspace).tags_to_read().revision(level.data),
        "selection": settings,
        "preview": preview and preview.facts(),
        "proof": proof and proof.facts(),
    }
    try:
        return sets.save(workspace, name, examples, manifest, left_out=selected.left_out)
    except OSError as error:
        raise DataError(
            f"set '{name}' cannot be saved in '{workspace}': {error.strerror or error}; nothing of it was kept: make "
            "room there, or take another workspace"
        ) from error


def _box_corrections(workspace: Path | str, level: Level, examples: pd.DataFrame) -> dict[str, Any]:
    """The entry of a manifest for corrected boxes; empty for a run without boxes."""
    found = box_corrections(open_run(level.folder), open_workspace(workspace).tags_to_read(), examples, level.name)
    return {"corrections": found} if found is not None else {}


def _check_left(found: Selection, n: int, level: Level) -> None:
    n_held_out = sum(found.counts.get(words, 0) for words in HELD_OUT.values())
    if n_held_out == n:
        raise DataError(
            f"all {n:,} {noun(level.name)} that match are of the test or validation split, which no training takes; "
            "choose among others, or add --with-held-out"
        )


def _columns(level: Level, policies: Sequence[str], options: Mapping[str, Mapping[str, Any]] | None) -> list[str]:
    """What choosing reads: the usual columns, and those of the policies and their options."""
    wanted = dict.fromkeys(("id", *READ, *policy_columns(policies, options)))
    return [name for name in wanted if name in level.source.columns]


def _read(level: Level, rows: np.ndarray) -> pd.DataFrame:
    """All columns of some rows, in their order."""
    # A long list of row numbers in SQL is slower than reading all.
    return level.at(rows) if len(rows) * 10 < level.n else level.table().iloc[rows].reset_index(drop=True)


def _embeddings(level: Level, rows: np.ndarray) -> np.ndarray | None:
    found = level.embeddings()
    return found if found is None or len(rows) == level.n else found[rows]


def _classes(level: Level) -> np.ndarray | None:
    """The classes that each row belongs to, for `per_class`; None where each has one, its label."""
    found = classes_of_rows(level)
    task = of(level.info)
    if found is None and "classes" not in task.offers:
        raise DataError(
            f"task '{task.name}' offers no classes, which the policy 'per_class' needs; choose 'stratified', which "
            "draws from every difficulty, or leave it out"
        )
    return found


def _pool(level: Level, candidates: pd.DataFrame, classes: np.ndarray | None) -> Pool:
    rows = candidates["row"].to_numpy()
    shares = _shares(level) if classes is None else shares_of(classes)
    return pool_of(
        candidates, _embeddings(level, rows), shares=shares, classes=None if classes is None else classes[rows]
    )


def _shares(level: Level) -> dict[str, float]:
    """Share of each label in the whole level, 0 .. 1."""
    if "label" not in level.source.columns:
        return {}
    counted = level.summarise("label, count(*) AS n", ["label"], tail="GROUP BY label")
    label = counted["label"].astype("object").where(counted["label"].notna(), "")
    return dict(zip(label, counted["n"] / counted["n"].sum(), strict=True))


def _in_words(n: int, policies: Sequence[str], rule: Mapping[str, Any] | None, where: str | None) -> str:
    conditions = [*([describe(rule)] if rule else []), *([where.strip()] if where and where.strip() else [])]
    return f"{n:,} by {', then '.join(policies)} of {' · '.join(conditions) or 'everything'}"


def _tags_of(level: Level) -> pd.DataFrame:
    import pandas as pd

    try:
        workspace = open_workspace(level.folder)
    except RunError:  # a run outside of a workspace has no tags
        return pd.DataFrame(columns=["id", "tag", "value", "who", "at"])
    return state_of(level, workspace.tags_to_read())
