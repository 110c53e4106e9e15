"""Parameters, scores and explanations of one forest."""

import math

import numpy as np
import pytest

import rcf

DEFAULTS = {
    "input_dimensions": 1,
    "shingle_size": 1,
    "number_of_trees": 50,
    "sample_size": 256,
    "time_decay": 1 / 2560,
    "output_after": 64,
    "initial_accept_fraction": 0.125,
    "internal_shingling": True,
    "seed": 0,
    "bounding_box_cache_fraction": 0.6,
}
OTHERS = {
    "input_dimensions": 3,
    "shingle_size": 4,
    "number_of_trees": 11,
    "sample_size": 100,
    "time_decay": 0.0,
    "output_after": 7,
    "initial_accept_fraction": 0.5,
    "internal_shingling": False,
    "seed": 2**64 - 1,
    "bounding_box_cache_fraction": 0.75,
}


def properties(forest: rcf.RandomCutForest) -> dict[str, object]:
    return {name: getattr(forest, name) for name in DEFAULTS}


def test_defaults_and_none_mean_the_same():
    assert properties(rcf.RandomCutForest()) == pytest.approx(DEFAULTS)
    assert properties(rcf.RandomCutForest(**dict.fromkeys(DEFAULTS))) == pytest.approx(DEFAULTS)


def test_every_parameter_arrives():
    forest = rcf.RandomCutForest(**OTHERS)
    assert properties(forest) == OTHERS
    assert forest.dimensions == 12


def test_defaults_follow_the_sample_size():
    forest = rcf.RandomCutForest(sample_size=1000)
    assert forest.time_decay == 1 / 10_000
    assert forest.output_after == 250


def test_numpy_numbers_are_parameters_too():
    forest = rcf.RandomCutForest(sample_size=np.int64(64), time_decay=np.float32(0.5), seed=np.uint8(3))
    assert (forest.sample_size, forest.time_decay, forest.seed) == (64, 0.5, 3)


def test_repr_builds_the_same_forest():
    forest = rcf.RandomCutForest(**OTHERS)
    assert repr(forest).startswith("RandomCutForest(input_dimensions=3, shingle_size=4,")
    again = eval(repr(forest), {"RandomCutForest": rcf.RandomCutForest})
    assert properties(again) == OTHERS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("input_dimensions", 0),
        ("shingle_size", 0),
        ("number_of_trees", 0),
        ("sample_size", 0),
        ("sample_size", -1),
        ("number_of_trees", 2**80),
        ("seed", -1),
        ("seed", 2**64),
        ("time_decay", -0.1),
        ("time_decay", 10**400),
        ("time_decay", math.nan),
        ("time_decay", math.inf),
        ("initial_accept_fraction", 0.0),
        ("initial_accept_fraction", 1.5),
        ("bounding_box_cache_fraction", 0.1),
    ],
)
def test_a_broken_rule_names_its_parameter(name, value):
    with pytest.raises(rcf.ConfigError, match=name):
        rcf.RandomCutForest(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shingle_size", 1.5),
        ("number_of_trees", "50"),
        ("sample_size", True),
        ("time_decay", "fast"),
        ("internal_shingling", 1),
        ("seed", 1.0),
    ],
)
def test_a_wrong_type_names_its_parameter(name, value):
    with pytest.raises(TypeError, match=name):
        rcf.RandomCutForest(**{name: value})


def test_parameters_are_keywords_and_known():
    with pytest.raises(TypeError):
        rcf.RandomCutForest(1)
    with pytest.raises(TypeError, match="shingel_size"):
        rcf.RandomCutForest(shingel_size=4)


def test_an_outlier_scores_high_and_a_normal_point_low(noise):
    forest = rcf.RandomCutForest(input_dimensions=2, seed=3)
    scores = forest.process(noise)
    assert scores[:64].tolist() == [0.0] * 64
    assert 0.5 < np.median(scores[256:]) < 1.2
    assert forest.score([12.0, -12.0]) > 4
    assert forest.score([0.0, 0.0]) < 1


def test_readiness_and_updates(noise):
    forest = rcf.RandomCutForest(input_dimensions=2, output_after=10)
    for count, point in enumerate(noise[:10]):
        assert (forest.updates, forest.is_ready) == (count, False)
        assert forest.score(point) == 0.0
        forest.update(point)
    assert (forest.updates, forest.is_ready) == (10, True)
    assert forest.score([9.0, 9.0]) > 0
    assert forest.size_in_bytes > 1000


