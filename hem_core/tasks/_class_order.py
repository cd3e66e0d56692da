"""The class of each output: taken from the model, checked against the labels, never assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from hem_core.errors import ModelError
from hem_core.tasks._contract import ModelFacts

OF_MODEL = "the model's outputs are {} by its config"
OF_COLUMNS = "the columns of predictions are those of {}"


def agreed(
    model: ModelFacts, catalog: pa.Table, facts: Mapping[str, Any], given: Sequence[str] | None
) -> dict[str, Any]:
    """The catalog's facts with the classes as the model orders them; unchanged when it says nothing.

    model: its `class_labels` may be integers or names. given: the user's --classes.
    Raises ModelError when the labels or the given names do not fit what the model says, or say the same in another
    order.
    """
    labels, names = model.class_labels, model.class_names
    if labels is not None:
        return _of_labels(list(labels), catalog, dict(facts), given)
    if not names:
        return dict(facts)
    own = [str(name) for name in names]
    if given:
        if model.is_in_columns:
            there, way = OF_COLUMNS, "they go by name: omit it"
        else:
            there, way = OF_MODEL, "omit it, or pass the model's order"
        _check_order(own, [str(name) for name in given], "--classes says", there, way)
        return dict(facts)
    if facts["labels_are"] == "indices" and facts.get("classes"):
        way = "pass --classes in the model's order"
        _check_order(own, facts["classes"], "the data number their classes as", OF_MODEL, way)
    found = dict(facts) | {"classes": [str(name) for name in names]}
    if facts["labels_are"] == "names":
        _check_overlap(found["classes"], catalog)
    return found


def _check_order(own: Sequence[str], others: Sequence[str], says: str, there: str, way: str) -> None:
    """Raise ModelError when a name of the model's is given to another output. Other names are a translation.

    there: whose names `own` are, with {} for them.
    """
    alike = _folded if len({_folded(name) for name in own}) == len(own) else str  # C and C++ are two classes
    places = {alike(name): index for index, name in enumerate(own)}
    differ = [index for index, name in enumerate(others) if places.get(alike(name), index) != index]
    if differ:
        raise ModelError(f"{says} {_shown(others)}, but {there.format(_shown(own))}; {way}")


def _folded(name: str) -> str:
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


def _of_labels(
    labels: list[Any], catalog: pa.Table, facts: dict[str, Any], given: Sequence[str] | None
) -> dict[str, Any]:
    whole = _whole(labels)
    are_indices = whole == list(range(len(labels)))
    if facts["labels_are"] == "indices" and whole is None:
        own = [str(label) for label in labels]
        if _labels_in(catalog) <= set(own):  # numbers that it was fitted on as text
            return facts | {"classes": own, "labels_are": "names"}
        if facts.get("classes") == own:  # the catalog names its indices, in the very order of the model
            return facts
        raise ModelError(
            f"the estimator was fitted on class names ({_shown(own)}) and the labels are numbers, so their order is "
            "not known: give labels of the kind that it was fitted on"
        )
    if facts["labels_are"] == "indices" and are_indices:
        return facts
    own = [str(label) for label in (labels if whole is None else whole)]
    if given and list(given) != own and not (are_indices and len(given) == len(own)):
        raise ModelError(f"--classes says {_shown(given)}, but the estimator's outputs are {_shown(own)}; leave it out")
    if given and are_indices and list(given) != own:
        return facts  # names, in the order of the integers that it was fitted on
    _check_overlap(own, catalog)
    return facts | {"classes": own, "labels_are": "names"}


def _labels_in(catalog: pa.Table) -> set[str]:
    return {label for label in catalog["label"].to_pylist() if label is not None}


def _whole(labels: list[Any]) -> list[int] | None:
    """Integers, whole floats and booleans as integers; None for names."""
    if any(isinstance(label, str) for label in labels):
        return None
    return [int(label) for label in labels] if all(label == int(label) for label in labels) else None


def _check_overlap(names: Sequence[str], catalog: pa.Table) -> None:
    there = _labels_in(catalog)
    if there and not there & set(names):
        raise ModelError(
            f"the model's classes ({_shown(names)}) are none of the labels ({_shown(sorted(there))}); "
            "is this the model for these data, and --label-column the right one?"
        )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
