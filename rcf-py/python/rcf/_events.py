"""Alerts of many keys that begin together."""

from collections.abc import Hashable, Iterable, Mapping
from datetime import timedelta
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from ._detections import Detections
from ._errors import InputError
from ._rcf import _correlate
from ._tables import collected, column_names, one_of, rows_by_key


class Onset(NamedTuple):
    """The part that one key has in an event.

    Attributes
    ----------
    key : hashable
        The key.
    time : object
        When its first alert of the event was, as it was given.
    alerts : int
        Number of its alerts in the event.
    grade : float
        The largest grade of these.
    """

    key: Hashable
    time: Any
    alerts: int
    grade: float


class Event(NamedTuple):
    """Alerts of several keys that began together.

    Attributes
    ----------
    start : object
        When the first key began.
    grade : float
        The largest grade.
    onsets : list of Onset
        The keys in the order of their onsets.
    """

    start: Any
    grade: float
    onsets: list[Onset]

    @property
    def keys(self) -> list[Hashable]:
        """The keys in the order of their onsets."""
        return [onset.key for onset in self.onsets]


def events(alerts: Any, *, within: float | timedelta = 60.0, min_keys: int = 2) -> list[Event]:
    """Group alerts of many keys that begin together.

    An event begins with an alert and holds the alerts of all keys at most `within` after it.

    Parameters
    ----------
    alerts : dict of Detections, table, or iterable of tuples
        What `process_many` or `DetectorMap.process` returns, of which the anomalies count, at their
        timestamps (else at the numbers of the rows of their key); a table with the columns ``key`` and
        ``time``, and maybe ``grade``; or tuples of key, time and maybe grade.
    within : float or timedelta, default 60
        The longest span of an event: in the unit of the times, seconds for moments.
    min_keys : int, default 2
        Events of fewer keys are left out.

    Returns
    -------
    list of Event
        In the order of their starts.

    Raises
    ------
    InputError
        If a time is not finite, or the alerts are of no kind that is known.

    Examples
    --------
    >>> alerts = [("web", 150, 0.5), ("database", 100, 0.75), ("cache", 112, 0.25), ("disk", 900, 0.5)]
    >>> for event in rcf.events(alerts, within=60):
    ...     print(event.start, event.keys)
    100 ['database', 'cache', 'web']
    """
    keys, times, grades = _columns(alerts)
    one_of("within", within, (Real, timedelta), "a number or a timedelta")
    one_of("min_keys", min_keys, (int, np.integer), "an integer")
    span = within.total_seconds() if isinstance(within, timedelta) else float(within)
    if not span >= 0:
        raise InputError(f"within must be at least 0, got {within}")
    if not keys:
        return []
    for grade in grades:
        one_of("a grade", grade, (Real, np.number), "a number")
    names, places = rows_by_key(keys)
    found = []
    for onsets in _correlate(places.tolist(), times, grades, span, min_keys):
        parts = [Onset(names[key], times[first], count, grade) for key, first, count, grade in onsets]
        found.append(Event(parts[0].time, max(part.grade for part in parts), parts))
    return found


def _columns(alerts: Any) -> tuple[list[Hashable], list[Any], list[float]]:
    """Return keys, times and grades, an entry for each alert."""
    if isinstance(alerts, Mapping):
        return _of_detections(alerts)
    alerts = collected(alerts)
    names = column_names(alerts)
    if names is not None:
        missing = [name for name in ("key", "time") if name not in names]
        if missing:
            raise InputError(f"the table of alerts lacks the columns {missing}; it has {names}")
        keys, times = _listed(alerts["key"]), _listed(alerts["time"])
        grades = _listed(alerts["grade"]) if "grade" in names else [0.0] * len(keys)
        return keys, times, grades
    if not isinstance(alerts, Iterable):
        raise TypeError(
            "alerts must be what process_many returns, a table, or tuples of key and time, got "
            f"{type(alerts).__name__}"
        )
    rows = [tuple(row) if isinstance(row, Iterable) else () for row in alerts]
    if any(len(row) not in (2, 3) for row in rows):
        raise InputError("an alert is a tuple of key and time, or of key, time and grade")
    return [row[0] for row in rows], [row[1] for row in rows], [(*row, 0.0)[2] for row in rows]


def _of_detections(by_key: Mapping[Any, Any]) -> tuple[list[Hashable], list[Any], list[float]]:
    keys: list[Hashable] = []
    times: list[Any] = []
    grades: list[float] = []
    for key, result in by_key.items():
        if not isinstance(result, Detections):
            raise InputError(f"expected Detections for each key, got {type(result).__name__} for {key!r}")
        rows = np.flatnonzero(result.is_anomaly)
        keys += [key] * len(rows)
        known = result.times
        times += [int(row) if known is None else known[row] for row in rows]
        grades += result.grade[rows].tolist()
    return keys, times, grades


def _listed(column: Any) -> list[Any]:
    """Return the values of a column, moments as they are."""
    return list(column.to_pylist() if hasattr(column, "to_pylist") else column)


for _object in (Onset, Event, events):
    # Pickles and the interactive prompt show the public name.
    _object.__module__ = "rcf"
del _object
