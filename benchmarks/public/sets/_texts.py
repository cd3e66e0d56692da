"""Texts as a `LabelledSet`, with WordLlama's vectors, which are inside its wheel."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.public._types import LabelledSet

LIBRARY = "wordllama"


def text_set(texts: Sequence[str], labels: np.ndarray) -> LabelledSet:
    """The vectors (M, 256) are both what the net reads and the embedding. labels (M,) of any values, sorted.

    Raises ImportError, which says what to install, without wordllama.
    """
    try:
        module = importlib.import_module(LIBRARY)
    except ImportError as error:
        raise ImportError(f"its texts need vectors: pip install {LIBRARY} ({error})") from error
    inside = Path(str(module.__file__)).parent  # the wheel's own tokenizer is looked for where its cache would be
    vectors = module.WordLlama.load(cache_dir=inside, disable_download=True).embed(list(texts), norm=True)
    vectors = np.asarray(vectors / vectors.std(), np.float32)
    names, targets = np.unique(labels.astype(str), return_inverse=True)
    return LabelledSet(vectors, vectors, targets.astype(np.int64), len(names), "net")
