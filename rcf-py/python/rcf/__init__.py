"""Random Cut Forest: anomaly scores for streams and whole arrays. Higher is more anomalous.

>>> import numpy as np
>>> import rcf
>>> forest = rcf.RandomCutForest(shingle_size=4, seed=7)
>>> scores = forest.process(np.sin(np.arange(1000) / 10))
>>> scores.shape
(1000,)

One point at a time: ``score(point)``, then ``update(point)``. A whole array: ``process(points)``, which
does both for each row, or ``score_array(points)``, which learns nothing.
"""

from ._answers import (
    Attribution,
    Cluster,
    ConditionalField,
    Density,
    DistanceCluster,
    DistanceDetection,
    Explanation,
    Forecast,
    ForecastErrors,
    IntervalForecast,
    Neighbor,
    NormalMark,
    Sample,
    ScoreEstimate,
    ScoringFunction,
    Suggestion,
    TreePath,
)
from ._detections import Anomaly, Bounds, Detection, Detections
from ._errors import ConfigError, InputError, InternalError, NotReadyError, RcfError, StateError
from ._events import Event, Onset, events
from ._keyed import DetectorMap, process_many
from ._keywords import advise, advised
from ._rcf import (
    AnomalyDetector,
    CategoryEncoder,
    DistanceDetector,
    Forecaster,
    RandomCutForest,
    __version__,
    suggest,
    summarize,
)

__all__ = [
    "Anomaly",
    "AnomalyDetector",
    "Attribution",
    "Bounds",
    "CategoryEncoder",
    "Cluster",
    "ConditionalField",
    "ConfigError",
    "Density",
    "Detection",
    "Detections",
    "DetectorMap",
    "DistanceCluster",
    "DistanceDetection",
    "DistanceDetector",
    "Event",
    "Explanation",
    "Forecast",
    "ForecastErrors",
    "Forecaster",
    "InputError",
    "InternalError",
    "IntervalForecast",
    "Neighbor",
    "NormalMark",
    "NotReadyError",
    "Onset",
    "RandomCutForest",
    "RcfError",
    "Sample",
    "ScoreEstimate",
    "ScoringFunction",
    "StateError",
    "Suggestion",
    "TreePath",
    "__version__",
    "events",
    "process_many",
    "suggest",
    "summarize",
]

for _class in (
    AnomalyDetector,
    CategoryEncoder,
    Detections,
    DetectorMap,
    DistanceDetector,
    Forecaster,
    RandomCutForest,
):
    advise(_class)
events, suggest = advised(events), advised(suggest)
del _class, advise, advised
