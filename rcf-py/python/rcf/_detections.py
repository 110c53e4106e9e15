"""Results of a detector: for one observation, for a whole array, and as sentences."""

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._answers import Attribution
from ._tables import index_of, names_of, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Detection(NamedTuple):
    """The result of a detector for one observation.

    The fields from `kind` on are None unless the observation is a candidate.

    Attributes
    ----------
    score : float
        The score of the forest; higher is more anomalous. 0 before the forest is ready.
    evidence : float
        What the decision rests on, in units of its boundary: beyond 1 this is a candidate.
    p_value : float
        How rare evidence of this size is on this stream: the share of its observations with at
        least as much, this one among them. It ranks. It decides only where alerts
        exceed the rate by 64 or more (``"frequent"``): where events are frequent, so is their
        evidence. 1 during the warm-up.
    threshold : float
        The score beyond which this is a candidate by its score alone; infinite while too few are known.
    severity : float
        From 0 to 1; above 0.5 if and only if the evidence is beyond the boundary.
    grade : float
        0 unless this is an anomaly, otherwise above 0 and up to 1.
    confidence : float
        From 0 to 1: how much to trust the decision.
    synthetic_fraction : float
        From 0 to 1: how much of what the forest remembers `AnomalyDetector.bootstrap` interpolated.
    warm_up : int
        Observations still needed before decisions; 0 when ready.
    imputed : int
        Number of values that were missing and filled in.
    is_anomaly : bool
        Whether this is to be reported.
    suppressed : str or None
        Why a candidate is not reported: ``"warm_up"``, ``"near_expected"``, ``"noise_floor"``,
        ``"imputed"``, ``"explained"``, ``"already_alerted"``, ``"frequent"``, ``"drift"``,
        ``"rule"`` or ``"marked_normal"``.
    kind : str or None
        The evidence: ``"range"``, ``"level"``, ``"score"``, ``"change"``, ``"season"``,
        ``"relation"``, ``"stillness"`` or ``"tail"``.
    relative_index : int or None
        Which observation it is about: 0 for this one, -k for the one k before.
    values, expected : ndarray of shape (input_dimensions,), or None
        That observation, and what would have been usual.
    attribution : ndarray of shape (2, input_dimensions), or None
        The parts of the score that are due to values too high (first row) and too low.
    is_high : bool or None
        Whether the value with the most evidence is too high.
    inputs : ndarray of int64, or None
        The inputs that deviate, at most five, the one with the most evidence first.
    suppressed_by : int or None
        Which of the rules suppressed it, from 0, or which mark of `AnomalyDetector.mark_normal`.
    unlearned : bool
        Whether the forest passes this observation by, since `learning` is suspended: for an unusual
        stretch, or for good.
    """

    score: float
    evidence: float
    p_value: float
    threshold: float
    severity: float
    grade: float
    confidence: float
    synthetic_fraction: float
    warm_up: int
    imputed: int
    is_anomaly: bool
    suppressed: str | None
    kind: str | None = None
    relative_index: int | None = None
    values: "NDArray[np.float64] | None" = None
    expected: "NDArray[np.float64] | None" = None
    attribution: "NDArray[np.float64] | None" = None
    is_high: bool | None = None
    inputs: "NDArray[np.int64] | None" = None
    suppressed_by: int | None = None
    unlearned: bool = False


class Anomaly(NamedTuple):
    """A run of anomalous observations.

    Attributes
    ----------
    start, end : int
        Its first row, and its last.
    reported : int
        The row with which it was reported.
    grade : float
        Grade of that report, above 0 and up to 1.
    name : str
        The input that explains most.
    value, expected : float
        What that input was when it began, and what would have been usual.
    is_high : bool
        Whether it is too high.
    text : str
        All of it as a sentence.
    """

    start: int
    end: int
    reported: int
    grade: float
    name: str
    value: float
    expected: float
    is_high: bool
    text: str

    def __str__(self) -> str:
        """Return the sentence."""
        return self.text