def test_equal_seeds_give_equal_scores_and_others_do_not(noise):
    first, second, other = (
        rcf.RandomCutForest(input_dimensions=2, seed=seed).process(noise) for seed in (1, 1, 2)
    )
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("shingle_size", [1, 5])
@pytest.mark.parametrize("dimensions", [1, 2])
def test_an_array_is_the_one_by_one_loop_bit_for_bit(noise, dimensions, shingle_size):
    points = noise[:, :dimensions]
    parameters = {"input_dimensions": dimensions, "shingle_size": shingle_size, "sample_size": 64, "seed": 9}
    at_once = rcf.RandomCutForest(**parameters)
    one_by_one = rcf.RandomCutForest(**parameters)
    expected = np.empty(len(points))
    for row, point in enumerate(points):
        expected[row] = one_by_one.score(point)
        one_by_one.update(point)
    assert at_once.process(points).tobytes() == expected.tobytes()
    assert at_once.to_bytes() == one_by_one.to_bytes()


def test_pieces_are_the_whole(noise):
    whole, pieces = (rcf.RandomCutForest(input_dimensions=2, shingle_size=3) for _ in range(2))
    expected = whole.process(noise)
    parts = [pieces.process(part) for part in np.split(noise, [1, 1, 40, 700])]
    assert np.concatenate(parts).tobytes() == expected.tobytes()


def test_ready_made_points_are_the_forests_own_shingles(noise):
    parameters = {"input_dimensions": 2, "shingle_size": 3, "output_after": 100, "seed": 4}
    inside = rcf.RandomCutForest(**parameters)
    outside = rcf.RandomCutForest(**parameters, internal_shingling=False)
    shingles = np.lib.stride_tricks.sliding_window_view(noise, 3, axis=0)
    shingles = shingles.transpose(0, 2, 1).reshape(len(noise) - 2, 6)
    scores = outside.process(shingles)
    assert scores.shape == (len(noise) - 2,)
    assert outside.score(shingles[0]) > 0
    with pytest.raises(rcf.InputError, match=r"\(6,\)"):
        outside.score(noise[0])
    # Same shingles, same generators: what differs is only how many empty rounds came before.
    assert np.corrcoef(inside.process(noise)[200:], scores[198:])[0, 1] > 0.9


def test_score_array_is_score_row_by_row_and_learns_nothing(noise):
    forest = rcf.RandomCutForest(input_dimensions=2, shingle_size=2)
    forest.process(noise)
    before = forest.to_bytes()
    scores = forest.score_array(noise[:50])
    assert scores.tolist() == [forest.score(point) for point in noise[:50]]
    assert forest.to_bytes() == before


def test_the_result_is_an_ordinary_array(noise):
    scores = rcf.RandomCutForest(input_dimensions=2).process(noise)
    assert type(scores) is np.ndarray
    assert (scores.dtype, scores.shape) == (np.float64, (len(noise),))
    scores += 1  # writable
    assert scores.flags.c_contiguous


def test_attribution_points_at_the_culprit(noise):
    forest = rcf.RandomCutForest(input_dimensions=2, shingle_size=3, seed=2)
    forest.process(noise)
    point = [0.1, -9.0]
    why = forest.attribution(point)
    assert isinstance(why, rcf.Attribution)
    assert why.high.shape == why.low.shape == (3, 2)
    assert why.total == pytest.approx(forest.score(point), rel=1e-9)
    assert (why.high >= 0).all() and (why.low >= 0).all()
    # The newest observation is the last row; its second value is far too low.
    assert why.low[2, 1] > 0.5 * why.total
    high, low = why
    assert high is why.high and low is why.low


def test_attribution_before_the_forest_is_ready_is_zero():
    why = rcf.RandomCutForest(shingle_size=2).attribution(1.0)
    assert why.total == 0.0
    assert why.high.shape == (2, 1)


def test_errors_are_value_errors_of_one_family():
    for error in (rcf.ConfigError, rcf.InputError, rcf.StateError):
        assert issubclass(error, rcf.RcfError) and issubclass(error, ValueError)
        assert error.__module__ == "rcf"
