"""The last steps of a run, none of which may cost it what the forward passes have found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Made = TypeVar("Made")


@dataclass
class Attempts:
    """Steps that were tried; `missing` says which of them gave nothing, and why."""

    missing: dict[str, str] = field(default_factory=dict)

    def make(self, what: str, step: Callable[[], Made], instead: Made) -> Made:
        """What the step gives, or `instead` where it fails, with the reason under `what` in `missing`.

        A full or broken disk is no such failure: it stops the run, and the same command resumes it.
        """
        try:
            return step()
        except OSError:
            raise
        except Exception as error:  # numbers that no one foresaw: too large, all alike, none at all
            words = " ".join(str(error).split())[:300] or type(error).__name__
            self.missing[what] = f"No {what}: {words}."
            return instead
