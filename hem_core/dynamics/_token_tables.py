"""The tokens of the last epoch as two tables in a recorder's folder: one to score, one with every token."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from hem_core.dynamics.recorder import Recorder
from hem_core.dynamics.table import read_parquet, write_parquet

HARDEST = 5
"""Tokens that examples.parquet names."""


class _Text(NamedTuple):
    """The tokens of a text that are trained on, (L,) each."""

    tokens: np.ndarray
    losses: np.ndarray
    is_right: np.ndarray


class TokenTables:
    """Collects the texts of an epoch, and writes them."""

    def __init__(self, recorder: Recorder, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._rank = "" if recorder.n_ranks == 1 else f"-rank-{recorder.rank}-of-{recorder.n_ranks}"
        self._folder = recorder.path
        self._texts: dict[str, _Text] = {}
        self._words: dict[str, str] = {}

    def add(self, id: str, whole: list[int], tokens: np.ndarray, losses: np.ndarray, is_right: np.ndarray) -> None:
        """A text. whole: all of its tokens; tokens, losses (nats) and is_right (L,) of those that are trained on."""
        self._words.setdefault(id, self._read(whole))
        self._texts[id] = _Text(tokens.astype(np.int32), losses.astype(np.float32), is_right.astype(bool))

    def write(self) -> None:
        """Both tables; what they say of texts that were not in this epoch stays."""
        if not self._texts:
            return
        self._update("examples", pa.Table.from_pylist([self._row(id, text) for id, text in self._texts.items()]))
        lists = {
            "id": pa.array(self._texts),
            "token_ids": pa.array([text.tokens for text in self._texts.values()], pa.list_(pa.int32())),
            "token_losses": pa.array([text.losses for text in self._texts.values()], pa.list_(pa.float32())),
            "is_right": pa.array([text.is_right for text in self._texts.values()], pa.list_(pa.bool_())),
        }
        self._update("tokens", pa.table(lists))
        self._texts.clear()

    def _row(self, id: str, text: _Text) -> dict[str, Any]:
        hardest = np.argsort(-text.losses, kind="stable")[:HARDEST].tolist()
        worst = hardest[0]
        return {
            "id": id,
            "text": self._words[id],
            "label": len(text.tokens),
            "token_loss_mean": float(text.losses.mean()),
            "token_loss_worst": float(text.losses[worst]),
            "tokens_right": int(text.is_right.sum()),
            "worst_token": self._read([int(text.tokens[worst])]),
            "worst_token_id": int(text.tokens[worst]),
            "worst_token_place": worst,
            "hardest_token_ids": " ".join(str(text.tokens[place]) for place in hardest),
        }

    def _read(self, tokens: list[int]) -> str:
        """Words, where there is a tokenizer, else the numbers."""
        if not hasattr(self.tokenizer, "decode"):
            return " ".join(map(str, tokens))
        return self.tokenizer.decode(tokens, skip_special_tokens=len(tokens) > 1)

    def _update(self, name: str, table: pa.Table) -> Path:
        path = self._folder / f"{name}{self._rank}.parquet"
        if path.is_file():
            old = read_parquet(path)
            is_gone = ~np.isin(old["id"].to_numpy(), table["id"].to_numpy())
            table = pa.concat_tables([old.filter(pa.array(is_gone)), table])
        return write_parquet(table.sort_by("id"), path)
