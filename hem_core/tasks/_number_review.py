"""What people type as the right value of a number, or of several, as a label."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from hem_core.errors import DataError
from hem_core.number_rows import SEPARATOR, joined, split


def completed(answer: str, given: str | None, outputs: Sequence[str]) -> str:
    """An answer as the text of all D numbers: what it does not name stays as it is given.

    `cooling = 21.3` names one, `heating=15; cooling=21.3` two, and `15; 21.3` holds all in their order.
    Raises DataError for a name that is none of the outputs, and for another count of numbers.
    """
    parts = [part.strip() for part in answer.split(SEPARATOR) if part.strip()]
    is_named = [_name_in(part, outputs) is not None for part in parts]
    if not any(is_named):
        return _in_order(answer, given, outputs)
    known = split(given) if given is not None else []
    values: list[str | None] = known if len(known) == len(outputs) else [None for _ in outputs]
    for part in parts:
        name = _name_in(part, outputs)
        if name is None:
            raise DataError(f"'{part}' names none of {', '.join(outputs)}; type {outputs[0]} = 1.5")
        values[list(outputs).index(name)] = split(part[len(name) :].strip().removeprefix("=").strip())[0]
    return joined(values) or ""


def agrees(answer: str, given: str | None) -> bool:
    """Whether typed numbers are the given ones as far as their digits go: 16 is 15.55, and 15.5 is not 15.61."""
    if given is None:
        return False
    typed, known = split(answer), split(given)
    return len(typed) == len(known) and all(map(_is_rounded, typed, known))


def _is_rounded(typed: str | None, given: str | None) -> bool:
    if typed is None or given is None:
        return typed == given
    try:
        shown, exact = (Decimal(text.replace(",", ".")) for text in (typed, given))
        last_digit = Decimal(1).scaleb(int(shown.as_tuple().exponent))
    except (InvalidOperation, ValueError):
        return typed == given
    return abs(shown - exact) <= last_digit / 2


def _in_order(answer: str, given: str | None, outputs: Sequence[str]) -> str:
    found = split(answer)
    if len(found) != len(outputs):
        raise DataError(
            f"'{answer}' holds {len(found)} of {len(outputs)} numbers; type them in the order "
            f"{f'{SEPARATOR} '.join(outputs)}, or name one: {outputs[0]} = 1.5"
        )
    return joined(found) or ""


def _name_in(part: str, outputs: Sequence[str]) -> str | None:
    """The output that a part begins with, before its = sign; the longest where one name begins with another."""
    fits = [name for name in outputs if part.startswith(name) and part[len(name) :].strip().startswith("=")]
    return max(fits, key=len, default=None)
