"""What the residuals of predicted numbers are measured by: the names and the units, the same wherever they stand."""

from __future__ import annotations

from collections.abc import Sequence

ABSOLUTE, SQUARED = "mean absolute error", "root mean squared error"
UNIT = "in units of the label"
OWN_UNIT = "in its own unit"
SPREADS = "× spread"
"""Of the normalised measures: robust standard deviations of the given values."""


def residual_measures(output_names: Sequence[str]) -> list[tuple[str, str]]:
    """Name and unit of each measure of D numbers; () stands for one number without a name.

    Of several numbers first the two means over them, normalised by the spread of each, then two of each number.
    """
    both = (ABSOLUTE, SQUARED)
    if not output_names:
        return [(name, UNIT) for name in both]
    means = [(f"normalised {name}", SPREADS) for name in both]
    return means + [(f"{name} of {output}", OWN_UNIT) for output in output_names for name in both]
