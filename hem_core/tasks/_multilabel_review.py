"""What people can say of the tags of an example, and how it becomes a corrected set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hem_core import tag_sets
from hem_core.errors import DataError
from hem_core.tag_sets import NONE, TagSet, joined, split
from hem_core.tasks._corrects import Choice
from hem_core.tasks._toggles import TagState


def states(names: Sequence[str], given: Any, probs: Any) -> list[TagState]:
    """Every tag of an example; given (K,): 1 yes, 0 no, NaN unknown; probs (K,)."""
    known = np.array([np.nan if value is None else value for value in given], np.float64)
    return [
        TagState(name, None if np.isnan(state) else bool(state > 0), None if prob is None else float(prob))
        for name, state, prob in zip(names, known.tolist(), list(probs), strict=True)
    ]


def text(names: Sequence[str], yes: Sequence[str], unknown: Sequence[str], glue: str) -> str:
    """The set as a label, in the order of the tags. Raises DataError for a name that is no tag."""
    odd = [name for name in (*yes, *unknown) if name not in names]
    if odd:
        raise DataError(f"'{odd[0]}' is none of the tags {', '.join(names[:8])}")
    kept = TagSet(tuple(name for name in names if name in yes), tuple(name for name in names if name in unknown))
    return joined(kept, glue)


def label_of(names: Sequence[str], value: Any, glue: str) -> str:
    """The label in an answer: a list of names, its JSON, or a text that is joined as the run's own."""
    listed = tag_sets.listed(value.strip()) if isinstance(value, str) else None
    if isinstance(value, list | tuple) or listed is not None:
        return text(names, [str(each) for each in (value if listed is None else listed)], (), glue)
    found = split(str(value), glue.strip())
    return text(names, found.given, found.unknown, glue)


def said(names: Sequence[str], label: str, separator: str) -> dict[str, bool | None]:
    """What a label says of each tag."""
    found = split(label, separator)
    return {name: None if name in found.unknown else name in found.given for name in names}


def choices(part: Mapping[str, Any]) -> tuple[Choice, ...]:
    """The answers on one tag: it is as given, or it is the other way round."""
    is_given, name = part.get("given") is not None, str(part.get("tag"))
    right = ("right: it has the tag", f"the example is rightly tagged '{name}'")
    wrong = Choice("wrong", "2", "wrong: remove the tag", f"the example is not '{name}'", "mislabelled", NONE)
    if not is_given:
        right = ("right: it lacks the tag", f"the example is rightly not tagged '{name}'")
        wrong = Choice("wrong", "2", "missing: add the tag", f"the example is '{name}'", "mislabelled", name)
    return (
        Choice("right", "1", right[0], right[1], "right"),
        wrong,
        Choice("hard", "3", "right, hard: keep", f"{right[1]}, and it is hard to tell", "hard"),
        Choice("ambiguous", "4", "ambiguous", "people can disagree about this tag", "ambiguous"),
        Choice("skip", "7", "skip", "looked at, without an opinion", "skip"),
    )


def with_parts(names: Sequence[str], given: str | None, parts: Sequence[tuple[str, bool]], glue: str) -> str | None:
    """A label with single tags put right; None where nothing is known of the example."""
    known = said(names, given, glue.strip()) if given is not None else dict.fromkeys(names)
    known |= {name: has for name, has in parts if name in known}
    if all(state is None for state in known.values()):
        return None
    yes = [name for name, state in known.items() if state]
    return text(names, yes, [name for name, state in known.items() if state is None], glue)
