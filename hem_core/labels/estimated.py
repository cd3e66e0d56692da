"""The share of wrong labels that every page and command shows: one definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hem_core.labels.label_errors import LabelErrors, estimate

if TYPE_CHECKING:
    import numpy as np

    from hem_core.labels.audit_sample import Audit


def estimated(suspicion: np.ndarray, answered: np.ndarray, audit: Audit | None) -> LabelErrors:
    """The estimate from the audit once each of its bins has its first reviews; before that, from all reviews.

    suspicion (N,), NaN unknown; answered (N,) 1 = wrong, 0 = right, NaN = nobody looked.
    """
    if audit is not None and audit.n_drawn and audit.is_pilot_done:
        return audit.label_errors()
    return estimate(suspicion, answered)
