"""Generation: a text of which a language model predicts every token.

`hem score recording/examples.parquet --task generation --dynamics recording --in-sample --out work/runs/sft`

The table is what `hem_core.dynamics.tokens` writes while TRL's SFTTrainer, or the Trainer of transformers, trains a
causal language model; any other with these columns does: `id`, `text`, `label` (how many tokens of it are trained on),
and of these tokens `token_loss_mean` and `token_loss_worst` (−log p of the text's own token, in nats) and
`tokens_right` (how many of them are the model's first choice). Further columns, such as `worst_token`, become filters.

`loss` is the mean over the tokens, `error` the share of tokens that are not the model's first choice, so that a text
counts as wrong from half of them on. There is no model to run here: the losses are those of the training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError, ModelError
from hem_core.tasks._contract import NOT_FINITE, Column, Figure, Metric, ModelFacts, Offer, TargetOptions, Targets
from hem_core.types import Outputs

if TYPE_CHECKING:
    from torch import Tensor

COLUMNS = ("token_loss_mean", "token_loss_worst", "tokens_right")
"""The raw output of an example, (N, 3)."""
CONCENTRATED = 0.5
"""Share of the whole loss from which one token is the reason."""
LENGTHS = (8, 32, 128, 512)
"""Tokens: the bounds of the strata."""


@dataclass(frozen=True)
class Task:
    """See `hem_core.tasks.Task`. A raw output is (N, 3), see COLUMNS; a value is a number of tokens, float32."""

    name: str = "generation"
    title: str = "generation: every token of a text"
    offers: frozenset[Offer] = frozenset({"training dynamics"})
    figures: tuple[Figure, ...] = ("errors",)
    spoils: tuple[str, ...] = ()
    prediction_columns: str = f"the columns {', '.join(COLUMNS)} (hem_core.dynamics.tokens writes them)"

    @property
    def reasons(self) -> Mapping[str, str]:
        """Where the loss of a text lies."""
        return {
            "one token": "half of the loss or more is that of a single token",
            "many tokens": "the loss is spread over the text, and half of its tokens or more are not the first choice",
            "easy": "most tokens are the model's first choice, and no single one has the loss",
        }

    @property
    def column_words(self) -> Mapping[str, tuple[str, str]]:
        """Titles and units of its columns."""
        worst = {"worst_token_loss": ("loss of the worst token", "nats")}
        return {"loss": ("mean loss of the tokens", "nats"), "n_tokens": ("tokens", ""), **worst}

    def read_targets(
        self, catalog: pa.Table, facts: Mapping[str, Any], model: ModelFacts, options: TargetOptions
    ) -> Targets:
        """How many tokens of each text are trained on."""
        values = self.targets_for(catalog, facts, ())
        bad = dict.fromkeys(np.flatnonzero(np.isnan(values)).tolist(), "its label is no number of tokens above 0")
        return Targets(values, bad, (), dict(facts))

    def targets_for(
        self, catalog: pa.Table, facts: Mapping[str, Any], classes: Sequence[str], *, labels_are: str | None = None
    ) -> np.ndarray:
        """(N,) float32, NaN where it is not known."""
        return self.encode(catalog["label"].to_pylist(), classes)

    def encode(self, labels: Sequence[str | None], classes: Sequence[str]) -> np.ndarray:
        """Whole numbers above 0."""
        is_count = [label is not None and str(label).isdecimal() and int(label) > 0 for label in labels]
        return np.array(
            [float(label or 0) if fits else np.nan for label, fits in zip(labels, is_count, strict=True)], np.float32
        )

    def written(self, values: np.ndarray, classes: Sequence[str]) -> list[str | None]:
        """As whole numbers."""
        return [None if np.isnan(value) else str(round(value)) for value in values.tolist()]

    def width(self, classes: Sequence[str]) -> int:
        """3."""
        return len(COLUMNS)

    def raw_in(self, catalog: pa.Table, facts: Mapping[str, Any]) -> np.ndarray | None:
        """(N, 3) float32 in COLUMNS; None where one is missing. Raises DataError where one holds no numbers."""
        if not set(COLUMNS) <= set(catalog.column_names):
            return None
        try:
            columns = [catalog[name].cast(pa.float32()).to_numpy() for name in COLUMNS]
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(f"the columns {', '.join(COLUMNS)} must hold numbers: {error}") from error
        return np.stack(columns, axis=1).astype(np.float32)

    def raw(self, output: Any) -> Tensor:
        """(N, 3) as it is. Raises ModelError for what a language model returns: it is not run here."""
        import torch

        if not isinstance(output, torch.Tensor) or output.ndim != 2 or output.shape[1] != len(COLUMNS):
            raise ModelError(
                "generation runs no model: record its training with hem_core.dynamics.tokens, and score "
                "recording/examples.parquet without --model"
            )
        return output.float()

    def problems(self, raw: Tensor, targets: Tensor) -> dict[int, str]:
        """Rows with a loss that is no number."""
        return dict.fromkeys((~raw.isfinite()).any(dim=1).nonzero()[:, 0].tolist(), NOT_FINITE)

    def finite(self, raw: Tensor) -> Tensor:
        """As it is."""
        return raw

    def fields(self, raw: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """`targets` (N,), and `loss` (N,), the mean over the tokens, in nats."""
        return {"targets": targets, "loss": raw[:, 0]}

    def describe(self, raw: Tensor, outputs: Outputs) -> dict[str, Column]:
        """`error`, `n_tokens`, `n_right_tokens` and `worst_token_loss` in nats."""
        assert outputs.targets is not None
        counts = outputs.targets.float()
        error = (1 - raw[:, 2] / counts).clamp(0, 1)
        return {"error": error, "n_tokens": counts, "n_right_tokens": raw[:, 2], "worst_token_loss": raw[:, 1]}

    def predicted(self, raw: np.ndarray) -> np.ndarray:
        """How many tokens are the first choice."""
        return raw[:, 2]

    def errors(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The share of tokens that are not the first choice."""
        return np.clip(1 - raw[:, 2].astype(np.float64) / targets, 0, 1)

    def table(self, columns: Mapping[str, np.ndarray], classes: Sequence[str]) -> dict[str, pa.Array]:
        """`given`: how many tokens, `predicted`: how many of them are the first choice."""
        given = pa.array(self.written(columns["target"], classes), pa.string())
        right = pa.array(self.written(columns["n_right_tokens"], classes), pa.string())
        return {"label": given, "given": given, "predicted": right}

    def parts(self, columns: Mapping[str, np.ndarray], ids: Sequence[str]) -> None:
        """None."""

    def metrics(self, level: Mapping[str, Any]) -> list[Metric]:
        """Of all tokens: the share of first choices, and the mean loss; nothing where the tokens were not counted."""
        if "n_tokens" not in level or not len(level["n_tokens"]):
            return []
        counts, right = (np.asarray(level[name], np.float64) for name in ("n_tokens", "n_right_tokens"))
        found = [Metric("token accuracy", float(np.clip(right.sum() / counts.sum(), 0, 1)), n=int(counts.sum()))]
        if "loss" in level:
            loss = float(np.average(np.asarray(level["loss"], np.float64), weights=counts))
            n = int(counts.sum())
            found.append(Metric("mean loss of a token", loss, higher_is_better=False, n=n, unit="nats"))
        return found

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """By length."""
        return np.where(np.isnan(targets), -1, np.digitize(targets, LENGTHS)).astype(np.int64)

    def explain(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Whether one token has the loss of a text, or many."""
        worst, mean = columns["worst_token_loss"], columns["loss"]
        share = np.divide(worst, mean * columns["n_tokens"], out=np.zeros_like(worst), where=mean > 0)
        is_one = (share >= CONCENTRATED) & (columns["n_tokens"] > 1)
        reason = np.where(is_one, "one token", np.where(columns["error"] >= CONCENTRATED, "many tokens", "easy"))
        evidence = [f"worst token {high:.2f} nats, mean {low:.2f}" for high, low in zip(worst, mean, strict=True)]
        return {"reason": reason.astype(object), "evidence": np.array(evidence, object)}

    def sample(self) -> tuple[pa.Table, Mapping[str, Any]]:
        """Twelve texts of several lengths, and one whose length is not known."""
        labels = [*(str(1 + 3 * row) for row in range(12)), None]
        return pa.table({"id": [f"text-{row}" for row in range(13)], "label": pa.array(labels, pa.string())}), {}
