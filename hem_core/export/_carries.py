"""What a format can read back, as it declares: the contract of formats compares exactly this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Carries:
    """What `read` gives back of the examples that `write` was given; the ids, in their order, always."""

    columns: Sequence[str] | None = None
    """Columns whose values come back; None = all of them."""
    of_labelled: Sequence[str] = ()
    """Those of `columns` that come back for examples with a label only."""
    pictures: Literal["bytes", "pixels", "none"] = "none"
    """Files as they were, or as another kind of file with the same pixels, or no pictures."""

    def of(self, examples: pd.DataFrame) -> pd.DataFrame:
        """The part of these examples that comes back: the same rows, the columns that the format carries."""
        kept = examples.columns if self.columns is None else [c for c in ("id", *self.columns) if c in examples]
        carried = examples.loc[:, list(kept)].copy()
        for name in self.of_labelled:
            if name in carried:
                carried[name] = carried[name].astype("object").where(carried["label"].notna(), None)
        return carried
