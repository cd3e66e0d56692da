"""What the evidence suggests for a suspect box, in words."""

from __future__ import annotations

from collections.abc import Iterable


def suggestions(
    kinds: Iterable[str | None], given: Iterable[str | None], predicted: Iterable[str | None]
) -> list[str | None]:
    """(R,) `add WBC`, `WBC` (the other class), `another box` or `nothing here`; None where nothing is suspected.

    kinds: of suspicion, see `hem_core.boxes.suspicion.KINDS`; given and predicted: class names, None for none.
    """
    return [_of(*row) for row in zip(kinds, given, predicted, strict=True)]


def _of(kind: object, given: object, predicted: object) -> str | None:
    is_named = isinstance(predicted, str)
    if kind == "missing":
        return f"add {predicted}" if is_named else None
    if kind == "wrong_class":
        return str(predicted) if is_named and predicted != given else "another class"
    return {"misplaced": "another box", "spurious": "nothing here"}.get(str(kind))
