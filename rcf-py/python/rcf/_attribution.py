"""The answer of `RandomCutForest.attribution`."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Attribution(NamedTuple):
    """How much each value of a point adds to its score, and in which direction.

    Attributes
    ----------
    high, low : ndarray of shape (shingle_size, input_dimensions)
        The parts of the score that are due to values higher, or lower, than usual. The last row
        belongs to the newest observation.

    Examples
    --------
    >>> forest = rcf.RandomCutForest(seed=1)
    >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    >>> why = forest.attribution(5.0)
    >>> bool(why.high.sum() > why.low.sum())
    True
    >>> abs(why.total - forest.score(5.0)) < 1e-9
    True
    """

    high: "NDArray[np.float64]"
    low: "NDArray[np.float64]"

    @property
    def total(self) -> float:
        """Sum of all parts: the anomaly score of the point, up to rounding."""
        return float(self.high.sum() + self.low.sum())


Attribution.__module__ = "rcf"
