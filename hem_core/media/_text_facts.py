"""What can be read off a text without a model: its length, its rare words, its repetition, its script."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

NO_LETTERS = "no letters"
ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Myanmar; Khmer
    "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han, Hiragana, Katakana
)
"""Characters of scripts without spaces between words."""
JOINERS = "\u200c\u200d"
"""Characters without a width inside the words of Persian and of Indian languages."""
HAN = {"Cjk": "Han", "Ideographic": "Han"}
"""How the Unicode names of its characters begin -> the script."""
_scripts: dict[str, str] = {}


def columns(texts: Sequence[str | None]) -> dict[str, np.ndarray]:
    """Columns (N,) named as in `OF_TEXTS`, of N texts. A missing or empty one has 0 characters and no letters; of its
    words nothing is known (NaN).

    Words are runs of letters, their combining marks and digits, in lower case and in the form NFKC; of a script without
    spaces between words each letter is one. `script` is left out where all texts are of one.
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
    return _word().findall(unicodedata.normalize("NFKC", text or "").lower())


@cache
def _word() -> re.Pattern[str]:
    """A letter or digit with the marks on it, alone or, where spaces part the words, a run of them. Of marks
    those of the basic plane count: nearly all living scripts, at a third of the time."""
    marks = JOINERS + "".join(filter(_is_mark, map(chr, range(0x300, 0x10000))))
    return re.compile(rf"(?:[^\W_{ALONE}]+[{marks}]*)+|(?=\w)[{ALONE}][{marks}]*")


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _script(words: Sequence[str]) -> str:
    """The script of most letters, by the first word of their Unicode names; the first in the alphabet on a tie."""
    counts: Counter[str] = Counter()
    for letter in "".join(words):
        if letter not in _scripts:
            name = unicodedata.name(letter, "") if letter.isalpha() else ""
            first = name.split(" ")[0].split("-")[0].capitalize()
            _scripts[letter] = HAN.get(first, first)
        if _scripts[letter]:
            counts[_scripts[letter]] += 1
    return min(counts, key=lambda name: (-counts[name], name)) if counts else NO_LETTERS
