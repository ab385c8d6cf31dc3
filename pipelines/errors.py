"""What can go wrong, told to a person in three lines: what happened, what was expected, how to fix it.

* FlywheelError
  x DataError        the input is at fault: trying again changes nothing (exit code 2)
    + ParameterError   a key or value in params.yaml or on the command line
    + RecordError      `record` in params.yaml contradicts itself
    + SourceError      a source cannot be read as what it claims to be
    + SealError        sealed data cannot be opened: wrong master key, or altered bytes
    + BundleError      a model bundle is incomplete or was altered
    + TrainingError    the data cannot train a model: one class, no rows
    + LeakError        a person, or a canary, stands where none may stand
    + BudgetError      a training would spend more privacy than its data set has
  x WorldError       the world is at fault: trying again may help (exit code 3)
    + BusyError        another run holds this workspace
    + ServerError      a server that we need does not answer

No message ever holds a row's value: columns, counts, line numbers and file names only.
"""


class FlywheelError(Exception):
    """A failure whose message is shown to the user as it is, without a traceback."""

    exit_code = 1

    def __init__(self, what: str, expected: str, fix: str) -> None:
        super().__init__(f"{what}\n{expected}\nFix: {fix}")

    def __reduce__(self) -> tuple[object, ...]:
        """How it comes from a process that works for another one: with its words, not with its three parts."""
        return _again, (type(self), str(self), vars(self))


def _again(kind: type[FlywheelError], message: str, state: dict[str, object]) -> FlywheelError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    vars(error).update(state)
    return error


class DataError(FlywheelError):
    """The input is at fault; trying again changes nothing."""

    exit_code = 2


class ParameterError(DataError):
    """A key or a value in params.yaml, or on the command line, is not one we know."""


class RecordError(DataError):
    """`record` in params.yaml contradicts itself."""


class SourceError(DataError):
    """A source cannot be read as what it claims to be."""


class SealError(DataError):
    """Sealed data cannot be opened: the master key is another one, or bytes were altered."""


class BundleError(DataError):
    """A model bundle is incomplete, or its bytes are not the ones that were measured."""


class TrainingError(DataError):
    """The data cannot train a model."""


class LeakError(DataError):
    """A person, or a canary, stands where none may stand."""


class BudgetError(DataError):
    """A training would spend more privacy than its data set has."""


class WorldError(FlywheelError):
    """The world is at fault; trying again may help."""

    exit_code = 3


class BusyError(WorldError):
    """Another run holds this workspace."""


class ServerError(WorldError):
    """A server that this work needs does not answer."""
