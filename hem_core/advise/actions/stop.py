"""Stop: nothing else is shown to gain anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hem_core.advise.advice import Action

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts

IS_LAST = True


def stop(facts: Facts) -> list[Action]:
    """One action, of no gain: whether the others leave anything to do."""
    above = [one for one in facts.others if one.is_above_zero]
    unknown = sorted({one.name for one in facts.others if not one.is_known})
    if above:
        best = max(above, key=lambda one: one.gain or 0)
        evidence = f"Not yet: the interval of {best.name} ({best.what}) lies above 0."
    elif unknown:
        evidence = f"Nothing that is known has an interval above 0; not known: {', '.join(unknown)}."
    else:
        evidence = "Nothing else has an interval above 0."
    return [Action("stop", "leave the data and the model as they are", evidence, gain=0.0, low=0.0, high=0.0)]
