"""One formula a file: fields of Outputs in, one number per example out, higher = harder.

A score's parameters before `*` are fields of Outputs, those after it are options. Importing this package
imports no torch: a score's file is imported when it is computed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from hem_core import folder
from hem_core.errors import DataError
from hem_core.scores._card import Card, describe

if TYPE_CHECKING:
    from torch import Tensor

    from hem_core.types import Outputs

PLUGINS = "hem.scores"
DEFINES = ("{name}",)
__all__ = ["Card", "available", "compute", "describe", "names", "needs"]


def names() -> list[str]:
    """Names of all scores, sorted."""
    return folder.names(sys.modules[__name__])


def needs(name: str) -> list[str]:
    """Names of the fields of Outputs that a score reads.

    Raises UnknownNameError, listing the scores, when there is none of that name.
    """
    return list(describe(name)["needs"])


def available(outputs: Outputs) -> list[str]:
    """Names of the scores whose fields are all known in these outputs, sorted."""
    fields = set(outputs.present())
    here = sys.modules[__name__]
    return [name for name in names() if name in fields or (folder.works(here, name) and fields.issuperset(needs(name)))]


def compute(name: str, outputs: Outputs, **options: object) -> Tensor:
    """One score of every example of these outputs.

    Returns (N,) float32 on the outputs' device, higher = harder. Where the task has put a field of the
    score's own name into the outputs (its own `loss`), that field is the score. A NaN among the inputs is a
    NaN in that row; whoever builds the outputs names the id.
    Raises UnknownNameError for a name that is not a score; DataError when a field is missing or an option
    unknown.
    """
    card = describe(name)
    unknown = [option for option in options if option not in card["options"]]
    if unknown:
        has = ", ".join(card["options"]) or "none"
        raise DataError(f"score '{name}' has no option '{unknown[0]}'; its options: {has}")
    fields = outputs.present()
    if name in fields:
        return getattr(outputs, name).float()
    if not set(card["needs"]).issubset(fields):
        has = ", ".join(fields) or "none"
        raise DataError(f"score '{name}' needs {', '.join(card['needs'])}; these outputs have {has}")
    return _formula(name)(*(getattr(outputs, field) for field in card["needs"]), **options)


@cache
def _formula(name: str) -> Callable[..., Tensor]:
    """The function of a score's file; looked up once, since listing the folder costs more than a small block."""
    return getattr(folder.load(sys.modules[__name__], name), name)
