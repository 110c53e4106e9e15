"""Random Cut Forest as a River anomaly detector. Higher scores are more anomalous."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

try:
    from river.base import AnomalyDetector
except ImportError as error:  # pragma: no cover
    raise ImportError("rcf.river needs River: pip install river") from error

from . import _rcf
from ._tables import number_of, one_of

__all__ = ["RandomCutForest"]


class RandomCutForest(AnomalyDetector):
    """Anomaly scores for a stream of records with named features. Higher is more anomalous.

    The features are those of the first record that is learned, whatever their order. One that is
    missing, None or NaN keeps its last value. Features that appear later are ignored, with one
    warning for each; `ignored_features` holds them.

    Parameters
    ----------
    number_of_trees
        More trees give steadier scores.
    sample_size
        Number of points that each tree keeps.
    shingle_size
        Number of consecutive records that are judged together.
    time_decay
        How fast old points lose their place in the samples; 1 / (10 * sample_size) by default.
    seed
        Equal seeds and equal records give equal scores.

    Examples
    --------
    >>> from rcf.river import RandomCutForest
    >>> model = RandomCutForest(seed=7)
    >>> for t in range(1000):
    ...     model.learn_one({"x": t % 10, "y": t % 7})
    >>> model.score_one({"x": 50, "y": 3}) > 2 * model.score_one({"x": 4, "y": 3})
    True
    """

    def __init__(
        self,
        number_of_trees: int = 50,
        sample_size: int = 256,
        shingle_size: int = 1,
        time_decay: float | None = None,
        seed: int = 0,
    ) -> None:
        """Check the parameters by making a forest of them."""
        self.number_of_trees = number_of_trees
        self.sample_size = sample_size
        self.shingle_size = shingle_size
        self.time_decay = time_decay
        self.seed = seed
        self._last: dict[Any, float] = {}
        self.ignored_features: set[Any] = set()
        self._forest = self._make(1)

    def _make(self, dimensions: int) -> _rcf.RandomCutForest:
        return _rcf.RandomCutForest(
            input_dimensions=dimensions,
            number_of_trees=self.number_of_trees,
            sample_size=self.sample_size,
            shingle_size=self.shingle_size,
            time_decay=self.time_decay,
            seed=self.seed,
        )

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Learn a record."""
        one_of("a record", x, Mapping, "a dict of features")
        known = {name: value for name, value in x.items() if not _is_missing(value)}
        if not self._last:
            if not known:
                return
            self._forest = self._make(len(known))
            # In an order that does not depend on how the record was written down.
            self._last = {name: 0.0 for name in sorted(known, key=str)}
            self._forest.feature_names_in_ = [str(name) for name in self._last]
        new = known.keys() - self._last.keys() - self.ignored_features
        if new:
            self.ignored_features |= new
            warnings.warn(
                f"features that were not in the first record are ignored: {sorted(new, key=str)}; give all "
                "features in the first record",
                stacklevel=2,
            )
        point = self._point(known)
        self._forest.update(point)
        self._last = dict(zip(self._last, point, strict=True))

    def score_one(self, x: dict[Any, Any]) -> float:
        """Score a record without learning it; 0 until enough has been learned."""
        one_of("a record", x, Mapping, "a dict of features")
        return self._forest.score(self._point(x)) if self._last else 0.0

    def _point(self, x: dict[Any, Any]) -> list[float]:
        values: dict[Any, Any] = {name: x.get(name) for name in self._last}
        return [
            last if _is_missing(values[name]) else number_of(name, values[name])
            for name, last in self._last.items()
        ]


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
