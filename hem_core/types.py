"""What passes between the rooms: frozen tables of tensors with N first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Outputs:
    """The known facts about N examples when they are scored; a field that is None is not known.

    The fields are the vocabulary of the scores: a score's parameters are field names.
    Raises ValueError when a field's first dimension is not N = len(ids).
    """

    ids: Sequence[str]
    """N ids, the only key."""
    logits: Tensor | None = None
    """(N, K) float32, before softmax."""
    targets: Tensor | None = None
    """(N,) int64 in [0, K): the given label."""
    loss: Tensor | None = None
    """(N,) float32: the task's loss, one per example."""
    embeddings: Tensor | None = None
    """(N, D) float32."""
    head_input_norm: Tensor | None = None
    """(N,) length of the last linear layer's input, the constant 1 of its bias included."""
    prototypes: Tensor | None = None
    """(N, D) mean embedding of the class that each example is labelled as."""
    neighbour_targets: Tensor | None = None
    """(N, k) int64: the labels of the k nearest other examples."""
    neighbour_distances: Tensor | None = None
    """(N, k) float32 in 0 .. 2: cosine distances to them, ascending."""
    epoch_confidences: Tensor | None = None
    """(N, E) probability of the given label in each epoch; NaN where it was not seen."""
    epoch_margins: Tensor | None = None
    """(N, E) largest other logit minus the given label's logit; NaN where it was not seen."""
    epoch_hits: Tensor | None = None
    """(N, E) float: 1 where the prediction was the label, 0 where not, NaN where it was not seen."""
    epoch_losses: Tensor | None = None
    """(N, E) the loss in each epoch, where it was recorded; NaN where it was not seen."""

    gradient_norm: Tensor | None = None
    """(N,) float32: length of the loss gradient of each example over the whole network."""
    member_confidences: Tensor | None = None
    """(N, M) probability of the given label by each of M runs or seeds; NaN where a run does not know it."""

    def __post_init__(self) -> None:
        for name in self.present():
            length = getattr(self, name).shape[0]
            if length != len(self.ids):
                raise ValueError(f"'{name}' has {length} rows; there are {len(self.ids)} ids")

    def present(self) -> list[str]:
        """Names of the tensor fields that are present, in the order of this class."""
        tensors = [field.name for field in fields(self) if field.name != "ids"]
        return [name for name in tensors if getattr(self, name) is not None]


@dataclass(frozen=True)
class Metric:
    """One number that says how good the predictions of N examples are."""

    name: str
    """Its name, such as "accuracy"."""
    value: float
    """In `unit`; for "share" 0 .. 1."""
    low: float | None = None
    """Lower end of the 95% interval; None when it is not known."""
    high: float | None = None
    higher_is_better: bool = True
    n: int | None = None
    """The number of examples that it is measured on; None when it is not known."""
    unit: str = "share"
    """"share" is printed in percent; another unit is printed behind the number; "" for none."""

    def __str__(self) -> str:
        """The value as people read it: `88.4%`, `0.412 nats`."""
        if self.unit == "share":
            return f"{self.value:.1%}"
        return f"{self.value:.4g} {self.unit}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """As it is kept in run.json."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class StoredAnswers:
    """What a run has on disk of the answers of its model."""

    ids: tuple[str, ...]
    """N ids of the scored examples, in the order of the level `examples`."""
    catalog: pa.Table
    """Their N rows of the catalog."""
    of_shards: Mapping[str, np.ndarray]
    """Columns (N, …) that only the shards hold; {} where the shards are gone."""
    settings: Mapping[str, Any]
    """`task_settings` of run.json."""
