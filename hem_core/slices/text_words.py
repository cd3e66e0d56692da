"""The words of texts: a run of letters, digits and single apostrophes inside. Rules find the same words in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.slices.traits import FEWEST, Words

if TYPE_CHECKING:
    import pyarrow as pa

MOST_WORDS = 20_000
"""Words that are compared, the most frequent ones."""
SHORTEST = 2
"""Letters of a word that is compared."""
_BETWEEN = r"['’]*[^\pL\pN_'’]+['’]*|^['’]+|['’]+$|['’]{2,}"


def words_in(text: str) -> list[str]:
    """The words of one text in lower case, in their order."""
    import pyarrow.compute as pc

    compute: Any = pc
    parts = compute.split_pattern_regex([text.lower()], pattern=_BETWEEN)
    return [word for word in parts.to_pylist()[0] if word]


def words_of(column: str, texts: pa.Array) -> tuple[Words, np.ndarray]:
    """The words of N texts in lower case, and (N,) how many each text has, NaN where it is missing.

    Kept are words of `SHORTEST` letters and more that `FEWEST` texts have, `MOST_WORDS` at most.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    compute: Any = pc
    lower = compute.utf8_lower(texts.cast(pa.large_string()))
    parts = compute.split_pattern_regex(lower, pattern=_BETWEEN)
    rows = compute.list_parent_indices(parts)
    flat = compute.list_flatten(parts)
    is_word = compute.greater(compute.utf8_length(flat), 0)
    rows, flat = rows.filter(is_word), flat.filter(is_word)
    n_words = np.bincount(rows.to_numpy(), minlength=len(lower)).astype(np.float64)
    n_words[compute.is_null(lower).to_numpy(zero_copy_only=False)] = np.nan
    coded = flat.dictionary_encode()
    return _kept(column, rows.to_numpy(), coded.indices.to_numpy(), coded.dictionary.to_pylist()), n_words


def _kept(column: str, rows: np.ndarray, codes: np.ndarray, words: list[str]) -> Words:
    each = np.unique(codes.astype(np.int64) * (int(rows.max(initial=0)) + 1) + rows)  # a text has a word once
    code, row = np.divmod(each, int(rows.max(initial=0)) + 1)
    count = np.bincount(code, minlength=len(words))
    is_long = np.array([len(word) >= SHORTEST for word in words], bool)
    frequent = np.flatnonzero((count >= FEWEST) & is_long)
    chosen = np.sort(frequent[np.argsort(-count[frequent], kind="stable")[:MOST_WORDS]])
    number = np.full(len(words), -1)
    number[chosen] = np.arange(len(chosen))
    is_kept = number[code] >= 0
    starts = np.append(0, np.cumsum(count[chosen]))
    return Words(column, [words[k] for k in chosen], starts, row[is_kept].astype(np.int32))
