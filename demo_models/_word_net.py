"""A net that reads texts without a vocabulary: words, pairs of words and pieces of words, hashed into one table."""

from __future__ import annotations

import itertools
import re
import zlib

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

N_BUCKETS = 2**13
MOST_PARTS = 400
"""Of a long text only so many are read, the words first."""
PIECE = 4


def parts(text: str) -> list[str]:
    """Words and signs of a text in lower case, pairs of neighbours, and the pieces of four letters of longer words."""
    words = re.findall(r"[a-z']+|[0-9]|[^\sa-z0-9]", text.lower())
    pairs = [f"{one} {other}" for one, other in itertools.pairwise(words)]
    framed = [f"<{word}>" for word in words if len(word) >= PIECE]
    pieces = [word[at : at + PIECE] for word in framed for at in range(len(word) - PIECE + 1)]
    return words + pairs + pieces


class WordNet(nn.Module):
    """The mean of learned vectors of a text's parts, a hidden layer, and K logits.

    `preprocess` turns texts into what `forward` takes: (n, L) int64, buckets from 1, 0 = no more parts.
    """

    def __init__(self, n_classes: int, *, width: int = 64, hidden: int = 128, dropout: float = 0.3) -> None:
        super().__init__()
        self.vectors = nn.EmbeddingBag(1 + N_BUCKETS, width, mode="mean", padding_idx=0)
        self.hidden = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout))
        self.head = nn.Linear(hidden, n_classes)

    @staticmethod
    def preprocess(texts: list[str]) -> Tensor:
        """n texts -> (n, L) int64, L the number of parts of the longest; a text without any has zeros alone."""
        rows = [[zlib.crc32(part.encode()) % N_BUCKETS + 1 for part in parts(text)[:MOST_PARTS]] for text in texts]
        return pad_sequence([torch.tensor(row or [0]) for row in rows], batch_first=True)

    def forward(self, buckets: Tensor) -> Tensor:
        longest = max(1, int((buckets > 0).sum(dim=1).max()))
        return self.head(self.hidden(self.vectors(buckets[:, :longest])))
