"""One detector for each key."""

import copy
import os
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np

from ._detections import Detections
from ._errors import ConfigError, InputError
from ._rcf import AnomalyDetector


class DetectorMap(Mapping[Any, AnomalyDetector]):
    """A detector for each key, all of the same parameters, made when the key first comes.

    A mapping from keys to detectors. Detectors know nothing of each other: what one says depends on the
    rows of its key alone, and equals what a detector of the same parameters says that is given those rows.

    Parameters
    ----------
    **parameters
        Those of `AnomalyDetector`.

    Examples
    --------
    >>> sensors = np.repeat(["a", "b"], 1000)
    >>> values = np.tile(np.sin(np.arange(1000) / 10), 2)
    >>> values[1900] = 3.0
    >>> results = rcf.DetectorMap(seed=7).process(sensors, values)
    >>> {key: len(result.anomalies()) for key, result in results.items()}
    {'a': 0, 'b': 1}
    """

    def __init__(self, **parameters: Any) -> None:
        """Check the parameters by making a detector of them."""
        AnomalyDetector(**parameters)
        self._parameters = parameters
        self._detectors: dict[Any, AnomalyDetector] = {}

    def process(
        self, keys: Any, points: Any, *, missing: str = "raise", n_jobs: int | None = None
    ) -> dict[Hashable, Detections]:
        """Judge, then learn, each row with the detector of its key, keys side by side.

        Parameters
        ----------
        keys : sequence of hashable, of length n
            The key of each row.
        points : array_like of shape (n, input_dimensions), or (n,)
            The rows, oldest first for each key: arrays or pandas tables.
        missing : {"raise", "impute"}, default "raise"
            As for `AnomalyDetector.process`.
        n_jobs : int, optional
            Number of threads; all processors if left out. Never changes a result.

        Returns
        -------
        dict of Detections
            For each key, in the order of their first rows, what is said about its rows, in their order.

        Raises
        ------
        InputError
            If a row is refused; its attribute `row` counts among all rows. No detector has changed.
        """
        from concurrent.futures import ThreadPoolExecutor  # slow to import

        jobs = _jobs(n_jobs)
        rows = _rows_of_keys(keys)
        count = sum(map(len, rows.values()))
        if not hasattr(points, "iloc"):
            points = np.asarray(points)
        if np.ndim(points) == 0 or len(points) != count:
            raise InputError(f"expected as many rows as keys: {count}, got shape {np.shape(points)}")

        # What is refused must not leave some detectors changed: work on copies.
        def work(key: Hashable) -> tuple[AnomalyDetector, Detections]:
            known = self._detectors.get(key)
            detector = AnomalyDetector(**self._parameters) if known is None else copy.copy(known)
            mine = rows[key]
            part = points.iloc[mine] if hasattr(points, "iloc") else points[mine]
            try:
                return detector, detector.process(part, missing=missing)
            except InputError as error:
                if error.row is not None:
                    error.row = int(mine[error.row])
                    error.args = (f"key {key!r}, row {error.row}: {str(error).partition(': ')[2]}",)
                raise

        with ThreadPoolExecutor(jobs) as pool:
            done = dict(zip(rows, pool.map(work, rows), strict=True))
        self._detectors.update((key, detector) for key, (detector, _) in done.items())
        return {key: result for key, (_, result) in done.items()}

    def __getitem__(self, key: Hashable) -> AnomalyDetector:
        """Give the detector of a key."""
        return self._detectors[key]

    def __iter__(self) -> Iterator[Any]:
        """Go through the keys."""
        return iter(self._detectors)

    def __len__(self) -> int:
        """Give the number of keys."""
        return len(self._detectors)


def process_many(
    keys: Any, points: Any, *, missing: str = "raise", n_jobs: int | None = None, **parameters: Any
) -> dict[Hashable, Detections]:
    """Judge the rows of many keys, each with a new detector of its own.

    The short form of `DetectorMap`, for data that is complete.

    Parameters
    ----------
    keys, points, missing, n_jobs : optional
        As for `DetectorMap.process`.
    **parameters
        Those of `AnomalyDetector`.

    Returns
    -------
    dict of Detections
        For each key, what is said about its rows.
    """
    return DetectorMap(**parameters).process(keys, points, missing=missing, n_jobs=n_jobs)


def _jobs(n_jobs: int | None) -> int:
    if n_jobs is None or n_jobs == -1:
        return os.cpu_count() or 1
    if n_jobs < 1:
        raise ConfigError(f"n_jobs must be at least 1, or -1 for all processors, got {n_jobs}")
    return n_jobs


def _rows_of_keys(keys: Any) -> dict[Hashable, Any]:
    rows: dict[Hashable, list[int]] = {}
    for row, key in enumerate(keys.tolist() if hasattr(keys, "tolist") else keys):
        rows.setdefault(key, []).append(row)
    return {key: np.asarray(mine) for key, mine in rows.items()}


for _object in (DetectorMap, process_many):
    _object.__module__ = "rcf"
del _object
