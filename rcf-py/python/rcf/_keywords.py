"""Keywords of calls: an unexpected one is refused with the one that was probably meant."""

import functools
import inspect
import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from types import ClassMethodDescriptorType
from typing import Any, TypeVar

_Call = TypeVar("_Call", bound=Callable[..., Any])
_UNEXPECTED = re.compile(r"got an unexpected keyword argument '(\w+)'$")


def unexpected(call: str, name: str, names: Iterable[str]) -> TypeError:
    """The error of a call that takes these names, but not this one."""
    close = get_close_matches(name, list(names), 1)
    remedy = f"did you mean '{close[0]}'?" if close else f"help(rcf.{call}) names all"
    return TypeError(f"{call}() got an unexpected keyword argument '{name}'; {remedy}")


def advised(call: _Call) -> _Call:
    """The same call, with a remedy in the error about an unexpected keyword."""
    names = list(inspect.signature(call).parameters)

    @functools.wraps(call)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        try:
            return call(*arguments, **keywords)
        except TypeError as error:
            found = _UNEXPECTED.search(str(error))
            if not found or found[1] not in keywords or found[1] in names:
                raise
            raise unexpected(call.__qualname__, found[1], names) from None

    return wrapper  # type: ignore[return-value]


# In the compiled module they are called for each observation, and would feel the wrapper: those
# with options say themselves which one was meant.
_ONE_BY_ONE = {"score", "surprise", "update", "update_shingle", "process_one"}


def advise(owner: type) -> None:
    """Advise about the keywords of all public methods of a class."""
    for name, member in list(vars(owner).items()):
        is_call = inspect.isroutine(member) and callable(member)
        is_fast = name in _ONE_BY_ONE and not inspect.isfunction(member)
        if name.startswith("_") or is_fast or not is_call:
            continue
        if isinstance(member, ClassMethodDescriptorType):
            setattr(owner, name, classmethod(advised(_of_class(member))))
        elif not isinstance(member, classmethod | staticmethod):
            setattr(owner, name, advised(member))


def _of_class(member: ClassMethodDescriptorType) -> Callable[..., Any]:
    """A class method of the compiled module as a function of the class."""

    @functools.wraps(member)
    def call(owner: type, *arguments: Any, **keywords: Any) -> Any:
        return member.__get__(None, owner)(*arguments, **keywords)

    return call
