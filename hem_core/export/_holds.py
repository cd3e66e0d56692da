"""What a format holds: pictures, and the boxes in them. A format defines the names that apply to it."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class HoldsPictures(Protocol):
    """A format that writes pictures."""

    HAS_PICTURES: bool


@runtime_checkable
class HoldsBoxes(Protocol):
    """A format that writes the boxes of its pictures and reads every one of them back."""

    HOLDS_BOXES: bool


@runtime_checkable
class WritesAnnotations(Protocol):
    """A format that writes boxes as annotations that are read."""

    ANNOTATIONS: str
    """The name of the module in `boxes.formats` that reads them."""


@runtime_checkable
class HoldsBackground(Protocol):
    """A format whose pictures show background alone, so that no box is lost by it."""

    IS_BACKGROUND: bool


@runtime_checkable
class ShowsPredictions(Protocol):
    """A format that writes the predicted boxes too."""

    SHOWS_PREDICTIONS: bool


def has_pictures(format: Any) -> bool:
    """Whether a format, the module that defines it, writes pictures."""
    return isinstance(format, HoldsPictures) and format.HAS_PICTURES


def holds_boxes(format: Any) -> bool:
    """Whether it holds the boxes of its pictures."""
    return isinstance(format, HoldsBoxes) and format.HOLDS_BOXES


def annotations_of(format: Any) -> str:
    """The format of annotations, of those in `boxes.formats`, that it writes; "" for none."""
    return format.ANNOTATIONS if isinstance(format, WritesAnnotations) else ""


def shows_predictions(format: Any) -> bool:
    """Whether it writes the predicted boxes too."""
    return isinstance(format, ShowsPredictions) and format.SHOWS_PREDICTIONS


def is_background(format: Any) -> bool:
    """Whether its pictures are of background alone."""
    return isinstance(format, HoldsBackground) and format.IS_BACKGROUND
