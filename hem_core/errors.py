"""Errors that the user can fix."""


class HemError(Exception):
    """An error that the user can fix; the message says what was expected, what came, and what to do."""


class DataError(HemError):
    """The data set cannot be read as asked: a missing file, column or class name."""


class ModelError(HemError):
    """The model cannot be built, loaded or run on these examples."""


class RunError(HemError):
    """A run folder or workspace is missing or unfinished, or was made with other parameters."""


class TakenError(RunError):
    """Another process is already working on the same run, loop or retraining."""


class BusyError(RunError):
    """The tag log cannot be read or written now: it is locked or read-only, or its disk is full."""


class ConflictError(HemError):
    """A request is about another workspace or other data, or was sent before with other content."""


class UnknownNameError(HemError):
    """A score, reader, format or other item that no file provides."""


class PluginError(HemError):
    """An item of an installed package cannot be used: its name is taken, or it cannot be imported."""


class MiningError(HemError):
    """A loss, selector or sampler got a shape, range or option that it cannot mine with."""
