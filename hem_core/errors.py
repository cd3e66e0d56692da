"""What can go wrong, named by what the user can fix."""


class HemError(Exception):
    """Something the user can fix; the message says what was wanted, what came, and the way out."""


class DataError(HemError):
    """The data set cannot be read as asked: a missing file, column or class name."""


class ModelError(HemError):
    """The model cannot be built, loaded or run on these examples."""


class RunError(HemError):
    """A run folder or workspace is missing, unfinished, or was made by other parameters."""


class TakenError(RunError):
    """Another process is at work on the same run, loop or retraining."""


class BusyError(RunError):
    """The tag log does not take or give anything now: locked, read-only, or its disk is full. It may pass."""


class ConflictError(HemError):
    """A request is about another workspace, other data, or was sent before with other content."""


class UnknownNameError(HemError):
    """A score, reader, format or other item that no file provides."""


class PluginError(HemError):
    """An item of an installed package cannot be used: its name is taken, or it cannot be imported."""


class MiningError(HemError):
    """A loss, selector or sampler got a shape, range or option that it cannot mine with."""
