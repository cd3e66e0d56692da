"""A page a logger."""

from __future__ import annotations

import hem_core.retrain.loggers
from kinds._source import whole_files, wordless_files

TITLE = "Loggers"
INTRO = "What `hem retrain --log` tells of a finished retraining. See [MLflow and Weights & Biases](../../loggers.md)."


def pages() -> dict[str, str]:
    return whole_files(hem_core.retrain.loggers)


def missing() -> list[str]:
    return wordless_files(hem_core.retrain.loggers, "logger")
