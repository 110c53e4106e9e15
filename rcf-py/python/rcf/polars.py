"""Random Cut Forest as expressions of polars. Higher scores are more anomalous.

After ``import rcf.polars`` every expression has a namespace ``rcf``: `Expressions.score` and
`Expressions.detect`, for data frames and lazy frames, over all rows or ``over`` a key. Rows are taken in
their order, by a model that begins with the first row (of each group). Chunks of one column without nulls
are read without a copy.

Examples
--------
>>> import polars as pl
>>> import rcf.polars
>>> sine = pl.LazyFrame({"x": np.sin(np.arange(2000) / 10)})
>>> sine = sine.with_columns(x=pl.when(pl.int_range(pl.len()) == 1900).then(3.0).otherwise("x"))
>>> found = sine.with_row_index().with_columns(pl.col("x").rcf.detect(seed=7).alias("rcf"))
>>> found.filter(pl.col("rcf").struct.field("is_anomaly")).collect()["index"].to_list()
[1900]
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

import numpy as np

try:
    import polars
except ImportError as error:  # pragma: no cover
    raise ImportError("rcf.polars needs polars: pip install polars") from error

from ._errors import InputError
from ._rcf import AnomalyDetector, RandomCutForest

__all__ = ["Expressions"]

Missing = Literal["raise", "impute"]

_ROWS = 1 << 16
"""Rows of several columns that are joined at a time: not a copy of all."""

_FIELDS = {
    "score": polars.Float64,
    "threshold": polars.Float64,
    "severity": polars.Float64,
    "grade": polars.Float64,
    "p_value": polars.Float64,
    "confidence": polars.Float64,
    "warm_up": polars.Int64,
    "is_anomaly": polars.Boolean,
    "suppressed": polars.String,
    "input": polars.String,
    "value": polars.Float64,
    "expected": polars.Float64,
}


@polars.api.register_expr_namespace("rcf")
class Expressions:
    """The namespace ``pl.col("x").rcf`` and ``pl.struct("x", "y").rcf``.

    Parameters
    ----------
    expression : polars.Expr
        A column of numbers, or a struct of such columns, which are judged together.
    """

    def __init__(self, expression: polars.Expr) -> None:
        """Created by polars."""
        self._expression = expression

    def score(self, **parameters: Any) -> polars.Expr:
        """Score, then learn, each row in turn.

        Parameters
        ----------
        **parameters
            Those of `rcf.RandomCutForest`.

        Returns
        -------
        polars.Expr
            The scores, as of `rcf.RandomCutForest.process`.

        Examples
        --------
        >>> import polars as pl
        >>> import rcf.polars
        >>> frame = pl.DataFrame({"key": ["a", "b"] * 500, "x": np.sin(np.arange(1000) / 10)})
        >>> frame.select(pl.col("x").rcf.score(shingle_size=4).over("key")).shape
        (1000, 1)
        """
        work = partial(_score, parameters)
        return self._expression.map_batches(work, return_dtype=polars.Float64)

    def detect(
        self, *, timestamps: polars.Expr | None = None, missing: Missing = "raise", **parameters: Any
    ) -> polars.Expr:
        """Judge, then learn, each row in turn.

        Parameters
        ----------
        timestamps : polars.Expr, optional
            When each row was made, as for `rcf.AnomalyDetector.process`.
        missing : {"raise", "impute"}, default "raise"
            Whether nulls and NaN are errors, or missing values.
        **parameters
            Those of `rcf.AnomalyDetector`.

        Returns
        -------
        polars.Expr
            A struct: `score`, `threshold`, `severity`, `grade`, `p_value`, `confidence`, `warm_up`,
            `is_anomaly`; and for candidates `suppressed` (why it is not reported), and of the `input` that
            has the most evidence, the `value` and what was `expected`; otherwise null.
        """
        work = partial(_detect, parameters, missing)
        if timestamps is None:
            return self._expression.map_batches(
                lambda column: work([column]), return_dtype=polars.Struct(_FIELDS)
            )
        return polars.map_batches([self._expression, timestamps], work, return_dtype=polars.Struct(_FIELDS))


def _parts(column: polars.Series) -> Iterator[Any]:
    """Return the rows in order: chunks of one column without a copy, several columns joined in pieces."""
    if isinstance(column.dtype, polars.Struct):
        table = column.struct.unnest()
        for start in range(0, len(table), _ROWS):
            yield table[start : start + _ROWS]
        return
    for chunk in column.get_chunks():
        if chunk.dtype in (polars.Float64, polars.Float32) and not chunk.null_count():
            yield chunk.to_numpy(allow_copy=False)
        else:
            yield chunk


def _score(parameters: dict[str, Any], column: polars.Series) -> polars.Series:
    forest = RandomCutForest(**parameters)
    scores = np.empty(len(column))
    for part, rows in _places(column):
        scores[rows] = _of_all_rows(forest.process, rows.start, part)
    return polars.Series(column.name, scores)


def _places(column: polars.Series) -> Iterator[tuple[Any, slice]]:
    start = 0
    for part in _parts(column):
        yield part, slice(start, start + len(part))
        start += len(part)


def _of_all_rows(work: Any, first: int, *arguments: Any, **keywords: Any) -> Any:
    """Count the row of an error among all rows."""
    try:
        return work(*arguments, **keywords)
    except InputError as error:
        if error.row is None or first == 0:
            raise
        row = error.row + first
        moved = InputError(str(error).replace(f"row {error.row}", f"row {row}", 1))
        moved.row = row
        raise moved from error


def _detect(parameters: dict[str, Any], missing: Missing, columns: "list[polars.Series]") -> polars.Series:
    column = columns[0]
    detector = AnomalyDetector(**parameters)
    tables = []
    for part, rows in _places(column):
        times = columns[1][rows] if len(columns) > 1 else None
        process = partial(detector.process, timestamps=times, missing=missing)
        tables.append(_table(_of_all_rows(process, rows.start, part), column))
    table = polars.concat(tables) if tables else polars.DataFrame(schema=_FIELDS)
    return table.to_struct(column.name)


def _table(result: Any, column: polars.Series) -> polars.DataFrame:
    answers: dict[str, Any] = {name: getattr(result, name) for name in list(_FIELDS)[:8]}
    details = result.details()
    if not isinstance(column.dtype, polars.Struct):
        details["input"] = [column.name] * len(result.candidate)
    for name in list(_FIELDS)[8:]:
        answers[name] = [None] * len(result)
        for row, value in zip(result.candidate.tolist(), details[name], strict=True):
            answers[name][row] = value
    return polars.DataFrame(answers, schema=_FIELDS)
