"""What a reader needs to cite a report: how the intervals are made, and with which versions."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("hem", "torch", "numpy")


def interval_method(draws: int, n_seeds: int, n_test: int) -> str:
    """How the intervals of differences are made, in a sentence."""
    return (
        f"95% percentile bootstrap of the paired difference: {draws:,} draws of {n_test:,} test examples with "
        f"replacement, the same for all arms; {_seeds(n_seeds)}"
    )


def _seeds(n: int) -> str:
    if n == 1:
        return "of one seed, so that the chance of another seed is not in it"
    return f"the part of the {n} seeds is as wide as Student's t with {n - 1} degrees of freedom"


def versions() -> dict[str, str]:
    """Python and the packages on which the numbers depend."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a checkout that is not installed
            continue
    return found
