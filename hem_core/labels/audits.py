"""The audit of a level, from the verdicts in the tag log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hem_core.labels.audit_sample import Audit, Frame, frame, standing
from hem_core.store.verdicts import in_state, reviews

if TYPE_CHECKING:
    from hem_core.store.level import Level
    from hem_core.store.tags import TagLog


def audit_of(
    level: Level, log: TagLog, confidence: float, *, drawn_from: Frame | None = None, ids: pd.Index | None = None
) -> Audit:
    """How far the audit of a level has come. log: of the workspace.

    drawn_from, ids: the frame and the level's ids, where somebody has them already.
    """
    found, own = drawn_from or frame(level), log.level(level.name)
    verdicts = reviews(in_state(own.state(level.data)))
    ids = pd.Index(level.table(["id"])["id"]) if ids is None else ids
    return standing(found, ids, verdicts, own.audited(level.data, found.key), confidence)
