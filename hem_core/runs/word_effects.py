"""Which words of a text drive its loss: the model predicts the text again without each word in turn."""

from __future__ import annotations

import json
import re

import numpy as np
import torch

from hem_core.engine.batch import Inputs
from hem_core.engine.network import Network
from hem_core.engine.progress import Progress

TEXTS = 2_000
"""Only the hardest texts get marks, since a text of W words costs W more forward passes."""
WORDS = 40
"""Words of a longer text that are tried, from its beginning."""
BATCH = 256
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def word_effects(network: Network, texts: list[str], targets: np.ndarray) -> list[str]:
    """Marks of each text as JSON: [[start, end, weight], …] in characters; weight in -1 .. 1, above 0 = without the
    word the loss would be lower. A weight is the change of the loss over the largest in that text.

    texts N; targets (N,) int64. Words beyond the first `WORDS` are not tried; a text of one word has no marks.
    Reference: leave-one-out, Li et al. 2016, arXiv:1612.08220.
    """
    spans = [[match.span() for match in _WORD.finditer(text)][:WORDS] for text in texts]
    variants = [(row, text[:start] + text[end:]) for row, text in enumerate(texts) for start, end in spans[row]]
    variants = [(row, text if text.strip() else texts[row]) for row, text in variants]
    whole = _losses(network, texts, targets)
    without = _losses(network, [text for _row, text in variants], targets[[row for row, _text in variants]])
    marks, at = [], 0
    for row, words in enumerate(spans):
        drops = whole[row] - without[at : at + len(words)]
        at += len(words)
        most = np.abs(drops).max(initial=0)
        is_told = len(words) > 1 and most > 1e-6
        weights = np.round(drops / most, 3).tolist() if is_told else []
        marks.append(json.dumps([[*span, weight] for span, weight in zip(words, weights, strict=False)]))
    return marks


def of_the_hardest(
    network: Network, inputs: Inputs, columns: dict[str, np.ndarray], progress: Progress, *, most: int = TEXTS
) -> np.ndarray:
    """(N,) `marks` of the `most` rows that are hardest or whose label is most suspicious; None for the others.

    columns: `index`, `target`, `difficulty` and `label_suspicion`, each (N,).
    """
    worst = np.fmax(columns["difficulty"], columns["label_suspicion"])
    rows = np.argsort(-np.nan_to_num(worst, nan=-1), kind="stable")[:most]
    marks = np.full(len(worst), None, dtype=object)
    with progress.stage("words", len(rows)) as report:
        for start in range(0, len(rows), 64):
            part = np.sort(rows[start : start + 64])
            batch = inputs.read(columns["index"][part].tolist())
            assert isinstance(batch.values, list)
            marks[part] = word_effects(network, batch.values, columns["target"][part])
            report(start + len(part))
    return marks


@torch.inference_mode()
def _losses(network: Network, texts: list[str], targets: np.ndarray) -> np.ndarray:
    losses = []
    for start in range(0, len(texts), BATCH):
        raw, _features = network.forward(texts[start : start + BATCH])
        wanted = torch.as_tensor(targets[start : start + BATCH], device=raw.device)
        losses.append(network.task.fields(raw, wanted)["loss"].cpu().numpy())
    return np.concatenate(losses) if losses else np.empty(0, np.float32)
