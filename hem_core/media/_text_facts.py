"""What can be read off a text without a model: its length, its rare words, its repetition, its script."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

NO_LETTERS = "no letters"
_WORD = re.compile(r"\w+")
_scripts: dict[str, str] = {}


def columns(texts: Sequence[str | None]) -> dict[str, np.ndarray]:
    """Columns (N,) named as in `OF_TEXTS`, of N texts; of a missing or empty one nothing is known (NaN, no letters).

    Words are runs of letters and digits, in lower case. `script` is left out where all texts are of one.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(_words(text)))
    length, unknown, repeated = (np.full(len(texts), np.nan, np.float32) for _ in range(3))
    scripts = np.full(len(texts), NO_LETTERS, dtype=object)
    for row, text in enumerate(texts):
        words = _words(text)
        length[row] = len(text or "")
        if words:
            unknown[row] = sum(counts[word] == 1 for word in words) / len(words)
            repeated[row] = 1 - len(set(words)) / len(words)
            scripts[row] = _script(words)
    found: dict[str, np.ndarray] = {"n_characters": length, "unknown_words": unknown, "repetition": repeated}
    return found | ({"script": scripts} if len(set(scripts.tolist())) > 1 else {})


def _words(text: str | None) -> list[str]:
    return _WORD.findall((text or "").lower())


def _script(words: Sequence[str]) -> str:
    """The script of most letters, by the first word of their Unicode names; the first in the alphabet on a tie."""
    counts: Counter[str] = Counter()
    for letter in "".join(words):
        if letter not in _scripts:
            name = unicodedata.name(letter, "") if letter.isalpha() else ""
            _scripts[letter] = name.split(" ")[0].split("-")[0].capitalize()
        if _scripts[letter]:
            counts[_scripts[letter]] += 1
    return min(counts, key=lambda name: (-counts[name], name)) if counts else NO_LETTERS
