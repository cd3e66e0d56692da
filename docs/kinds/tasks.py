"""A page a task."""

from __future__ import annotations

import hem_core.tasks
from kinds._source import whole_files, wordless_files

TITLE = "Tasks"
INTRO = "What a model predicts, and so what an error is."


def pages() -> dict[str, str]:
    return whole_files(hem_core.tasks)


def missing() -> list[str]:
    return wordless_files(hem_core.tasks, "task")
