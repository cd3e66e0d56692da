"""Parts of two runs side by side: those that a model predicted have no id in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hem_core.store.level_names import EXAMPLES
from hem_core.tasks import MatchesParts, Task, of

if TYPE_CHECKING:
    from hem_core.store.level import Level

NOTHING = "none"
"""The label of a part where nothing is given."""
Tables = tuple[pd.DataFrame, pd.DataFrame]


def matcher(level: Level) -> MatchesParts | None:
    """The task of a level of parts that says which parts of two runs are the same; None where ids say it."""
    if level.is_examples:
        return None
    task: Task = of(level.info)
    return task if isinstance(task, MatchesParts) else None


def side_by_side(task: MatchesParts, levels: tuple[Level, Level], tables: Tables) -> Tables:
    """Both tables, before and after, with an id in common for every part of the examples that both runs have.

    A part that one run alone predicted is in the table of the other too: as nothing, with error 0, at row -1. A given
    part that one run alone has stays out of the other's table. Added are `outcome` and, before, `id_before`.
    """
    own_columns = [level.table(list(dict.fromkeys([*task.part_columns, task.outcome]))) for level in levels]
    pairs = np.array(task.same_parts(*map(_arrays, own_columns)), np.int64).reshape(-1, 2)
    before, after = (
        table.assign(outcome=own[task.outcome].replace(dict(task.outcomes)), label=table["label"].fillna(NOTHING))
        for table, own in zip(tables, own_columns, strict=True)
    )
    before["id_before"] = before["id"]
    before["id"] = _keys(own_columns, pairs)
    gone, new = (_alone(own_columns[side], pairs[:, side], _examples(levels[1 - side])) for side in (0, 1))
    return _with_nothing(before, after.loc[new, :]), _with_nothing(after, before.loc[gone, :])


def _arrays(table: pd.DataFrame) -> dict[str, np.ndarray]:
    return {str(name): table[name].to_numpy(object) for name in table}


def _keys(known: list[pd.DataFrame], pairs: np.ndarray) -> np.ndarray:
    """The ids before as the run after has them; a part that it did not predict gets one that it cannot have."""
    before, after = (table["id"].to_numpy(object) for table in known)
    keys = np.where(known[0]["given"].isna(), before + " (before)", before)
    keys[pairs[:, 0]] = after[pairs[:, 1]]
    return keys


def _examples(level: Level) -> list[str]:
    """The ids of all examples of a run, those without parts included."""
    return replace(level, name=EXAMPLES).table(["id"])["id"].tolist()


def _alone(own: pd.DataFrame, paired: np.ndarray, others: list[str]) -> np.ndarray:
    """(n,) bool: parts that this run alone predicted, in examples that the other run has too."""
    is_alone = (own["given"].isna() & own["example"].isin(others)).to_numpy().copy()
    is_alone[paired] = False
    return is_alone


def _with_nothing(table: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The table with a row for each part that the other run alone predicted."""
    nothing = others.loc[:, ["id", "label"]].assign(error=0.0, row=-1).reindex(columns=table.columns)
    return pd.concat([table, nothing.astype(table.dtypes.to_dict(), errors="ignore")], ignore_index=True)
