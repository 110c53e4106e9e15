"""One detector for each key."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ._detections import Detection, Detections
from ._keywords import unexpected
from ._progress import stopped
from ._rcf import AnomalyDetector, KeyedDetectors
from ._tables import rows_by_key

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ._rcf import HeldColumns

Missing = Literal["raise", "impute"]
Progress = bool | Callable[[int, int], object] | None

_OWN = "budget", "time_to_live"
_PARAMETERS = AnomalyDetector().get_params().keys()


class DetectorMap(Mapping[Any, AnomalyDetector]):
    """A detector for each key, all of the same parameters, made when the key first comes.

    Detectors know nothing of each other: what one says depends on the rows of its key alone, and equals
    what a detector of the same parameters says that is given those rows. Neither the budget nor the
    number of threads changes a result. The map reads as one from keys to copies of their detectors.

    Parameters
    ----------
    budget : int, optional
        Bytes that the map may take (`size_in_bytes`). Detectors beyond it, those not used for longest,
        are kept as saved bytes, which are two to three times smaller, until their next row.
    time_to_live : float, optional
        A key that was silent for longer, as of the newest row of any key, is forgotten with its memory
        freed: its next row finds a new detector. In the unit of the timestamps (seconds for moments), to a
        thousandth; without timestamps, in rows of the map.
    **parameters
        Those of `AnomalyDetector`.

    Raises
    ------
    ConfigError
        If a parameter breaks its rule.

    Notes
    -----
    Keys are str, int, or tuples of these. Pickling and copying keep the complete state. A map may be
    shared by threads: one call at a time works on it.

    Examples
    --------
    >>> sensors = np.repeat(["a", "b"], 1000)
    >>> noise = np.random.default_rng(7).normal(0, 0.1, 2000)
    >>> values = np.tile(np.sin(np.arange(1000) / 10), 2) + noise
    >>> values[1900] = 3.0
    >>> detectors = rcf.DetectorMap(seed=7, budget=10_000_000)
    >>> results = detectors.process(sensors, values)
    >>> {key: len(result.anomalies()) for key, result in results.items()}
    {'a': 0, 'b': 1}
    >>> detectors.process_one("b", 3.0).is_anomaly, detectors["b"].observations
    (True, 1001)
    """

    def __init__(
        self, *, budget: int | None = None, time_to_live: float | None = None, **parameters: Any
    ) -> None:
        """Check the parameters by making a detector of them."""
        for name in parameters.keys() - _PARAMETERS:
            if get_close_matches(name, _OWN, 1):
                raise unexpected("DetectorMap", name, _OWN)
        template = AnomalyDetector(**parameters)
        self._detectors = KeyedDetectors(template, budget=budget, time_to_live=time_to_live)

    def process(
        self,
        keys: Any,
        points: Any,
        *,
        timestamps: Any = None,
        missing: Missing = "raise",
        n_jobs: int | None = None,
        progress: Progress = None,
    ) -> dict[Hashable, Detections]:
        """Judge, then learn, each row with the detector of its key, keys side by side.

        Ctrl-C, or an error of `progress`, ends the call within a fraction of a second: each key has
        learned some of its rows, from the first on, and the exception's attribute `result` holds what is
        said about those, by key; `rows` is their number.

        Parameters
        ----------
        keys : sequence of length n
            The key of each row; a pandas table of several columns makes tuples.
        points : array_like of shape (n, input_dimensions), or (n,)
            The rows, oldest first for each key: arrays or tables.
        timestamps : array_like of shape (n,), optional
            When each row was made, as for `AnomalyDetector.process`; increasing for each key. With
            every call or with none.
        missing : {"raise", "impute"}, default "raise"
            As for `AnomalyDetector.process`.
        n_jobs : int, optional
            Number of threads; all processors if left out or -1. Never changes a result.
        progress : bool or callable, optional
            As for `AnomalyDetector.process`.

        Returns
        -------
        dict of Detections
            For each key, in the order of their first rows, the results of its rows, in their order.

        Raises
        ------
        InputError
            If a row is refused; its attribute `row` counts among all rows. No detector has changed.
        """
        names, key_of_row = rows_by_key(keys)
        columns, points, failure = self._detectors.process(
            names,
            key_of_row,
            points,
            timestamps=timestamps,
            missing=missing,
            n_jobs=n_jobs,
            progress=progress,
        )
        results = _ResultsByKey(names, columns, key_of_row, points, timestamps)
        if failure is not None:
            error, done = failure
            stopped(error, done, results)
            raise error
        return dict(results)

    def process_one(
        self,
        key: Hashable,
        point: Any,
        *,
        timestamp: "float | datetime | np.datetime64 | None" = None,
        missing: Missing = "raise",
    ) -> Detection:
        """Judge, then learn, one observation with the detector of its key.

        Parameters
        ----------
        key : str, int or tuple of these
            Whose observation it is.
        point : array_like of shape (input_dimensions,), or a number if `input_dimensions` is 1
            The next observation of this key.
        timestamp : float or datetime, optional
            When it was made, as for `process`.
        missing : {"raise", "impute"}, default "raise"
            As for `AnomalyDetector.process`.

        Returns
        -------
        Detection
            What there is to say about it.

        Raises
        ------
        InputError
            If the key or the observation is refused. Nothing has changed.
        """
        return self._detectors.process_one(key, point, timestamp=timestamp, missing=missing)

    def mark_normal(self, key: Hashable, detection: Detection) -> int:
        """Raise the boundary of a key for events like this one, which was not an anomaly.

        Parameters
        ----------
        key : str, int or tuple of these
            The key.
        detection : Detection
            A candidate of its detector, from `process_one` or `Detections.detection`.

        Returns
        -------
        int
            The number of the mark, for `unmark_normal`; `Detection.suppressed_by` names it.

        Raises
        ------
        KeyError
            If there is no detector of this key.
        InputError
            As for `AnomalyDetector.mark_normal`.
        """
        mark = self._detectors.mark_normal(key, detection)
        if mark is None:
            raise KeyError(key)
        return mark

    def unmark_normal(self, key: Hashable, mark: int) -> None:
        """Remove a mark of a key: similar events are reported again.

        Parameters
        ----------
        key : str, int or tuple of these
            The key.
        mark : int
            The number that `mark_normal` has returned.

        Raises
        ------
        KeyError
            If there is no such key or mark.
        """
        if not self._detectors.unmark_normal(key, mark):
            raise KeyError((key, mark))

    def forget(self, key: Hashable) -> bool:
        """Forget a key and its detector.

        Parameters
        ----------
        key : str, int or tuple of these
            The key.

        Returns
        -------
        bool
            Whether it was known.
        """
        return self._detectors.forget(key)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all parameters by name, as the constructor takes them.

        Parameters
        ----------
        deep : bool, default True
            Without effect: no parameter has parameters.

        Returns
        -------
        dict of str
            The values; None for `input_dimensions` while it is open.

        Examples
        --------
        >>> detectors = rcf.DetectorMap(sample_size=128, time_to_live=3600)
        >>> detectors.get_params()["time_to_live"], rcf.DetectorMap(**detectors.get_params())
        (3600.0, <DetectorMap(sample_size=128, time_to_live=3600.0): 0 keys, 296 bytes>)
        """
        own = {name: getattr(self._detectors, name) for name in _OWN}
        return {**self._detectors.template.get_params(deep), **own}

    @property
    def size_in_bytes(self) -> int:
        """Bytes of the detectors in use, of all keys, and of the tables between them: exact."""
        return self._detectors.size_in_bytes

    @property
    def saved(self) -> int:
        """Number of detectors that are kept as saved bytes, since they exceed the budget."""
        return self._detectors.saved

    @property
    def saved_bytes(self) -> int:
        """How many bytes those are, in addition to `size_in_bytes`."""
        return self._detectors.saved_bytes

    @property
    def expirations(self) -> int:
        """Number of times a key was forgotten for its silence."""
        return self._detectors.expirations

    def __getitem__(self, key: Hashable) -> AnomalyDetector:
        """Return a copy of the detector of a key."""
        found = self._detectors.get(key) if key in self._detectors else None
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        """Return whether there is a detector of this key."""
        return key in self._detectors

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the keys."""
        return iter(self._detectors.keys())

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._detectors)

    def __repr__(self) -> str:
        """Return the parameters that are no defaults, the number of keys and their memory as text."""
        shown = [repr(self._detectors.template).partition("(")[2][:-1]]
        for name in _OWN:
            if (value := getattr(self._detectors, name)) is not None:
                shown.append(f"{name}={value!r}")
        parameters = ", ".join(filter(None, shown))
        return f"<DetectorMap({parameters}): {len(self):,} keys, {self.size_in_bytes:,} bytes>"


def process_many(
    keys: Any,
    points: Any,
    *,
    timestamps: Any = None,
    missing: Missing = "raise",
    n_jobs: int | None = None,
    progress: Progress = None,
    **parameters: Any,
) -> dict[Hashable, Detections]:
    """Judge the rows of many keys, each with a separate new detector.

    The short form of `DetectorMap`, for data that is complete.

    Parameters
    ----------
    keys, points, timestamps, missing, n_jobs, progress : optional
        As for `DetectorMap.process`.
    **parameters
        Those of `DetectorMap`.

    Returns
    -------
    dict of Detections
        For each key, the results of its rows.
    """
    for name in parameters.keys() - _PARAMETERS - set(_OWN):
        if get_close_matches(name, ("timestamps", "missing", "n_jobs", "progress"), 1):
            raise unexpected("process_many", name, ("timestamps", "missing", "n_jobs", "progress"))
    detectors = DetectorMap(**parameters)
    return detectors.process(
        keys, points, timestamps=timestamps, missing=missing, n_jobs=n_jobs, progress=progress
    )


class _ResultsByKey(Mapping[Any, Detections]):
    """The results of the rows of each key, created on first use.

    An exception carries it out of a call that was ended: to make it all would delay the exception.
    """

    def __init__(
        self,
        names: list[Any],
        columns: "list[HeldColumns | None]",
        key_of_row: "NDArray[np.int64]",
        points: Any,
        timestamps: Any,
    ) -> None:
        self._columns = {key: held for key, held in zip(names, columns, strict=True) if held is not None}
        self._counts = [0 if held is None else len(held) for held in columns]
        self._names = names
        self._rows = key_of_row, points, timestamps
        self._places: dict[Any, tuple[int, int]] = {}
        self._made: dict[Any, Detections] = {}

    def __getitem__(self, key: Any) -> Detections:
        if key not in self._made:
            held = self._columns[key]
            if not self._places:
                self._sort()
            begin, end = self._places[key]
            _, points, timestamps = self._rows
            times = None if timestamps is None else _part(timestamps, begin, end)
            made = Detections(source=_part(points, begin, end), timestamps=times, **held.take())
            self._made[key] = made
        return self._made[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"<results of {len(self)} keys>"

    def _sort(self) -> None:
        """Put the rows in the order of the keys."""
        key_of_row, points, timestamps = self._rows
        in_order = _rows_in_order(key_of_row, np.array(self._counts, dtype=np.int64))
        points = _take(points, in_order)
        timestamps = None if timestamps is None else _take(timestamps, in_order)
        self._rows = key_of_row, points, timestamps
        end = 0
        for key, count in zip(self._names, self._counts, strict=True):
            begin, end = end, end + count
            self._places[key] = begin, end


def _rows_in_order(key_of_row: "NDArray[np.int64]", counts: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Return the rows, key by key and oldest first, as many of each key as it has counts."""
    # NumPy sorts narrow integers in a time that is linear in their number.
    narrow = key_of_row.astype(np.uint16) if len(counts) <= 1 << 16 else key_of_row
    in_order = np.argsort(narrow, kind="stable")
    lengths = np.bincount(key_of_row, minlength=len(counts))
    place = np.arange(len(in_order)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return in_order[place < np.repeat(counts, lengths)]


def _take(table: Any, rows: "NDArray[np.int64]") -> Any:
    """Return these rows of a table, an array or a list, in its own kind."""
    if hasattr(table, "iloc"):
        return table.iloc[rows]
    if hasattr(table, "take") and hasattr(table, "schema"):  # Arrow
        return table.take(rows)
    return table[rows] if hasattr(table, "schema") else np.asarray(table)[rows]


def _part(table: Any, begin: int, end: int) -> Any:
    """Return rows that follow each other, without a copy where its kind can."""
    if hasattr(table, "iloc"):
        return table.iloc[begin:end]
    if hasattr(table, "slice"):  # Arrow, polars
        return table.slice(begin, end - begin)
    return table[begin:end]


for _object in (DetectorMap, process_many):
    _object.__module__ = "rcf"
del _object
