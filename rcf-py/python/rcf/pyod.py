"""Random Cut Forest as a PyOD detector. Higher scores are more abnormal, and label 1 means outlier."""

from typing import TYPE_CHECKING, Any

import numpy as np

try:
    from pyod.models.base import BaseDetector
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:  # pragma: no cover
    raise ImportError("rcf.pyod needs PyOD: pip install pyod") from error

from ._batch import forest_of
from ._tables import collected, column_names, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RCF"]


class RCF(BaseDetector):
    """Outliers of a set of rows, whose order does not matter. Higher scores are more abnormal.

    Parameters
    ----------
    number_of_trees : int, default 50
        More trees give steadier scores.
    sample_size : int, default 256
        Number of rows that each tree keeps.
    contamination : float, default 0.1
        The share of outliers in the training set, in (0, 0.5]; it sets the boundary for labels.
    random_state : int, RandomState instance or None, default 0
        Equal integers give equal scores.

    Attributes
    ----------
    decision_scores_ : ndarray of shape (n,)
        The scores of the training set; higher is more abnormal.
    threshold_ : float
        Scores above it are outliers.
    feature_names_in_ : list of str or None
        The columns of the training set; a table with the same columns in another order is reordered, one
        with other columns is refused.
    labels_ : ndarray of shape (n,)
        1 for the outliers of the training set, 0 for all others.

    Examples
    --------
    >>> from rcf.pyod import RCF
    >>> rows = np.random.default_rng(1).normal(size=(500, 2))
    >>> RCF(contamination=0.01).fit(rows).predict([[0.0, 0.0], [9.0, -9.0]])
    array([0, 1])
    """

    def __init__(
        self,
        number_of_trees: int = 50,
        sample_size: int = 256,
        contamination: float = 0.1,
        random_state: Any = 0,
    ) -> None:
        """Keep the parameters; PyOD checks the contamination."""
        super().__init__(contamination=contamination)
        self.number_of_trees = number_of_trees
        self.sample_size = sample_size
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> "RCF":  # noqa: N803
        """Learn the training set; `y` is ignored."""
        self.feature_names_in_ = column_names(collected(X))
        X = check_array(X, dtype=[np.float64, np.float32])  # noqa: N806
        self._set_n_classes(y)
        self.n_features_in_ = X.shape[1]
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.forest_ = forest_of(X, self.number_of_trees, self.sample_size, seed)
        self.decision_scores_ = self.forest_.score_array(X)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> "NDArray[np.float64]":  # noqa: N803
        """Return the score of each row: higher is more abnormal."""
        check_is_fitted(self, "forest_")
        X, _ = in_order(X, self.feature_names_in_)  # noqa: N806
        return self.forest_.score_array(check_array(X, dtype=[np.float64, np.float32]))
