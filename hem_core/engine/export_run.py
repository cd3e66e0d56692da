"""From a run to a folder that someone retrains from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.engine.progress import Listener
from hem_core.store.run import Run, open_run

if TYPE_CHECKING:
    import pandas as pd
