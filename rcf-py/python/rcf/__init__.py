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
    ConditionalField,
    Density,
    Explanation,
    Forecast,
    Neighbor,
    ScoreEstimate,
    ScoringFunction,
)
from ._errors import ConfigError, InputError, InternalError, NotReadyError, RcfError, StateError
from ._rcf import RandomCutForest, __version__

__all__ = [
    "Attribution",
    "ConditionalField",
    "ConfigError",
    "Density",
    "Explanation",
    "Forecast",
    "InputError",
    "InternalError",
    "Neighbor",
    "NotReadyError",
    "RandomCutForest",
    "RcfError",
    "ScoreEstimate",
    "ScoringFunction",
    "StateError",
    "__version__",
]