class Bounds(NamedTuple):
    """Where values were expected, each one row ahead.

    Attributes
    ----------
    lower, upper : ndarray of shape (n, input_dimensions)
        The ends of the range, in the units of the observations; NaN for the rows before the first.
    """

    lower: "NDArray[np.float64]"
    upper: "NDArray[np.float64]"


def _texts(*numbers: float) -> list[str]:
    """Write numbers with six digits, or more if these do not tell them apart, or cut their whole part."""
    for digits in (6, 9, 12, 15):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) == len(texts) and not any("e+" in text for text in texts):
            break
    return texts


class Detections:
    """The results of a detector for the rows of an array.

    Attributes
    ----------
    score, evidence, p_value, threshold, severity, grade, confidence : ndarray of shape (n,), float64
        As for `Detection`, an entry for each row.
    synthetic_fraction : ndarray of shape (n,), float64
        Likewise.
    warm_up, imputed : ndarray of shape (n,), int64
        Likewise.
    unlearned : ndarray of shape (n,), bool
        Likewise.
    is_anomaly : ndarray of shape (n,), bool
        Whether the row is to be reported. A run of anomalous rows is reported once, with its first.
    candidate : ndarray of shape (c,), int64
        The rows with evidence beyond the boundary: anomalies, and those that were suppressed.
    suppressed : list of str or None
        For each candidate, why it is not reported; None for an anomaly.
    suppressed_by : list of int or None
        For each candidate, which rule suppressed it, or which mark.
    kinds : list of str
        For each candidate, the evidence: a value beyond the ``"range"``, an unusual ``"level"`` of
        scores, the ``"score"`` of the row alone, a ``"change"`` of course, a ``"season"`` unlike past
        cycles, a broken ``"relation"`` between inputs, ``"stillness"`` where values hardly move, or
        the score of the shingle in the ``"tail"``.
    relative_index : ndarray of shape (c,), int64
        For each candidate, which row it is about: 0 for itself, -k for the one k before.

    Examples
    --------
    >>> values = np.sin(np.arange(2000) / 10)
    >>> values[1900] = 3.0
    >>> result = rcf.AnomalyDetector(seed=7).process(values)
    >>> for anomaly in result.anomalies():
    ...     print(anomaly.start, anomaly.value, anomaly.is_high)
    1900 3.0 True
    """

    score: "NDArray[np.float64]"
    evidence: "NDArray[np.float64]"
    p_value: "NDArray[np.float64]"
    threshold: "NDArray[np.float64]"
    severity: "NDArray[np.float64]"
    grade: "NDArray[np.float64]"
    confidence: "NDArray[np.float64]"
    synthetic_fraction: "NDArray[np.float64]"
    warm_up: "NDArray[np.int64]"
    imputed: "NDArray[np.int64]"
    unlearned: "NDArray[np.bool_]"
    is_anomaly: "NDArray[np.bool_]"
    candidate: "NDArray[np.int64]"
    suppressed: list[str | None]
    suppressed_by: list[int | None]
    kinds: list[str]
    relative_index: "NDArray[np.int64]"

    def __init__(self, *, source: Any, timestamps: Any = None, **columns: Any) -> None:
        """Created by `AnomalyDetector.process`."""
        self._source = source
        # A series of pandas is read by its labels; its array, by positions.
        self._timestamps = timestamps.array if hasattr(timestamps, "iloc") else timestamps
        self._values: NDArray[np.float64] = columns.pop("values")
        self._expected: NDArray[np.float64] = columns.pop("expected")
        self._high: NDArray[np.float64] = columns.pop("high")
        self._input: NDArray[np.int64] = columns.pop("input")
        self._low: NDArray[np.float64] = columns.pop("low")
        self._is_high: NDArray[np.bool_] = columns.pop("is_high")
        vars(self).update(columns)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.score)

    def __repr__(self) -> str:
        """Return the numbers of rows, of anomalies, and of rows that were not learned, as text."""
        unlearned = int(self.unlearned.sum())
        note = f", {unlearned:,} not learned" if unlearned else ""
        return f"<Detections: {len(self):,} rows, {int(self.is_anomaly.sum()):,} anomalies{note}>"

    @property
    def input_dimensions(self) -> int:
        """Number of values in one row."""
        return int(self._expected.shape[1])

    @cached_property
    def index(self) -> Any:
        """The index of the table that was given, or None."""
        return index_of(self._source)

    @cached_property
    def times(self) -> Any:
        """When the rows were made: the timestamps that were given, or the index of a table.

        None without, and where the index only counts rows.
        """
        if self._timestamps is not None:
            return self._timestamps
        return None if type(self.index).__name__ == "RangeIndex" else self.index

    @cached_property
    def bounds(self) -> Bounds:
        """The range in which 99 of 100 values were expected, each from the rows before it.

        Computed on first use, by a `Forecaster` of cheap components with conformal intervals
        over the rows of this array. The decisions do not rest on it.
        """
        from ._rcf import Forecaster

        forecaster = Forecaster(
            input_dimensions=self.input_dimensions,
            number_of_trees=1,
            sample_size=16,
            coverage=0.99,
            components=["last_value", "past_cycles", "smoothing", "regression"],
        )
        ahead = forecaster.process(self.values, missing="impute")
        lower, upper = (np.full_like(self.values, np.nan) for _ in range(2))
        lower[1:], upper[1:] = ahead.lower[:-1, 0], ahead.upper[:-1, 0]
        return Bounds(lower, upper)

    @cached_property
    def names(self) -> list[str]:
        """The names of the inputs: those of the table's columns, or generated."""
        return names_of(self._source, self.input_dimensions)

    @cached_property
    def values(self) -> "NDArray[np.float64]":
        """The values that were given, of shape (n, input_dimensions)."""
        return values_of(self._source).reshape(len(self), self.input_dimensions)

    @cached_property
    def expected(self) -> "NDArray[np.float64]":
        """What would have been usual, of shape (n, input_dimensions); NaN but for candidates.

        For a candidate that is about an earlier row, the usual values of that row.
        """
        return self._spread(self._expected, np.nan)

    @cached_property
    def attribution(self) -> Attribution:
        """The parts of the score, of shape (n, input_dimensions) each; 0 but for candidates."""
        return Attribution(self._spread(self._high, 0.0), self._spread(self._low, 0.0))

    def _spread(self, values: "NDArray[np.float64]", otherwise: float) -> "NDArray[np.float64]":
        rows = np.full((len(self), self.input_dimensions), otherwise)
        rows[self.candidate] = values
        return rows

    def anomalies(self) -> list[Anomaly]:
        """Return each run of anomalous rows once, with a sentence."""
        found = []
        reported = [at for at, reason in enumerate(self.suppressed) if reason is None]
        for at, following in pairwise([*reported, len(self.suppressed)]):
            row = int(self.candidate[at])
            same = [self.candidate[i] for i in range(at + 1, following) if self.suppressed[i] in _SAME_RUN]
            start, end = row + int(self.relative_index[at]), int(max([row, *same]))
            found.append(self._describe(at, row, start, end))
        return found

    def _describe(self, at: int, row: int, start: int, end: int) -> Anomaly:
        part = int(self._input[at])
        value, expected = float(self._values[at, part]), float(self._expected[at, part])
        found, usual = _texts(value, expected)
        name, is_high = self.names[part], bool(self._is_high[at])
        where = f"row {start:,}" if self.times is None else f"{self.times[start]} (row {start:,})"
        length = f"for {end - start + 1:,} rows" if end > start else "for one row"
        late = f", seen {row - start:,} later" if row > start else ""
        grade = float(self.grade[row])
        side = "high" if is_high else "low"
        text = (
            f"{where}: {name} is {found}, too {side}: {usual} would be usual "
            f"({length}{late}, grade {grade:.2f})"
        )
        return Anomaly(start, end, row, grade, name, value, expected, is_high, text)

    def detection(self, row: int) -> Detection:
        """Return the result of one row, as `AnomalyDetector.process_one` would.

        Parameters
        ----------
        row : int
            Which one; counted from the end if it is negative.

        Returns
        -------
        Detection
            Of the inputs that deviate it names the one with the most evidence.
        """
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} is out of range: there are {len(self):,} rows")
        row = range(len(self))[row]
        numbers = {name: getattr(self, name)[row].item() for name in _COLUMNS}
        found = np.flatnonzero(self.candidate == row)
        if not found.size:
            return Detection(**numbers, suppressed=None)
        at = int(found[0])
        return Detection(
            **numbers,
            suppressed=self.suppressed[at],
            kind=self.kinds[at],
            relative_index=int(self.relative_index[at]),
            values=self._values[at],
            expected=self._expected[at],
            attribution=np.stack([self._high[at], self._low[at]]),
            is_high=bool(self._is_high[at]),
            inputs=self._input[at : at + 1],
            suppressed_by=self.suppressed_by[at],
        )

    def details(self) -> dict[str, list[Any]]:
        """Return for each candidate why it is not reported, and the input with the most evidence.

        Returns
        -------
        dict of list
            `suppressed`, `kind`, `input` (its name), `value` and `expected`, an entry for each candidate.
        """
        places = np.arange(len(self.candidate))
        return {
            "suppressed": list(self.suppressed),
            "kind": list(self.kinds),
            "input": [self.names[part] for part in self._input],
            "value": self._values[places, self._input].tolist(),
            "expected": self._expected[places, self._input].tolist(),
        }

    def to_frame(self) -> Any:
        """Return a table with a line for each row.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            Of the kind that came in; for arrays and lists, of the first of these that is installed. It
            holds the values, `expected`, `bounds` and `attribution` of each input, and what is said
            about the row. A table of pandas has the index that came in.
        """
        from ._frames import frame

        columns: dict[str, Any] = {}
        for part, name in enumerate(self.names):
            columns[f"value {name}" if name in _COLUMNS else name] = self.values[:, part]
        columns |= {name: getattr(self, name) for name in _COLUMNS}
        for name, words in (("suppressed", self.suppressed), ("kind", self.kinds)):
            columns[name] = np.full(len(self), None, dtype=object)
            columns[name][self.candidate] = words
        for part, name in enumerate(self.names):
            columns[f"expected {name}"] = self.expected[:, part]
            columns[f"lower {name}"] = self.bounds.lower[:, part]
            columns[f"upper {name}"] = self.bounds.upper[:, part]
            columns[f"high {name}"] = self.attribution.high[:, part]
            columns[f"low {name}"] = self.attribution.low[:, part]
        return frame(columns, self._source, self.index)

    def plot(
        self, ax: Any = None, *, column: str | None = None, units: str | Mapping[str, str] | None = None
    ) -> "NDArray[Any]":
        """Draw values, bounds, scores and threshold with matplotlib, anomalies marked.

        Parameters
        ----------
        ax : matplotlib Axes, or sequence of them, optional
            One for each input and one for the scores; made if left out. A single one shows one input,
            with the scores on the axis to the right.
        column : str, optional
            The input that a single one shows: by default that of the first anomaly.
        units : str or mapping of str, optional
            The unit of all inputs, or of each by its name.

        Returns
        -------
        ndarray of matplotlib Axes
            What was drawn on.
        """
        from ._picture import plot

        return plot(self, ax, column, units)

    def _repr_html_(self) -> str:
        from ._picture import page

        return page(self)


_SAME_RUN = {"already_alerted", "explained", "drift"}
_COLUMNS = (
    "score", "grade", "severity", "is_anomaly", "evidence", "p_value", "threshold", "confidence",
    "synthetic_fraction", "warm_up", "imputed", "unlearned",
)  # fmt: skip

for _class in (Detection, Anomaly, Bounds, Detections):
    # Pickles and the interactive prompt show the public name.
    _class.__module__ = "rcf"
del _class
