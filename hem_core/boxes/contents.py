"""What is in an image, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

NOTHING = "no objects"
"""Of an image without a box."""


def in_words(count: Counter[str]) -> str:
    """Numbers of objects by their class, the most frequent first: `17 RBC, 1 WBC`.

    A name with a digit or a comma would run into the numbers and is quoted: `4 × '3', 2 × '6'`.
    """
    ordered = sorted(count.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{number} {_named(name)}" for name, number in ordered) or NOTHING


def reworded(text: str, classes: Collection[str]) -> str:
    """Such words as an older HEM wrote them, in those of `in_words`: `4 3, 2 6` as `4 × '3', 2 × '6'`.

    classes: the names that may stand in it. Any other text is returned as it is.
    """
    count: Counter[str] = Counter()
    for part in text.split(", "):
        number, _, name = part.partition(" ")
        if not number.isdigit() or name not in classes:
            return text
        count[name] += int(number)
    return in_words(count)


def _named(name: str) -> str:
    is_plain = not any(letter.isdigit() or letter == "," for letter in name)
    return name if is_plain else f"× '{name}'"
