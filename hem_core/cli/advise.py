from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core.cli._paths import RUN_IN_BUCKET
from hem_core.cli._screen import bars, say, table
from hem_core.cli._trainings import Device
from hem_core.errors import HemError
from hem_core.retrain.threads import yield_while_waiting

if TYPE_CHECKING:
    from hem_core.advise import Action, Advice, Curve, ErrorParts, Share
    from hem_core.store.run import Run

PLACE = 45
READ_ONLY = {"curve": False, "changes": False, "train": None, "data": None, "folds": None, "device": None}


def advise(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    labels_per_hour: Annotated[
        int, typer.Option(help="Labels that a person reviews, or gives to new examples, in an hour.", min=1)
    ] = 400,
    curve: Annotated[
        bool | None,
        typer.Option(
            help="Measure the learning curve, by trainings on parts of each fold, or by linear heads where there is no "
            "train function. Default: only what linear heads give in seconds."
        ),
    ] = None,
    changes: Annotated[
        bool,
        typer.Option(
            "--changes",
            help="Measure the curve, and also train with more wrong labels, twice as long, and with class weights.",
        ),
    ] = False,
    train: Annotated[
        str | None,
        typer.Option(help="package.module:train for the curve. Default: that of the stored curve, else of the run."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="For the curve: the examples of the run, if they were moved.")
    ] = None,
    folds: Annotated[int | None, typer.Option(help="Folds that the curve is measured in. Default: all.", min=1)] = None,
    device: Device = None,
) -> Any:
    """Say what to do next, in points gained: review labels, collect, weigh, train longer, or stop."""
    yield_while_waiting()
    from hem_core.advise import advise as advice_on
    from hem_core.store.run import open_run

    opened = open_run(run)
    options = {"train": train, "data": str(data) if data else None, "folds": folds, "device": device}
    note = ""
    curve = _requested(curve, {"--changes": changes, "--train": train, "--data": data, "--folds": folds})
    if curve:
        _measure(opened, **options, has_changes=changes)
    elif curve is None:
        note = _measured_unasked(opened, **options, has_changes=changes)
    found = advice_on(opened, labels_per_hour=labels_per_hour)
    if note:
        found = replace(found, notes=[*found.notes, note])
    _print(found, labels_per_hour)
    return found


def _requested(curve: bool | None, of_curve: Mapping[str, object]) -> bool | None:
    """Whether the curve is to be measured, which its options ask for too; None where that is left open.

    Raises HemError for such an option beside --no-curve.
    """
    named = next((name for name, value in of_curve.items() if value), None)
    if named is not None and curve is False:
        raise HemError(f"{named} and --no-curve exclude each other: {named} is for measuring the learning curve")
    return curve if named is None else True


def _measure(run: Run, **options: Any) -> None:
    from hem_core.advise.measure import measure

    with bars() as shown:
        measure(run, **options, progress=shown)


def _measured_unasked(run: Run, **options: Any) -> str:
    """A note, where the curve that linear heads give in seconds could not be measured; "" otherwise."""
    from hem_core.advise.trainable import says_something

    try:
        if says_something(run):
            _measure(run, **options)
    except (HemError, OSError) as error:
        return f"No learning curve was measured: {error}"
    return ""


def _print(found: Advice, labels_per_hour: int) -> None:
    say("{}", found.measure.words)
    unit = found.measure.unit
    rows = [(one.name, one.what, _gain(one), one.evidence) for one in found.actions]
    table(("action", "what", f"gain of an hour ({labels_per_hour:,} labels), {unit}", "evidence"), rows)
    for one in found.actions:
        if one.how:
            say("  {}: {}", one.name, one.how)
    if found.error_parts is not None:
        _print_parts(found.error_parts)
    if found.curve is not None:
        _print_curve(found.curve)
    for note in found.notes:
        say("  note: {}", note)


def _gain(one: Action) -> str:
    if not one.is_known:
        return "not known"
    return f"{one.gain:+.2f} ({one.low:+.2f} to {one.high:+.2f})"


def _print_parts(parts: ErrorParts) -> None:
    say("error: {}", _share(parts.error))
    for name, share in (
        ("wrong labels", parts.wrong_labels),
        ("reducible", parts.reducible),
        ("irreducible", parts.irreducible),
    ):
        say("  {}: {}", name, _share(share) if share is not None else "not known")
    say("  {}", parts.how)


def _share(share: Share) -> str:
    return f"{share.value:.1%} of the examples ({share.low:.1%} to {share.high:.1%})"


def _print_curve(curve: Curve) -> None:
    say("learning curve of {}: {}", curve.of, curve.note)
    measured = zip(curve.sizes, curve.error, curve.low, curve.high, strict=True)
    rows = [(f"{size:,}", f"{error:.1%}", f"{low:.1%} – {high:.1%}", "measured") for size, error, low, high in measured]
    if curve.fitted is not None:
        last = curve.sizes[-1]
        further = zip(curve.fitted.sizes, curve.fitted.error, curve.fitted.low, curve.fitted.high, strict=True)
        ahead = [row for row in further if row[0] > last][::4]
        rows += [(f"{size:,}", f"{error:.1%}", f"{low:.1%} – {high:.1%}", "fitted") for size, error, low, high in ahead]
    table(("training examples", "error", "95% interval", ""), rows)
