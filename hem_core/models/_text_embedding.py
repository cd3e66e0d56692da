"""An embedding of texts from a scikit-learn Pipeline: the input of its last step, reduced in width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

WIDTH = 64
"""Coordinates that word counts are brought down to, by the singular value decomposition of all texts."""


@dataclass(frozen=True)
class TextEmbedding:
    """The steps before a Pipeline's classifier, and the decomposition that was fitted once on all N texts."""

    steps: Any
    decomposition: Any

    @classmethod
    def of(cls, estimator: Any, texts: Sequence[str]) -> TextEmbedding | None:
        """None when the estimator is not a Pipeline, so that its features are not known, or has only one word.

        Reference: latent semantic analysis, Deerwester et al. 1990; the randomised solver with seed 0.
        """
        from sklearn.decomposition import TruncatedSVD

        if len(getattr(estimator, "steps", [])) < 2:
            return None
        counts = estimator[:-1].transform(texts)
        width = min(WIDTH, counts.shape[1] - 1, counts.shape[0])
        if width < 1:
            return None
        return cls(estimator[:-1], TruncatedSVD(width, random_state=0).fit(counts))

    def apply(self, texts: Any) -> np.ndarray:
        """(n, D) float32; a text's embedding does not depend on its batch."""
        return self.decomposition.transform(self.steps.transform(texts)).astype(np.float32)
