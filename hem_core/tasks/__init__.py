"""Tasks: a task is one file that reads targets and interprets outputs; nothing here depends on a medium."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from hem_core import folder
from hem_core.tasks._contract import (
    FIGURES,
    NOT_FINITE,
    OFFERS,
    UNSURE,
    Answers,
    Averages,
    BringsSample,
    CalibratesParts,
    CalibratesReasons,
    Column,
    ComparesWithRun,
    Draws,
    Figure,
    HasResiduals,
    HasSeveralNumbers,
    JudgesBoxes,
    KnowsTheSet,
    ListsPredictions,
    MakesItems,
    MatchesParts,
    MeasuresParts,
    MeasuresTogether,
    Metric,
    ModelFacts,
    NamesPredictions,
    Offer,
    OfTheSet,
    Parts,
    PartsCalibrated,
    PartsRefitted,
    ReadsPredictions,
    RecognizesLabels,
    Settles,
    TargetOptions,
    Targets,
    Task,
    adjusted,
    answers_of,
    arguments_in_words,
    chosen,
    column_meanings,
    column_words,
    detail_columns,
    examples_are,
    figures_of,
    has_log_odds,
    has_logits,
    is_known,
    is_same,
    keeps_sizes,
    names_labels,
    not_advised,
    only_in_shards,
    output_names,
    partly_right,
    reads_lists,
    require,
    settings_of,
    takes_names,
    training_arguments,
    unknown,
)
from hem_core.tasks._corrects import Choice, Corrects
from hem_core.tasks._ranks_pool import RanksPool, pool_policies
from hem_core.tasks._rates_labels import Rated, RatesLabels
from hem_core.tasks._residual_measures import residual_measures
from hem_core.tasks._toggles import TagState as TagState
from hem_core.tasks._toggles import TogglesTags as TogglesTags

__all__ = [
    "DEFAULT",
    "FIGURES",
    "NOT_FINITE",
    "OFFERS",
    "UNSURE",
    "Answers",
    "Averages", "BringsSample", "CalibratesParts", "CalibratesReasons",
    "Choice", "Column",
    "ComparesWithRun", "Corrects",
    "Draws",
    "Figure",
    "HasResiduals", "HasSeveralNumbers",
    "JudgesBoxes",
    "KnowsTheSet",
    "ListsPredictions",
    "MakesItems", "MatchesParts", "MeasuresParts", "MeasuresTogether",
    "Metric",
    "ModelFacts",
    "NamesPredictions",
    "OfTheSet",
    "Offer",
    "Parts", "PartsCalibrated", "PartsRefitted",
    "RanksPool", "Rated", "RatesLabels", "ReadsPredictions", "RecognizesLabels",
    "Settles",
    "TargetOptions",
    "Targets",
    "Task",
    "adjusted", "answers_of", "arguments_in_words", "chosen", "column_meanings", "column_words", "detail_columns",
    "examples_are", "figures_of", "has_log_odds", "has_logits",
    "is_known", "is_same", "keeps_sizes",
    "load",
    "names", "names_labels", "not_advised",
    "of",
    "only_in_shards", "output_names", "partly_right", "pool_policies", "reads_lists",
    "require", "residual_measures",
    "settings_of", "takes_names",
    "training_arguments",
    "unknown",
]  # fmt: skip

PLUGINS = "hem.tasks"
"""Entry points of this group are tasks of installed packages."""
DEFINES = ("Task",)
DEFAULT = "classification"
"""The task of a run that names none."""


def names() -> list[str]:
    """Names of all tasks, sorted."""
    return folder.names(sys.modules[__name__])


def of(info: Mapping[str, Any]) -> Task:
    """The task that a run.json names, with what the run settled. Raises UnknownNameError as `load` does."""
    task, settings = load(str(info.get("task") or DEFAULT)), info.get("task_settings")
    return task.settled(settings) if settings and isinstance(task, Settles) else task


@cache
def load(name: str = DEFAULT) -> Task:
    """The task of that name. Raises UnknownNameError, listing the tasks, when there is none."""
    return folder.load(sys.modules[__name__], name).Task()
