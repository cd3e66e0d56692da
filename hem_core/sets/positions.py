"""Do the positions of a set still mean the same rows of a data set?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.utils.data import Subset, TensorDataset

from hem_core.errors import DataError

MOST_READ = 64
"""Items read for their target, evenly over the set, where the data set does not tell its targets at once."""
LEAST_AGREEMENT = 0.8


def check_positions(
    dataset: Any,
    rows: Sequence[int],
    ids: Sequence[str],
    labels: Sequence[tuple[str | None, str | None]],
    classes: Sequence[str],
) -> None:
    """Raise DataError where the targets at these rows are neither the set's labels before nor after correction.

    rows, ids and labels (before, after) are in the set's order; classes: names by index, may be empty.
    """
    known = [k for k, pair in enumerate(labels) if any(pair)]
    targets = _targets(dataset)
    if targets is None:
        known = known[:: -(-len(known) // MOST_READ)] if known else []
    found = [_name(targets[rows[k]] if targets is not None else dataset[rows[k]][1], classes) for k in known]
    compared = [(k, name) for k, name in zip(known, found, strict=True) if name is not None]
    wrong = [(k, name) for k, name in compared if name not in labels[k]]
    if len(wrong) <= (1 - LEAST_AGREEMENT) * len(compared):
        return
    k, name = wrong[0]
    raise DataError(
        f"{len(wrong):,} of {len(compared):,} examples of the set have another label in the data set, such as id "
        f"'{ids[k]}': '{labels[k][0]}' in the set, '{name}' here; these ids are positions, and the rows were reordered "
        "or the data set is another: give the data set that was scored, or one with its ids in the attribute 'ids'"
    )


def _targets(dataset: Any) -> Sequence[Any] | None:
    """The targets that a data set tells at once: its `targets`, or the second tensor; None where it does not."""
    if isinstance(dataset, Subset):
        parent = _targets(dataset.dataset)
        return None if parent is None else [parent[index] for index in dataset.indices]
    if isinstance(dataset, TensorDataset):
        return dataset.tensors[1].tolist() if len(dataset.tensors) > 1 and dataset.tensors[1].ndim == 1 else None
    targets = getattr(dataset, "targets", None)
    return targets if targets is not None and len(targets) == len(dataset) else None


def _name(target: Any, classes: Sequence[str]) -> str | None:
    """The class name of a target; None where it is neither a name nor an index of one."""
    if isinstance(target, str):
        return target
    if isinstance(target, Tensor) and target.numel() != 1:
        return None
    try:
        index = int(target)
    except (TypeError, ValueError):
        return None
    if not classes:
        return str(index)
    return classes[index] if 0 <= index < len(classes) else None
