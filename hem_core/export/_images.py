"""What an export is given to get at the pictures."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

ReadImage = Callable[[pd.Series], tuple[str, bytes]]
"""row of the examples -> (suffix such as ".png", the bytes of the file)."""
