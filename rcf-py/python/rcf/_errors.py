"""What can go wrong. Every error of this package is an `RcfError`."""


class RcfError(Exception):
    """Base class of the errors of this package."""


class ConfigError(RcfError, ValueError):
    """A parameter of the constructor breaks its rule."""


class InputError(RcfError, ValueError):
    """An input was refused; the forest is unchanged.

    Attributes
    ----------
    row : int or None
        Position of the refused point in the array; None if a single point was given, or where the
        shape of the whole array is wrong.
    """

    row: int | None = None


class NotReadyError(RcfError, RuntimeError):
    """The call needs a forest that has learned more."""


class StateError(RcfError, ValueError):
    """Saved bytes cannot be restored: they are damaged, truncated, or not a saved forest."""


class InternalError(RcfError, RuntimeError):
    """An earlier call failed with a bug of this package; the object can no longer be used."""


for _error in (RcfError, ConfigError, InputError, NotReadyError, StateError, InternalError):
    # Tracebacks and pickles show the public name.
    _error.__module__ = "rcf"
del _error
