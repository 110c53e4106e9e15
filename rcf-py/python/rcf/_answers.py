"""Results of a forest, as named tuples of numbers and NumPy arrays."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ._rcf import AnomalyDetector


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


class NormalMark(NamedTuple):
    """An event that `AnomalyDetector.mark_normal` has marked as normal.

    Attributes
    ----------
    number : int
        Its number, which `Detection.suppressed_by` gives.
    is_stretch : bool
        Whether it is about a stretch of observations instead of the values of one.
    evidence : float
        Its evidence; for similar events the boundary is 1.25 times this.
    deviations : dict of int to float
        By how much each input deviated: above 0 for values above the expected one.
    """

    number: int
    is_stretch: bool
    evidence: float
    deviations: dict[int, float]


class ScoreEstimate(NamedTuple):
    """A score from some of the trees.

    Attributes
    ----------
    score : float
        The mean over the trees that were used; higher is more anomalous.
    trees : int
        Their number; 0 before the forest is ready.
    """

    score: float
    trees: int


class Explanation(NamedTuple):
    """A score and its attribution.

    Attributes
    ----------
    score : float
        The mean over the trees that were used; higher is more anomalous.
    attribution : Attribution
        The share of each value and direction; its total is the score.
    trees : int
        The number of trees used; 0 before the forest is ready.
    """

    score: float
    attribution: Attribution
    trees: int


class TreePath(NamedTuple):
    """What a point meets in one tree: a leaf, then the boxes above it that do not contain the point.

    Attributes
    ----------
    depth : int
        The number of cuts above the leaf.
    mass : int
        The number of sampled points equal to that of the leaf.
    tree_mass : int
        The number of sampled points in the tree.
    is_point : bool
        Whether the leaf's point is the given one.
    depths, masses : ndarray of int
        The same of the nodes above it, from the bottom up.
    gaps : ndarray of float
        By how much the point lies outside of each of their bounding boxes, summed over the dimensions.
    ranges : ndarray of float
        The summed side lengths of these boxes.
    """

    depth: int
    mass: int
    tree_mass: int
    is_point: bool
    depths: "NDArray[np.int64]"
    masses: "NDArray[np.int64]"
    gaps: "NDArray[np.float64]"
    ranges: "NDArray[np.float64]"

    @property
    def separation(self) -> "NDArray[np.float64]":
        """The probability of each node that a random cut there separates the point from its box."""
        return self.gaps / (self.gaps + self.ranges)


class Neighbor(NamedTuple):
    """A sampled point near a query.

    Attributes
    ----------
    point : ndarray of shape (shingle_size, input_dimensions)
        The point, oldest observation first.
    distance : float
        Euclidean distance to the query, in the units of the observations.
    trees : int
        The number of trees that returned it.
    sequence_number : int or None
        Its newest time or sequence number, if those are stored.
    label : int or None
        The label of that observation, where it has one and labels are stored.
    """

    point: "NDArray[np.float64]"
    distance: float
    trees: int
    sequence_number: int | None = None
    label: int | None = None


class Sample(NamedTuple):
    """The points that trees hold at present, each once, in no meaningful order.

    Attributes
    ----------
    points : ndarray of shape (n, shingle_size, input_dimensions)
        The points, oldest observation first.
    counts : ndarray of shape (n,), int64
        How many places each has in the samples.
    sequence_numbers : ndarray of shape (n,), int64
        The newest time or sequence number of each; empty if those are not stored.
    labels : list of int or None
        The label of that observation; empty where labels are not stored.
    """

    points: "NDArray[np.float64]"
    counts: "NDArray[np.int64]"
    sequence_numbers: "NDArray[np.int64]"
    labels: list[int | None]


class Cluster(NamedTuple):
    """A group of sampled points.

    Attributes
    ----------
    center, low, high : ndarray of shape (shingle_size, input_dimensions)
        The mean of its points, and the least and the greatest value in each place.
    radius : float
        The root of the mean squared distance of its points from the center.
    weight : float
        Its share of the sample; all add up to 1.
    """

    center: "NDArray[np.float64]"
    low: "NDArray[np.float64]"
    high: "NDArray[np.float64]"
    radius: float
    weight: float


class DistanceCluster(NamedTuple):
    """A group of objects that have a distance.

    Attributes
    ----------
    representatives : list
        The objects that represent it, the one in the middle first, the others scattered.
    radius : float
        The root of the mean squared distance of its members from it.
    weight : float
        Its share of all objects; all add up to 1.
    """

    representatives: list[Any]
    radius: float
    weight: float

    @property
    def primary(self) -> Any:
        """The object in the middle: that with the least sum of squared distances to all members."""
        return self.representatives[0]


class DistanceDetection(NamedTuple):
    """The result of a `DistanceDetector` for one object. Higher numbers are more anomalous.

    Attributes
    ----------
    score : float
        The distance to the nearest cluster in units of its radius: about 1 is usual, at most 1,000;
        0 in warm-up.
    evidence : float
        How far out in the tail of the scores before it, in units of the boundary: an anomaly beyond 1.
        Recent alarms count against it. 0 until 100 scores are known.
    severity : float
        From 0 to 1: ``evidence / (evidence + 1)``, an anomaly beyond 0.5.
    grade : float
        From 0 to 1: 0 unless it is an anomaly, then how far beyond the boundary.
    p_value : float
        How often a calm stream shows such a score.
    nearest : object or None
        The representative that comes nearest: what would have been usual instead.
    distance : float
        The distance to the nearest cluster.
    """

    score: float
    evidence: float
    severity: float
    grade: float
    p_value: float
    nearest: Any
    distance: float

    @property
    def is_anomaly(self) -> bool:
        """Whether the object is to be reported."""
        return self.evidence > 1.0


class Density(NamedTuple):
    """How densely a query is surrounded.

    Attributes
    ----------
    value : float
        Points, as a fraction of a tree's sample, per volume in the units of the observations; higher
        is more usual.
    high, low : ndarray of shape (shingle_size, input_dimensions)
        The parts of it towards lower values, where the query is the high one, and towards higher
        values. All of them add up to `value`.
    """

    value: float
    high: "NDArray[np.float64]"
    low: "NDArray[np.float64]"


class ConditionalField(NamedTuple):
    """Estimates of missing values, given the others.

    Each array has one entry for each missing value, in their order, in the units of the observations.

    Attributes
    ----------
    mean, deviation, median, p10, p90 : ndarray of shape (missing,)
        Mean, standard deviation, median, and 10th and 90th percentile of one candidate from each tree.
    """

    mean: "NDArray[np.float64]"
    deviation: "NDArray[np.float64]"
    median: "NDArray[np.float64]"
    p10: "NDArray[np.float64]"
    p90: "NDArray[np.float64]"


class Forecast(NamedTuple):
    """Future observations, the next one first.

    Attributes
    ----------
    median, p10, p90 : ndarray of shape (horizon, input_dimensions)
        The expected values, and how far the trees disagree about each.
    """

    median: "NDArray[np.float64]"
    p10: "NDArray[np.float64]"
    p90: "NDArray[np.float64]"


class IntervalForecast(NamedTuple):
    """Future observations with an interval for each value, the next one first.

    Attributes
    ----------
    expected, lower, upper : ndarray of shape (horizon, input_dimensions)
        The expected values, and the ends of the intervals, in the units of the observations. From
        `Forecaster.process` of n rows with a first axis of length n, and NaN if there is none.
    """

    expected: "NDArray[np.float64]"
    lower: "NDArray[np.float64]"
    upper: "NDArray[np.float64]"


class ForecastErrors(NamedTuple):
    """The errors of the last thousand or so forecasts.

    Attributes
    ----------
    mean_absolute, root_mean_square : ndarray of shape (horizon, input_dimensions)
        Mean absolute error (MAE), and root of the mean squared error (RMSE).
    bias : ndarray of shape (horizon, input_dimensions)
        Mean of actual minus expected values: positive where forecasts are too low.
    interval_precision : ndarray of shape (horizon, input_dimensions)
        Fraction of the intervals that contained the actual value.
    """

    mean_absolute: "NDArray[np.float64]"
    root_mean_square: "NDArray[np.float64]"
    bias: "NDArray[np.float64]"
    interval_precision: "NDArray[np.float64]"


class Suggestion(NamedTuple):
    """Parameters of a detector that fit a stream.

    Attributes
    ----------
    input_dimensions, shingle_size, sample_size, time_decay, transform
        As for `AnomalyDetector`.
    period : int or None
        The rhythm that was found, in observations.
    reasons : list of str
        Why, a sentence for each parameter.
    certainty : float
        How sure the shingle size is: the share of the parts of the held-back half of the history in
        which it predicts as well as the best candidate.
    """

    input_dimensions: int
    shingle_size: int
    sample_size: int
    time_decay: float
    transform: str | None
    period: int | None
    reasons: list[str]
    certainty: float

    @property
    def parameters(self) -> dict[str, Any]:
        """The keywords for `AnomalyDetector`, or for `DetectorMap`."""
        return dict(zip(self._fields[:5], self[:5], strict=True))

    def detector(self, **others: Any) -> "AnomalyDetector":
        """Build a detector with these parameters.

        Parameters
        ----------
        **others : optional
            Further parameters, or other values for those suggested.

        Returns
        -------
        AnomalyDetector
            One that has seen nothing.
        """
        from ._rcf import AnomalyDetector

        return AnomalyDetector(**{**self.parameters, **others})

    def __str__(self) -> str:
        """Return the reasons, one a line."""
        return "\n".join(self.reasons)


class ScoringFunction(NamedTuple):
    """What a forest computes of a query's depth and of the masses around it, for `score_with`.

    The query falls into a tree as if it were inserted. The forest takes the expectation of these
    values over the random cuts, then the mean over the trees.

    Attributes
    ----------
    seen : callable (depth, mass) -> float
        The value for a query that equals `mass` sampled points, below `depth` cuts.
    unseen : callable (depth, mass) -> float
        The value for a query that is cut off, at `depth`, from a node of `mass` points.
    damp : callable (mass, tree_mass) -> float, optional
        The factor of `seen` for `mass` equal points in a tree of `tree_mass`; 1 if left out.
    normalizer : callable (tree_mass) -> float, optional
        The factor of the value of a tree; 1 if left out.

    Examples
    --------
    The expected depth, which is small for outliers:

    >>> depth = rcf.ScoringFunction(seen=lambda depth, mass: depth, unseen=lambda depth, mass: depth + 1)
    >>> forest = rcf.RandomCutForest(seed=1)
    >>> _ = forest.process(np.sin(np.arange(1000) / 10))
    >>> forest.score_with(5.0, depth) < forest.score_with(0.5, depth)
    True
    """

    seen: "Callable[[int, int], float]"
    unseen: "Callable[[int, int], float]"
    damp: "Callable[[int, int], float] | None" = None
    normalizer: "Callable[[int], float] | None" = None


for _answer in (
    Attribution, Cluster, ConditionalField, Density, DistanceCluster, DistanceDetection, Explanation,
    Forecast, ForecastErrors, IntervalForecast, Neighbor, NormalMark, Sample, ScoreEstimate,
    ScoringFunction, Suggestion,
):  # fmt: skip
    # Pickles and the interactive prompt show the public name.
    _answer.__module__ = "rcf"
del _answer
