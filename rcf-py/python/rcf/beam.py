"""Random Cut Forest as an anomaly detector of Apache Beam. Higher scores are more anomalous.

For ``apache_beam.ml.anomaly.transforms.AnomalyDetection``, which keeps one for each key.
"""

import math
from typing import Any

try:
    from apache_beam.ml.anomaly.base import AnomalyDetector
    from apache_beam.ml.anomaly.specifiable import specifiable
except ImportError as error:  # pragma: no cover
    raise ImportError("rcf.beam needs Apache Beam 2.65 or newer: pip install apache-beam") from error

from . import _rcf
from ._tables import number_of

__all__ = ["RandomCutForest"]


@specifiable(spec_type="RcfRandomCutForest")
class RandomCutForest(AnomalyDetector):
    """Anomaly scores for rows of Beam. Higher is more anomalous.

    The fields are those of the first row that is learned, whatever their order. Rows with a missing
    value get no score and are not learned.

    Parameters
    ----------
    number_of_trees
        More trees give steadier scores.
    sample_size
        Number of points that each tree keeps.
    shingle_size
        Number of consecutive rows that are judged together.
    seed
        Equal seeds and equal rows give equal scores.
    **kwargs
        Those of Beam's `AnomalyDetector`: `model_id`, `features`, `threshold_criterion` and so on.

    Examples
    --------
    >>> import math
    >>> import apache_beam as beam
    >>> from apache_beam.ml.anomaly.thresholds import FixedThreshold
    >>> from apache_beam.ml.anomaly.transforms import AnomalyDetection
    >>> values = [math.sin(t / 8) + (9 if t == 450 else 0) for t in range(500)]
    >>> readings = [("pump", beam.Row(value=value)) for value in values]
    >>> detector = RandomCutForest(threshold_criterion=FixedThreshold(5.0))
    >>> with beam.Pipeline() as pipeline:
    ...     scored = pipeline | beam.Create(readings) | AnomalyDetection(detector)
    ...     anomalies = scored | beam.Filter(lambda it: it[1].predictions[0].label == 1)
    ...     _ = anomalies | beam.Map(lambda it: print(it[0], round(it[1].example.value, 2)))
    pump 8.71
    """

    def __init__(
        self,
        number_of_trees: int = 50,
        sample_size: int = 256,
        shingle_size: int = 1,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        """Check the parameters by making a forest of them."""
        super().__init__(**kwargs)
        self._names: list[str] | None = None
        self._forest = _rcf.RandomCutForest(
            number_of_trees=number_of_trees, sample_size=sample_size, shingle_size=shingle_size, seed=seed
        )

    def learn_one(self, x: Any) -> None:
        """Learn a row."""
        values = self._values(x)
        if self._names is None:
            self._names = sorted(x.as_dict())
        if values is not None:
            self._forest.update(values)
            if self._forest.feature_names_in_ is None:
                self._forest.feature_names_in_ = self._names

    def score_one(self, x: Any) -> float | None:
        """Score a row without learning it: NaN until enough has been learned, None without all values."""
        if self._names is None or not self._forest.is_ready:
            return math.nan
        values = self._values(x)
        return None if values is None else self._forest.score(values)

    def _values(self, x: Any) -> list[float] | None:
        if not hasattr(x, "as_dict"):
            raise TypeError(f"a record must be a beam.Row, got {type(x).__name__}: beam.Row(**fields)")
        fields = x.as_dict()
        names = self._names or sorted(fields)
        if any(fields.get(name) is None for name in names):
            return None
        values = [number_of(name, fields[name]) for name in names]
        return None if any(map(math.isnan, values)) else values
