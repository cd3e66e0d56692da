"""Labels that hold several values in sets and exports: how they are written, and single tags that people put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hem_core.export._label_numbers import LabelNumbers
from hem_core.export._label_sets import LabelSets
from hem_core.store.level_names import EXAMPLES
from hem_core.tag_sets import NONE
from hem_core.tasks import HasSeveralNumbers, Task, TogglesTags, of

if TYPE_CHECKING:
    import pandas as pd

    from hem_core.store.level import Level
    from hem_core.store.run import Run
    from hem_core.store.tags import TagLog


def label_sets(run: Run | None, level: str = EXAMPLES) -> LabelSets | LabelNumbers | None:
    """How the labels of a run's examples are written; None where a label is one value, and for other levels."""
    return sets_of_labels(of(run.info)) if run is not None and level == EXAMPLES else None


def sets_of_labels(task: Task) -> LabelSets | LabelNumbers | None:
    """How the labels of a task are written; None where a label is one value."""
    if isinstance(task, TogglesTags):
        return LabelSets(tuple(task.output_names), task.separator, task.is_listed)
    if isinstance(task, HasSeveralNumbers) and task.output_names:
        return LabelNumbers(tuple(task.output_names))
    return None


def state_of(level: Level, log: TagLog) -> pd.DataFrame:
    """The tags of a level's rows, as `TagLog.state` gives them.

    On examples whose labels are sets, the single tags that people judged wrong on their own level are put right too, as
    a corrected label of the example. Where people judged the whole set later, their word stands.
    """
    own = log.level(level.name).state(level.data)
    task = of(level.info)
    if (
        not isinstance(task, TogglesTags)
        or level.name != EXAMPLES
        or task.toggles not in (level.info.get("levels") or ())
    ):
        return own
    parts = log.level(task.toggles).state(level.data)
    wrong = parts.loc[(parts["tag"] == "mislabelled") & (parts["value"] != ""), :]
    return _with_parts(level, task, own, wrong) if len(wrong) else own


def _with_parts(level: Level, task: TogglesTags, own: pd.DataFrame, wrong: pd.DataFrame) -> pd.DataFrame:
    """The state with a corrected label for every example that has a wrong tag. wrong: the verdicts on these tags."""
    import pandas as pd

    given = level.table(["id", "given"]).set_index("id")["given"]
    said = (
        own.loc[own["tag"].isin(("right", "mislabelled", "hard")), :].drop_duplicates("id", keep="last").set_index("id")
    )
    names = task.output_names
    changes: dict[str, list[tuple[str, bool, pd.Series]]] = {}
    for _, row in wrong.sort_values("at", kind="stable").iterrows():
        example, mark, number = str(row["id"]).rpartition("#")
        is_known = bool(mark) and example in given.index and number.isdecimal() and int(number) < len(names)
        if is_known and not (example in said.index and said.loc[example, "at"] > row["at"]):
            changes.setdefault(example, []).append((names[int(number)], str(row["value"]) != NONE, row))
    rows = []
    for example, tags in changes.items():
        is_corrected = (
            example in said.index and said.loc[example, "tag"] == "mislabelled" and said.loc[example, "value"]
        )
        before = str(said.loc[example, "value"]) if is_corrected else given[example]
        text = task.with_parts(before if isinstance(before, str) else None, [(name, has) for name, has, _row in tags])
        rows.append({**tags[-1][2].to_dict(), "id": example, "value": text or ""})
    is_replaced = own["id"].isin(list(changes)) & own["tag"].isin(("right", "mislabelled"))
    return pd.concat([own.loc[~is_replaced, :], pd.DataFrame(rows, columns=own.columns)], ignore_index=True)
