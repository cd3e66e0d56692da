"""How people name the parts of their data that nothing is trained on."""

from typing import Literal

TEST = {"test", "testing"}
VALIDATION = {"val", "valid", "validation", "dev"}


def meaning(value: object) -> Literal["test", "validation"] | None:
    """What a value of the column `split` means; None for the part that is trained on."""
    name = str(value).strip().lower()
    return "test" if name in TEST else "validation" if name in VALIDATION else None
