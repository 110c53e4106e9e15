"""Tables of results, in the kind of table that came in."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS = ("pandas", "polars", "pyarrow")


def kind_of(table: Any) -> str | None:
    """Return the package that a table comes from, if it is one of the three that we know."""
    package = type(table).__module__.partition(".")[0]
    return package if package in _KINDS else None


def frame(columns: Mapping[str, "Sequence[Any]"], like: Any, index: Any) -> Any:
    """Make a table of these columns: of the kind of `like`, or of a package that is installed."""
    kind = kind_of(like)
    if kind is None:
        kind = next((name for name in _KINDS if _is_installed(name)), None)
    if kind is None:
        raise ImportError("to_frame needs pandas, polars or pyarrow: pip install pandas")
    package = import_module(kind)
    if kind == "pandas":
        return package.DataFrame(dict(columns), index=index)
    if kind == "polars":
        texts = {name: package.String for name, values in columns.items() if _is_text(values)}
        lists = {name: _plain(values) for name, values in columns.items()}
        return package.DataFrame(lists, schema_overrides=texts)
    texts = {
        name: package.array(_plain(values), package.string())
        for name, values in columns.items()
        if _is_text(values)
    }
    return package.table({name: texts.get(name, values) for name, values in columns.items()})


def _is_installed(name: str) -> bool:
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def _is_text(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == object


def _plain(values: Any) -> Any:
    return values.tolist() if _is_text(values) else values
