"""Which class of the annotations a number of the model stands for: by the names of both, where the model has some."""

from __future__ import annotations

from collections.abc import Sequence

from hem_core.errors import ModelError

BACKGROUND = frozenset({"__background__", "background"})
NO_CLASS = -1


def label_map(names: Sequence[str], classes: Sequence[str], first_label: int) -> tuple[int, ...]:
    """For each label of a model from 0 on, the index of its class in the annotations; -1 where they have none.

    names: of the labels, from 0 on where the first one is background, else from first_label on; COCO's own numbers have
    gaps, which torchvision names "N/A". Case, spaces and underscores do not count. Raises ModelError when no class of
    the annotations is among the names.
    """
    has_background = bool(names) and _plain(names[0]) in {_plain(word) for word in BACKGROUND}
    place = {_plain(name): index for index, name in enumerate(classes)}
    found = [place.get(_plain(name), NO_CLASS) for name in names]
    if all(index == NO_CLASS for index in found):
        raise ModelError(
            f"the model's classes ({_few(names)}) and those of the annotations ({_few(classes)}) have no name in "
            "common; pass --classes with the model's classes in the order of its labels, named as in the annotations"
        )
    return tuple(found if has_background else [NO_CLASS] * first_label + found)


def notes(labels: Sequence[int], names: Sequence[str], classes: Sequence[str]) -> list[str]:
    """Sentences on the classes that only one of the two has."""
    lacking = [name for index, name in enumerate(classes) if index not in labels]
    plain = {_plain(name) for name in (*classes, *BACKGROUND, "N/A")}
    more = [name for name in names if _plain(name) not in plain]
    found = [f"The model has no class {_few(lacking)}: their boxes count as missed."] if lacking else []
    return found + ([f"Predictions of {_few(more)} are left out: the annotations have no such class."] if more else [])


def beyond(label: int, n_classes: int, first_label: int) -> ModelError:
    """The error on a label that the annotations have no class for, of a model that does not name its classes."""
    last = n_classes - 1 + first_label
    return ModelError(
        f"the model predicts the label {label}; the {n_classes} classes of the annotations are read as the labels "
        f"{first_label} to {last}, in the order of the file. If the model counts from 0, give it the attribute "
        "first_label = 0; if it counts otherwise (COCO's category ids have gaps: 1 to 90 for 80 classes), pass "
        "--classes with its classes in the order of its labels, or give the model their names as class_names"
    )


def _plain(name: str) -> str:
    return " ".join(str(name).replace("_", " ").casefold().split())


def _few(names: Sequence[str]) -> str:
    return ", ".join(map(str, names[:4])) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
