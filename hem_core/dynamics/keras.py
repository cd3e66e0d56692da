"""Record a training that Keras 3 runs, whichever its backend; Keras is no dependency of HEM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError, HemError

try:
    from keras.callbacks import Callback  # pyright: ignore[reportMissingImports]
except ImportError as error:
    raise HemError("RecorderCallback needs Keras 3: pip install keras, and set KERAS_BACKEND=torch") from error


class RecorderCallback(Callback):
    """Records what the model makes of every training example after each epoch.

        model.fit(x, y, epochs=10, callbacks=[RecorderCallback("dynamics", x, y, ids)])

    x: N examples as `model.predict` takes them, the arrays of the training; y (N,) integer classes, or (N, K) with one
    1 in each row; ids N strings or integers; recorder: a Recorder, or its folder. Callbacks see neither batches nor
    predictions, so each epoch costs one more forward pass over x, without dropout and with the same weights for all.
    from_logits: whether the model's output comes before its softmax or sigmoid; None reads it from the loss that the
    model is compiled with, where a name such as "sparse_categorical_crossentropy" means probabilities. A single output
    is that of the second of two classes. `fit(initial_epoch=…)` keeps the numbers of the epochs.
    Raises DataError for shapes that do not fit, and where neither the loss nor `from_logits` says what the outputs are.
    """

    def __init__(
        self,
        recorder: Recorder | str | Path,
        x: Any,
        y: Any,
        ids: Sequence[str] | Sequence[int] | NDArray[np.integer],
        *,
        from_logits: bool | None = None,
        batch_size: int | None = None,
    ) -> None:
        super().__init__()
        self.recorder = recorder if isinstance(recorder, Recorder) else Recorder(recorder)
        self.x, self.ids, self.from_logits, self.batch_size = x, ids, from_logits, batch_size
        self.targets = _classes(np.asarray(y), len(ids))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        model: Any = self.model
        output = model.predict(self.x, batch_size=self.batch_size, verbose=0)
        are_logits = _are_logits(model.loss) if self.from_logits is None else self.from_logits
        logits = _two_columns(np.asarray(output, np.float32), are_logits=are_logits)
        with self.recorder.epoch(epoch):
            self.recorder.log(self.ids, torch.from_numpy(logits), self.targets)


def _classes(y: NDArray[Any], n: int) -> torch.Tensor:
    """(n,) class indices of (n,), (n, 1) or one-hot (n, K)."""
    rows = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    classes = rows.argmax(axis=1) if rows.ndim == 2 else rows.astype(np.int64)
    is_exact = (rows == np.eye(rows.shape[1])[classes]).all() if rows.ndim == 2 else (rows == classes).all()
    if classes.shape != (n,) or not is_exact:
        raise DataError(
            f"y must be ({n},) integer classes or ({n}, K) with one 1 in each row, for {n} ids; it is {y.shape} "
            f"{y.dtype}"
        )
    return torch.from_numpy(np.ascontiguousarray(classes))


def _are_logits(loss: Any) -> bool:
    """What the loss of a compiled model says of the outputs."""
    if isinstance(loss, str) and loss.endswith("crossentropy"):
        return False
    settings = getattr(loss, "get_config", dict)()
    if "from_logits" not in settings:
        raise DataError(
            f"the loss {loss!r} does not say whether the model's outputs are logits or probabilities; say it: "
            "RecorderCallback(…, from_logits=True)"
        )
    return bool(settings["from_logits"])


def _two_columns(output: NDArray[np.float32], *, are_logits: bool) -> NDArray[np.float32]:
    """(N, K) logits, K >= 2, of outputs (N, K), or (N, 1) of the second of two classes."""
    if output.ndim != 2:
        raise DataError(f"the model must have one output of classes, (N, K); it gives {output.shape}")
    tiny = np.finfo(np.float32).tiny
    if output.shape[1] > 1:
        return output if are_logits else np.log(np.maximum(output, tiny))
    if are_logits:
        return np.hstack([np.zeros_like(output), output])
    return np.log(np.maximum(np.hstack([1 - output, output]), tiny))
