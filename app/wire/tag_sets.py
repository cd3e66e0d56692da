"""The tags of an example for Review, where labels are sets: their states, and the verdict that a confirmed set is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app import loaders
from app.wire.door import Refused
from hem_core.errors import DataError
from hem_core.store.level_names import EXAMPLES
from hem_core.tasks import TogglesTags

if TYPE_CHECKING:
    from hem_core.store.level import Level

NO_BLIND = "A single tag is named in its question, so that it cannot be judged blind; switch to examples for that."
COLUMNS = ("tag_given", "tag_probs")


def toggled(level: Level) -> TogglesTags | None:
    """The task of a level whose examples have tags, or whose rows are tags; None for all others."""
    task = loaders.task(level)
    return task if isinstance(task, TogglesTags) and level.name in (EXAMPLES, task.toggles) else None


def for_page(level: Level) -> dict[str, Any]:
    """What Review is told: `tag_names` of examples with tags; `has_choices` and `no_blind`, why not blind, of tags;
    {} elsewhere."""
    task = toggled(level)
    if task is None:
        return {}
    return (
        {"tag_names": list(task.output_names)}
        if level.name == EXAMPLES
        else {"has_choices": True, "no_blind": NO_BLIND}
    )


def items(level: Level, rows: Sequence[int]) -> list[dict[str, Any]]:
    """For each row `tags`, and `said_tags` where somebody corrected the set; or its `choices`; {} elsewhere."""
    task = toggled(level)
    if task is None or not len(rows):
        return [{} for _row in rows]
    if level.name != EXAMPLES:
        return [{"choices": [asdict(each) for each in task.tag_choices(part)]} for part in level.records(rows)]
    verdicts = loaders.verdicts(level)
    found = []
    for example in level.records(rows, ["id", *COLUMNS]):
        item: dict[str, Any] = {"tags": [asdict(each) for each in task.tag_states(example)]}
        value = verdicts["value"].get(str(example["id"]))
        if value:
            item["said_tags"] = [{"name": name, "given": state} for name, state in task.said(str(value)).items()]
        found.append(item)
    return found


def verdict(level: Level, row: int, value: object) -> dict[str, str]:
    """The verdict, as tag and value, that a confirmed set is on an example. value: {"yes": names, "unknown": names}.

    Raises Refused for anything else.
    """
    task = toggled(level)
    if task is None or level.name != EXAMPLES:
        raise Refused(400, f"the {level.name} of run '{level.run}' have no sets of tags")
    try:
        asked = json.loads(str(value))
        text = task.set_text([str(name) for name in asked["yes"]], [str(name) for name in asked["unknown"]])
    except (ValueError, KeyError, TypeError, DataError) as error:
        raise Refused(400, f"'value' must name the tags of the set: {error}") from error
    given = level.at([row], ["given"])["given"].iloc[0]
    return {"tag": "right", "value": ""} if text == given else {"tag": "mislabelled", "value": text}
