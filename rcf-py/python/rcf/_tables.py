"""Tables and times that NumPy alone would read as objects, and columns by their names."""

import sys
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def collected(table: Any) -> Any:
    """Collect what a LazyFrame of polars promises; give anything else as it is."""
    return table.collect() if type(table).__name__ == "LazyFrame" and hasattr(table, "collect") else table


def column_names(table: Any) -> list[str] | None:
    """Return the names of a table's columns, the second of a name as name_2; None where they have none."""
    columns = getattr(table, "column_names", None)  # Arrow
    if columns is None:
        columns = getattr(table, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    names: list[str] = []
    for name in columns:
        count = 2
        unique = name
        while unique in names:
            unique, count = f"{name}_{count}", count + 1
        names.append(unique)
    return names


def in_order(table: Any, names: Sequence[str] | None) -> tuple[Any, list[str] | None]:
    """Put the columns of a table into the order of these names; give the table and its names."""
    table = collected(table)
    found = column_names(table)
    if found is None or names is None or found == list(names):
        return table, found
    if sorted(found) != sorted(names):
        raise InputError(_other_columns(found, names))
    positions = [found.index(name) for name in names]
    if hasattr(table, "iloc"):
        return table.iloc[:, positions], list(names)
    # Names of polars are unique; Arrow takes positions.
    return table.select(list(names) if hasattr(table, "get_columns") else positions), list(names)


def _other_columns(found: Sequence[str], names: Sequence[str]) -> str:
    missing = [name for name in names if name not in found]
    other = [name for name in found if name not in names]
    parts = [f"{what} {which}" for what, which in (("lacks", missing), ("also has", other)) if which]
    return (
        f"the model knows the columns {list(names)}; this table {' and '.join(parts)}: "
        f"give table[{list(names)}], or set feature_names_in_ to None"
    )


def point_in_order(point: Any, names: Sequence[str] | None) -> Any:
    """Return the values of one observation in the order of the names, if it has names itself."""
    if names is None:
        return point
    if isinstance(point, Mapping):
        found = list(point)
    elif hasattr(point, "iloc") and getattr(point, "ndim", 0) == 1:  # a row of pandas
        found = list(point.index)
        if not all(isinstance(name, str) for name in found):
            return point
    else:
        return point
    if sorted(found, key=str) != sorted(names):
        said = _other_columns(found, names).replace("this table", "this observation")
        raise InputError(said.replace(f"give table[{list(names)}]", "give a value or NaN for each of them"))
    values = [point[name] for name in names]
    for name, value in zip(names, values, strict=True):
        if isinstance(value, str):
            raise TypeError(f"expected numbers, got text such as {value!r} for {name!r}; give float(...)")
    return values


def values_in_order(values: Any, names: Sequence[str] | None) -> Any:
    """Return an observation, or a table of all of a point, in the order of the names if it has names."""
    values = point_in_order(values, names)
    return values if isinstance(values, list) else in_order(values, names)[0]


def one_of(what: str, value: Any, kind: type | tuple[type, ...], expected: str) -> Any:
    """Return an argument that is of this kind, and no truth value; a TypeError names it otherwise."""
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{what} must be {expected}, got {type(value).__name__}")
    return value


def number_of(name: Any, value: Any) -> float:
    """Return the number of a feature; a TypeError names it if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name!r} must be a number, got {type(value).__name__} {value!r}") from error


def head(table: Any, rows: int) -> Any:
    """Return the first rows of a table, an array or a list."""
    return table.iloc[:rows] if hasattr(table, "iloc") else table[:rows]


def from_objects(values: Any) -> "NDArray[np.float64] | None":
    """Turn numbers among missing values (None, pandas.NA) into float64, with NaN for what is missing.

    None if there is anything else than numbers.
    """
    dtypes = getattr(values, "dtypes", None)
    if dtypes is not None and hasattr(values, "to_numpy"):
        try:
            kinds = {dtype.kind for dtype in np.atleast_1d(np.asarray(dtypes, dtype=object))}
            if kinds <= set("fiub"):
                return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
        except (AttributeError, TypeError):
            pass
    array = np.asarray(values)
    if not array.ndim or isinstance(values, Mapping | set):
        return None
    pandas = sys.modules.get("pandas")
    flat = array.ravel()
    missing = pandas.isna(flat) if pandas else np.array([value is None for value in flat], dtype=bool)
    kinds = {type(value) for value in flat[~missing]}
    odd = {type(value).__name__ for value in flat[missing]} - {
        "NoneType",
        "NAType",
        "float",
        "float64",
        "float32",
    }
    if odd or not all(issubclass(kind, int | float | np.integer | np.floating | np.bool_) for kind in kinds):
        return None
    numbers = np.where(missing, np.nan, flat)
    try:
        return numbers.astype(np.float64).reshape(array.shape)
    except OverflowError as error:
        raise InputError(f"a number is beyond the range of float64: {error}") from error


def values_of(table: Any) -> "NDArray[np.float64]":
    """Return the numbers of whatever a model has taken, with its shape."""
    values = np.asarray(table)
    if values.dtype == object:
        values = from_objects(table)  # type: ignore[assignment]
    return values.astype(np.float64)


def index_of(table: Any) -> Any:
    """Return the index of a pandas table, otherwise None."""
    index = getattr(table, "index", None)
    return None if callable(index) else index


def names_of(table: Any, count: int) -> list[str]:
    """Return the names of this many columns: those of a table, or generated."""
    names = column_names(table)
    if names is None:
        name = getattr(table, "name", None)
        names = [name] if isinstance(name, str) and name else []
    if len(names) == count:
        return names
    return ["value"] if count == 1 else [f"input {number}" for number in range(count)]


def not_all_numbers(table: Any) -> str | None:
    """Name the columns of a table that hold no numbers, and the remedy; None if all do, or it is no table.

    polars and Arrow would hand times over as numbers, or as an error of their own.
    """
    kinds: list[tuple[Any, str]] = []  # "n" for numbers, "t" for times, "o" for others
    select = "frame.select(...)"
    if hasattr(table, "iloc") and hasattr(table, "columns"):  # pandas
        for name, dtype in zip(table.columns, table.dtypes, strict=True):
            letter = getattr(dtype, "kind", "O")
            kinds.append((name, "n" if letter in "fiub" else "t" if letter in "mM" else "o"))
        select = "frame[[...]]"
    elif hasattr(table, "get_columns") and hasattr(table, "schema"):  # polars
        for name, dtype in table.schema.items():
            is_number = dtype.is_numeric() or str(dtype) in ("Boolean", "Null")
            kinds.append((name, "n" if is_number else "t" if dtype.is_temporal() else "o"))
    elif hasattr(table, "column_names") and hasattr(table, "schema"):  # Arrow
        import pyarrow.types as of

        plain = (of.is_integer, of.is_floating, of.is_boolean, of.is_decimal, of.is_null)
        for name, field in zip(table.column_names, table.schema, strict=True):
            is_number = any(is_plain(field.type) for is_plain in plain)
            kinds.append((name, "n" if is_number else "t" if of.is_temporal(field.type) else "o"))
    odd = [name for name, kind in kinds if kind != "n"]
    if not odd:
        return None
    has_times = any(kind == "t" for _, kind in kinds)
    times = "; times go to timestamps=..., where a call has it" if has_times else ""
    return f"expected numbers, got columns of other types: {odd}; give those with numbers, as {select}{times}"


def uneven(rows: Any) -> str | None:
    """Say which row has another length than the first; None if there are no such rows."""
    lengths = [len(row) if hasattr(row, "__len__") else None for row in rows]
    for row, length in enumerate(lengths):
        if length != lengths[0]:
            first = "a number" if lengths[0] is None else lengths[0]
            found = "is a number" if length is None else f"has {length}"
            return f"rows of different lengths: row {row} {found}, not {first}"
    return None


def not_numbers(values: Any) -> str:
    """Say what is there instead of numbers, and the remedy."""
    begin = "expected numbers, got "
    if named := not_all_numbers(values):
        return named
    if values is None or callable(values) or isinstance(values, dict | set):
        named = (
            "; a model that has learned a table takes one by its names" if isinstance(values, dict) else ""
        )
        return f"{begin}{type(values).__name__}; give an array, a table, a list or a number{named}"
    if isinstance(values, Iterator):
        return f"{begin}a {type(values).__name__}; give list(...) of it"
    if isinstance(values, int):
        return f"{begin}one beyond the range of float64"
    # An array of NumPy would make texts of the numbers among texts.
    listed = values if isinstance(values, list | tuple) else ()
    texts = [value for value in listed if isinstance(value, str)]
    if texts:
        return _text(begin, texts[0])
    array = np.asarray(values)
    if array.size and all(isinstance(value, Mapping) for value in array.flat):
        return f"{begin}records by name; make a table of them first: pandas.DataFrame(records)"
    if array.dtype.kind == "c":
        return f"{begin}complex ones; give their parts as two inputs: np.column_stack([x.real, x.imag])"
    if array.dtype.kind in "mM":
        return f"{begin}times ({array.dtype}); these go to timestamps=..., where a call has it"
    strange = [value for value in array.flat if not isinstance(value, int | float) and value is not None]
    odd = strange[0] if strange else values
    if isinstance(odd, str | bytes):
        return _text(begin, odd)
    if isinstance(odd, date):
        return f"{begin}times such as {odd}; these go to timestamps=..., where a call has it"
    what = type(odd).__name__ if strange and array.dtype == object else "values"
    return f"{begin}{what} of dtype {array.dtype}; make them numbers first: np.asarray(values, dtype=float)"


def _text(begin: str, odd: str | bytes) -> str:
    shown = bytes(odd) if isinstance(odd, bytes) else str(odd)
    return f"{begin}text such as {shown!r}; make them numbers first: np.asarray(values, dtype=float)"


def seconds(timestamps: Any) -> "NDArray[Any]":
    """Convert datetimes to seconds since 1970, as UTC if they have no time zone; numbers are unchanged."""
    array = np.asarray(timestamps)
    if array.dtype == object and getattr(getattr(timestamps, "dtype", None), "kind", "") == "M":
        array = timestamps.to_numpy(dtype="datetime64[ns]")  # pandas with a time zone: gives UTC
    if array.dtype == object and all(isinstance(moment, datetime) for moment in array.flat):
        utc = [moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc) for moment in array.flat]
        return np.array([moment.timestamp() for moment in utc]).reshape(array.shape)
    if array.dtype.kind == "M":
        microseconds = array.astype("datetime64[us]").astype(np.int64) / 1e6
        return np.where(np.isnat(array), np.nan, microseconds)
    if array.dtype.kind not in "fiub":
        kinds = sorted({type(moment).__name__ for moment in array.flat})
        found = " and ".join(kinds) if array.dtype == object else f"values of dtype {array.dtype}"
        raise TypeError(
            "timestamps must be numbers, or moments (datetime64, datetime, pandas' index), got "
            f"{found}; pandas.to_datetime reads text"
        )
    return array


def rows_by_key(keys: Any) -> "tuple[list[Hashable], NDArray[np.int64]]":
    """Return the keys, each once in the order of their first rows, and for each row the place of its key."""
    if hasattr(keys, "itertuples"):  # several columns of pandas
        listed = list(keys.itertuples(index=False, name=None))
    else:
        listed = keys
        for name in ("tolist", "to_list", "to_pylist"):  # NumPy and pandas, polars, Arrow
            if hasattr(keys, name):
                listed = getattr(keys, name)()  # Python's own values
                break
    if isinstance(listed, str | bytes) or not np.iterable(listed):
        raise InputError(f"expected keys, one for each row, got {type(keys).__name__} {keys!r}")
    places: dict[Hashable, int] = {}
    try:
        place_of_row = [places.setdefault(key, len(places)) for key in listed]
    except TypeError as error:
        raise InputError(f"keys must be str, int of 64 bits, or tuples of these: {error}") from error
    return list(places), np.array(place_of_row, dtype=np.int64)
