"""Random Cut Forest as an accessor of pandas. Higher scores are more anomalous.

After ``import rcf.pandas`` every table and every series has ``.rcf``: `Accessor.score` and
`Accessor.detect`.

Examples
--------
>>> import pandas
>>> import rcf.pandas
>>> level = pandas.Series(np.sin(np.arange(2000) / 10), name="level")
>>> level[1900] = 3.0
>>> found = level.rcf.detect(seed=7)
>>> found.index[found["is_anomaly"]].tolist()
[1900]
"""

from typing import Any, Literal

import numpy as np

try:
    import pandas
except ImportError as error:  # pragma: no cover
    raise ImportError("rcf.pandas needs pandas: pip install pandas") from error

from ._errors import InputError
from ._keyed import process_many
from ._rcf import AnomalyDetector, RandomCutForest
from ._tables import rows_by_key

__all__ = ["Accessor"]

Missing = Literal["raise", "impute"]


@pandas.api.extensions.register_series_accessor("rcf")
@pandas.api.extensions.register_dataframe_accessor("rcf")
class Accessor:
    """The accessor ``table.rcf``.

    Parameters
    ----------
    table : DataFrame or Series
        Columns of numbers, which are judged together.
    """

    def __init__(self, table: Any) -> None:
        """Created by pandas."""
        self._table = table

    def score(self, **parameters: Any) -> "pandas.Series":
        """Score, then learn, each row in turn.

        Parameters
        ----------
        **parameters
            Those of `rcf.RandomCutForest`.

        Returns
        -------
        Series
            The scores, as of `rcf.RandomCutForest.process`, under the same index.
        """
        scores = RandomCutForest(**parameters).process(self._table)
        return pandas.Series(scores, index=self._table.index, name="score")

    def _check(self, names: list[Any]) -> None:
        """Refuse columns that the table does not have."""
        known = list(getattr(self._table, "columns", ()))
        unknown = [name for name in names if name not in known]
        if unknown:
            found = f"it has {known}" if known else "a series has none: give a table"
            raise InputError(f"the table has no columns {unknown}; {found}")

    def detect(
        self, *, by: Any = None, timestamps: Any = None, missing: Missing = "raise", **parameters: Any
    ) -> "pandas.DataFrame":
        """Judge, then learn, each row in turn.

        Parameters
        ----------
        by : str or list of str, optional
            The column of the keys, or several: each key has its own detector.
        timestamps : str or array_like, optional
            When each row was made, as for `rcf.AnomalyDetector.process`; or the column that says so. It
            is not judged then.
        missing : {"raise", "impute"}, default "raise"
            Whether missing values are errors, or filled in.
        **parameters
            Those of `rcf.AnomalyDetector`.

        Returns
        -------
        DataFrame
            What `rcf.Detections.to_frame` gives, in the order of the rows and under their index.
        """
        table = self._table
        named = [by] if isinstance(by, str) else list(by or ())
        self._check([*named, *([timestamps] if isinstance(timestamps, str) else [])])
        if isinstance(timestamps, str):
            timestamps, table = table[timestamps], table.drop(columns=timestamps)
        if by is None:
            result = AnomalyDetector(**parameters).process(table, timestamps=timestamps, missing=missing)
            return result.to_frame()
        keys, table = table[by], table.drop(columns=by)
        results = process_many(keys, table, timestamps=timestamps, missing=missing, **parameters)
        _, key_of_row = rows_by_key(keys)
        in_order = np.argsort(key_of_row, kind="stable")
        frame = pandas.concat([result.to_frame() for result in results.values()])
        return frame.iloc[np.argsort(in_order)]
