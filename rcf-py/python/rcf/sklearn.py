"""Random Cut Forest as a scikit-learn estimator. Lower scores are more abnormal.

That is scikit-learn's sign: `score_samples` is the negative of the forest's score, `decision_function` is
negative for outliers, and `predict` gives -1 for them.
"""

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

try:
    from sklearn.base import BaseEstimator, OutlierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:  # pragma: no cover
    raise ImportError("rcf.sklearn needs scikit-learn 1.6 or newer: pip install scikit-learn") from error

from ._batch import forest_of
from ._tables import one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RandomCutForest"]


class RandomCutForest(OutlierMixin, BaseEstimator):
    """Outliers of a set of rows, whose order does not matter. Lower scores are more abnormal.

    Parameters
    ----------
    number_of_trees : int, default 50
        More trees give steadier scores.
    sample_size : int, default 256
        Number of rows that each tree keeps.
    contamination : float, default 0.1
        The share of outliers in the training set, in (0, 0.5]; it sets the boundary for `predict`.
    random_state : int, RandomState instance or None, default 0
        Equal integers give equal scores.

    Attributes
    ----------
    forest_ : rcf.RandomCutForest
        The forest that has learned the training set.
    offset_ : float
        The boundary: `decision_function` is `score_samples` less this.

    Examples
    --------
    >>> from rcf.sklearn import RandomCutForest
    >>> rows = np.random.default_rng(1).normal(size=(500, 2))
    >>> model = RandomCutForest(contamination=0.01).fit(rows)
    >>> model.predict([[0.0, 0.0], [9.0, -9.0]])
    array([ 1, -1])
    """

    def __init__(
        self,
        number_of_trees: int = 50,
        sample_size: int = 256,
        contamination: float = 0.1,
        random_state: Any = 0,
    ) -> None:
        """Keep the parameters, which `fit` checks."""
        self.number_of_trees = number_of_trees
        self.sample_size = sample_size
        self.contamination = contamination
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> "RandomCutForest":  # noqa: N803
        """Learn the training set; `y` is ignored."""
        X = validate_data(self, X, dtype=[np.float64, np.float32])  # noqa: N806
        one_of("contamination", self.contamination, (Real, np.number), "a number")
        if not 0 < self.contamination <= 0.5:
            raise ValueError(f"contamination must be in (0, 0.5], got {self.contamination}")
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.forest_ = forest_of(X, self.number_of_trees, self.sample_size, seed)
        scores = -self.forest_.score_array(X)
        self.offset_ = float(np.percentile(scores, 100 * self.contamination))
        return self

    def score_samples(self, X: Any) -> "NDArray[np.float64]":  # noqa: N803
        """Return the negative of the forest's score of each row: lower is more abnormal."""
        check_is_fitted(self)
        return -self.forest_.score_array(validate_data(self, X, dtype=[np.float64, np.float32], reset=False))

    def decision_function(self, X: Any) -> "NDArray[np.float64]":  # noqa: N803
        """Return `score_samples` less the boundary: negative for outliers."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> "NDArray[np.int64]":  # noqa: N803
        """Return -1 for outliers and 1 for all others."""
        return np.where(self.decision_function(X) < 0, -1, 1)
