"""Texts spoiled on purpose: two halves joined, letters and words at random, rare words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def corrupt(
    values: Sequence[str], kinds: Sequence[str], partners: Sequence[str], *, corpus: Sequence[str], seed: int
) -> list[str]:
    """Spoil each text as its kind says.

    values, partners: P texts; partners count for "ambiguous" alone. corpus: texts of the same data, which tell
    which words there are and which are rare. kinds: P of
    ambiguous  the first half of the words of the text or of its partner, and the last half of the other's
    outlier    every word's letters replaced by random ones, or every word by a random one of the corpus, shuffled
    rare       every second word replaced by one of the rarest tenth of the corpus's words, or a quarter cut out of it
    anything else (mislabelled, …)  as it is
    Returns P texts; text i depends on the seed, i, the two texts and the corpus alone.
    """
    counts = Counter(word for text in corpus for word in text.split())
    by_rarity = sorted(counts, key=lambda word: (counts[word], word)) or [""]
    rare_words = by_rarity[: max(1, len(by_rarity) // 10)]
    result = []
    for row, (text, name, partner) in enumerate(zip(values, kinds, partners, strict=True)):
        rng, words = np.random.default_rng((seed, row)), text.split()
        if name == "ambiguous":
            result.append(_joined(words, partner.split(), rng))
        elif name == "outlier":
            other = _letters(words, rng) if rng.random() < 0.5 else _drawn(by_rarity, len(words), rng)
            result.append(" ".join(other))
        elif name == "rare":
            changed = _with_rare(words, rare_words, rng) if rng.random() < 0.5 else _cut(words, rng)
            result.append(" ".join(changed))
        else:
            result.append(text)
    return result


def _joined(one: list[str], other: list[str], rng: np.random.Generator) -> str:
    first, last = (one, other) if rng.random() < 0.5 else (other, one)
    return " ".join([*first[: -(-len(first) // 2)], *last[len(last) // 2 :]])


def _letters(words: list[str], rng: np.random.Generator) -> list[str]:
    return ["".join(rng.choice(_LETTERS, len(word))) for word in words]


def _drawn(words: list[str], count: int, rng: np.random.Generator) -> list[str]:
    return [words[place] for place in rng.integers(0, len(words), count)]


def _with_rare(words: list[str], rare: list[str], rng: np.random.Generator) -> list[str]:
    start = int(rng.integers(2))
    return [rare[rng.integers(len(rare))] if place % 2 == start else word for place, word in enumerate(words)]


def _cut(words: list[str], rng: np.random.Generator) -> list[str]:
    length = max(1, len(words) // 4)
    start = int(rng.integers(0, len(words) - length + 1)) if len(words) > length else 0
    return words[start : start + length]
