"""What to do next with a run, in points gained: the learning curve, and what bears on each action. Nothing is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hem_core import folder
from hem_core.advise.advice import Action, Advice, Curve, ErrorParts, Fitted, Measured, Share

if TYPE_CHECKING:
    from hem_core.store.run import Run

__all__ = ["LABELS_PER_HOUR", "Action", "Advice", "Curve", "ErrorParts", "Fitted", "Measured", "Share", "advise"]

LABELS_PER_HOUR = 400
"""Labels that a person reviews, or gives to new examples, in an hour, unless the user says otherwise."""


def advise(run: Run, *, labels_per_hour: int = LABELS_PER_HOUR) -> Advice:
    """What to do next with a finished run: each action with its expected gain of an hour, and what it rests on.

    Nothing is trained: the learning curve is the one that `hem advise RUN --curve` has measured. A gain that the run
    cannot support is not known, and its evidence says what would make it known.
    Raises HemError when labels_per_hour is below 1.
    """
    from hem_core.advise.error_parts import error_parts
    from hem_core.advise.facts import Facts

    facts = Facts.of(run, labels_per_hour)
    return Advice(facts.measured, _actions(facts), facts.curve, error_parts(facts), facts.notes)


def _actions(facts: Any) -> list[Action]:
    """Those of all items, an item that looks at the others' last; the highest gain first, unknown ones by name."""
    import hem_core.advise.actions as items

    names = [name for name in folder.names(items) if folder.works(items, name)]
    modules = {name: folder.load(items, name) for name in names}
    for name in sorted(names, key=lambda name: (getattr(modules[name], "IS_LAST", False), name)):
        facts.others.extend(getattr(modules[name], name)(facts))
    return sorted(facts.others, key=lambda one: (not one.is_known, -(one.gain or 0.0), not one.is_above_zero))
