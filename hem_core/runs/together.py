"""Two runs over the same examples, by measures that need all of them together, such as average precision."""

from __future__ import annotations

import numpy as np

from hem_core.errors import DataError
from hem_core.stats.paired import RESAMPLES, Paired
from hem_core.store.run import Run
from hem_core.store.stored_answers import stored_answers
from hem_core.tasks import MeasuresTogether, of


def together(before: Run, after: Run, *, ids: set[str] | None = None, n_resamples: int = RESAMPLES) -> Paired | None:
    """The measures of both runs on the examples that both have, with a bootstrap over these examples in pairs.

    ids: only these examples. None for a task whose quality is the mean over its examples.
    Raises DataError when the runs share no example, or are of other classes.
    """
    task = of(after.info)
    if not isinstance(task, MeasuresTogether) or not isinstance(of(before.info), MeasuresTogether):
        return None
    stored = [stored_answers(run, task.of_shards) for run in (before, after)]
    place = {id: row for row, id in enumerate(stored[0].ids)}
    pairs = [(place[id], row) for row, id in enumerate(stored[1].ids) if id in place and (ids is None or id in ids)]
    if not pairs:
        raise DataError(f"runs '{before.name}' and '{after.name}' share no example; compare runs over the same data")
    rows = np.array(pairs, np.int64).T
    return task.measured_together([task.answers_in(each) for each in stored], list(rows), n_resamples=n_resamples)
