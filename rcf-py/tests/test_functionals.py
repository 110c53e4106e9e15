"""What else than a score can be read off the trees."""

import math

import numpy as np
import pytest

import rcf

USUAL, UNUSUAL = [0.1, -0.2], [0.1, -9.0]


@pytest.fixture
def forest(noise) -> rcf.RandomCutForest:
    forest = rcf.RandomCutForest(input_dimensions=2, shingle_size=3, sample_size=128, seed=2)
    forest.process(noise)
    return forest


ANOMALY_SCORE = rcf.ScoringFunction(
    seen=lambda depth, mass: 1 / (depth + math.log2(mass + 1)),
    unseen=lambda depth, mass: 1 / (depth + 1),
    damp=lambda mass, tree_mass: 1 - mass / (2 * tree_mass),
    normalizer=lambda tree_mass: math.log2(tree_mass + 1),
)
DISPLACEMENT = (
    lambda depth, mass: 1 / (1 + mass), lambda depth, mass: mass, None, lambda tree_mass: 1 / (1 + tree_mass)
)  # fmt: skip


@pytest.mark.parametrize("point", [USUAL, UNUSUAL])
def test_functions_of_ones_own_give_what_the_built_in_ones_give(forest, point):
    assert forest.score_with(point, ANOMALY_SCORE) == pytest.approx(forest.score(point), rel=1e-6)
    assert forest.score_with(point, "anomaly_score") == pytest.approx(forest.score(point), rel=1e-6)
    assert forest.score_with(point, DISPLACEMENT) == forest.displacement(point)
    assert forest.score_with(point, "displacement") == forest.displacement(point)


@pytest.mark.parametrize("point", [USUAL, UNUSUAL])
def test_a_functional_of_ones_own_follows_from_the_paths(forest, point):
    values = []
    for path in forest.tree_paths(point):
        value = 1 / (1 + path.mass) if path.is_point else path.mass
        for mass, separation in zip(path.masses, path.separation, strict=True):
            value = separation * mass + (1 - separation) * value
        values.append(value / (1 + path.tree_mass))
        assert np.all(np.diff(path.depths) < 0) and np.all(path.depths < path.depth)
        assert np.all(path.gaps > 0) and np.all(path.ranges >= 0)
    assert len(values) == forest.number_of_trees
    assert np.mean(values) == pytest.approx(forest.displacement(point), rel=1e-12)
    # An anomaly is outside of nearly all boxes.
    passed = [np.mean([len(path.gaps) for path in forest.tree_paths(it)]) for it in (USUAL, UNUSUAL)]
    assert passed[1] > 2 * passed[0]
    assert rcf.RandomCutForest().tree_paths(1.0) == []


def test_a_refused_value_has_the_name_of_its_column():
    pandas = pytest.importorskip("pandas")
    forest = rcf.RandomCutForest(shingle_size=2, output_after=8)
    forest.process(pandas.DataFrame({"heat": np.arange(40.0) % 7, "load": np.arange(40.0) % 5}))
    bad = {"heat": 1.0, "load": float("inf")}
    for call in (
        forest.score,
        forest.displacement,
        forest.collusive_displacement,
        forest.score_ignoring,
        lambda it: forest.score_with(it, "displacement"),
        lambda it: forest.score_with(it, ANOMALY_SCORE),
        forest.tree_paths,
        forest.attribution,
        forest.explain,
        lambda it: forest.converging_score(it, 0.1),
        forest.near_neighbors,
        forest.density,
        forest.update,
        forest.update_shingle,
    ):
        with pytest.raises(rcf.InputError, match=r'^"load" is not finite: inf$'):
            call(bad)
    with pytest.raises(rcf.InputError, match=r'^"load" is not finite: inf$'):
        forest.impute([1.0, float("inf")], [0])


def test_copies_of_the_point_itself_can_be_ignored():
    forest = rcf.RandomCutForest(initial_accept_fraction=1.0, seed=1)
    forest.process([*np.sin(np.arange(200) / 10), 9.0])
    unlike = forest.score_ignoring(9.0)
    assert unlike > 1.3 * forest.score(9.0)
    assert forest.score_ignoring(9.0, 0) == pytest.approx(forest.score(9.0), rel=1e-6)
    assert forest.score_with(9.0, ANOMALY_SCORE, ignoring=1) == pytest.approx(unlike, rel=1e-12)
    assert forest.score_ignoring(9.0, copies=5) == unlike


def test_a_function_that_touches_the_forest_does_not_lock_it(forest, noise):
    """The forest changes under the walk: it walks until it has seen one state from end to end."""
    seen = []

    def unseen(depth: int, mass: int) -> float:
        if len(seen) < 20:
            seen.append(forest.score(USUAL))
            forest.update(noise[len(seen)])
        return 1 / (depth + 1)

    score = forest.score_with(UNUSUAL, ANOMALY_SCORE._replace(unseen=unseen))
    assert len(seen) == 20
    assert score == pytest.approx(forest.score(UNUSUAL), rel=1e-6)


def test_errors_of_a_function_arrive(forest):
    with pytest.raises(ZeroDivisionError):
        forest.score_with(USUAL, ANOMALY_SCORE._replace(unseen=lambda depth, mass: 1 / 0))
    with pytest.raises(TypeError):
        forest.score_with(USUAL, ANOMALY_SCORE._replace(unseen=lambda depth, mass: "much"))


@pytest.mark.parametrize("function", [3, None, (len,), (len, None), (None, len), (len, len, 1), (len,) * 5])
def test_what_is_no_function_is_a_type_error(forest, function):
    with pytest.raises(TypeError, match="seen, unseen"):
        forest.score_with(USUAL, function)


def test_an_unknown_function_is_refused_by_name(forest):
    with pytest.raises(rcf.ConfigError, match=r'"anomaly_score", "displacement".*"depth"'):
        forest.score_with(USUAL, "depth")


def test_displacements_see_the_outlier(forest):
    assert 0 < forest.displacement(USUAL) < 0.2 < forest.displacement(UNUSUAL) < 1
    assert forest.collusive_displacement(UNUSUAL) > 5 * forest.collusive_displacement(USUAL) > 0


def test_one_walk_gives_score_and_attribution(forest):
    score, why, trees = forest.explain(UNUSUAL)
    assert trees == 50
    assert score == pytest.approx(forest.score(UNUSUAL), rel=1e-9)
    assert why.total == pytest.approx(score, rel=1e-9)
    assert np.array_equal(why.low, forest.attribution(UNUSUAL).low)


def test_fewer_trees_are_enough_for_less_precision(forest):
    assert forest.converging_score(UNUSUAL, 0.0).trees == 50
    estimate = forest.converging_score(USUAL, 0.1)
    assert 16 <= estimate.trees < 50
    assert abs(estimate.score - forest.score(USUAL)) < 0.3
    assert forest.explain(USUAL, precision=0.1)[::2] == estimate
    for precision in (-0.1, math.nan):
        with pytest.raises(rcf.InputError, match="precision"):
            forest.converging_score(USUAL, precision)


def test_neighbours_are_near_and_counted(forest, noise):
    neighbors = forest.near_neighbors(USUAL)
    assert all(neighbor.point.shape == (3, 2) for neighbor in neighbors)
    assert sum(neighbor.trees for neighbor in neighbors) == 50
    distances = [neighbor.distance for neighbor in neighbors]
    assert distances == sorted(distances)
    shingle = np.vstack([noise[-2:], USUAL])
    measured = [np.linalg.norm(neighbor.point - shingle) for neighbor in neighbors]
    assert distances == pytest.approx(measured, rel=1e-5)
    history = np.lib.stride_tricks.sliding_window_view(noise, 3, axis=0).transpose(0, 2, 1)
    assert abs(history - neighbors[0].point).max(axis=(1, 2)).min() < 1e-5


def test_density_is_high_among_points_and_has_directions(forest):
    dense, sparse = forest.density(USUAL), forest.density(UNUSUAL)
    assert dense.value > 10 * sparse.value > 0
    assert dense.high.shape == dense.low.shape == (3, 2)
    assert (
        forest.density(USUAL, manifold_dimension=2).value
        > 2 * forest.density(UNUSUAL, manifold_dimension=2).value
    )
    assert (sparse.high + sparse.low).sum() == pytest.approx(sparse.value, rel=1e-9)
    assert sparse.low[2, 1] == (sparse.high + sparse.low).max()
    with pytest.raises(rcf.InputError, match="manifold_dimension"):
        forest.density(USUAL, manifold_dimension=0)


@pytest.fixture
def line() -> rcf.RandomCutForest:
    """Pairs on the line y = 1000 - 3 x, shingles of two."""
    forest = rcf.RandomCutForest(input_dimensions=2, shingle_size=2, sample_size=512, seed=1)
    x = np.random.default_rng(3).uniform(0, 100, 3000)
    forest.process(np.column_stack([x, 1000 - 3 * x]))
    return forest


def test_missing_values_are_filled_in(line):
    filled = line.impute([50.0, np.nan])
    assert (filled.shape, filled[0]) == ((2,), 50.0)
    assert filled[1] == pytest.approx(850, abs=40)
    assert np.array_equal(line.impute([50.0, 123.0], missing=[1]), filled)
    assert np.array_equal(line.impute([50.0, 123.0]), [50.0, 123.0])  # nothing is missing


def test_a_whole_point_may_have_values_missing(line):
    point = np.array([[20.0, np.nan], [np.nan, 850.0]])
    filled = line.impute(point)
    assert filled.shape == (2, 2)
    assert filled[0, 1] == pytest.approx(940, abs=100) and filled[1, 0] == pytest.approx(50, abs=30)
    assert np.array_equal(line.impute(point.ravel(), missing=np.array([1, 2])), filled.ravel())
    field = line.conditional_field(point)
    assert field.median.tolist() == [filled[0, 1], filled[1, 0]]
    assert (field.p10 <= field.median).all() and (field.median <= field.p90).all()
    assert (field.deviation > 0).all() and field.mean.shape == (2,)
    assert (line.conditional_field(point, centrality=0.0).deviation > field.deviation).all()


@pytest.mark.parametrize("centrality", [1.0, 0.0])
def test_samples_are_what_the_field_summarizes(line, centrality):
    samples = line.conditional_samples([np.nan, np.nan], centrality=centrality)
    field = line.conditional_field([np.nan, np.nan], centrality=centrality)
    assert samples.shape == (line.number_of_trees, 2)
    np.testing.assert_allclose(samples.mean(axis=0), field.mean, rtol=1e-9)
    np.testing.assert_allclose(np.median(samples, axis=0), field.median, rtol=1e-9)
    # Each on the line, in single precision.
    np.testing.assert_allclose(samples[:, 1], 1000 - 3 * samples[:, 0], atol=1e-3)
    assert line.conditional_samples([50.0, 850.0]).shape == (line.number_of_trees, 0)


@pytest.mark.parametrize(
    ("values", "missing", "message"),
    [
        ([50.0, 1.0], [2], "position 2 does not exist"),
        ([50.0, 1.0], [1, 1], "named twice"),
        ([50.0, 1.0], [-1], "missing positions must be at least 0, got -1"),
        ([np.inf, 1.0], [1], "value 0 is not finite"),
        ([50.0, np.nan], [0], "value 1 is not finite"),
        ([50.0], None, r"shape \(2,\) or \(4,\) or \(2, 2\), got shape \(1,\)"),
        (50.0, None, r"got shape \(\)"),
    ],
)
def test_wrong_questions_about_missing_values_are_refused(line, values, missing, message):
    for method in (line.impute, line.conditional_field, line.conditional_samples):
        with pytest.raises(rcf.InputError, match=message):
            method(values, missing)


@pytest.mark.parametrize("missing", [["1"], [1.0], [True], 1, np.array([False, True])])
def test_positions_are_integers(line, missing):
    with pytest.raises(TypeError):
        line.impute([50.0, 1.0], missing)


def test_a_wave_is_forecast():
    wave = np.column_stack([np.sin(np.arange(3000) / 10), np.cos(np.arange(3000) / 10)])
    forest = rcf.RandomCutForest(input_dimensions=2, shingle_size=16, seed=1)
    forest.process(wave[:2900])
    before = forest.to_bytes()
    median, p10, p90 = forest.forecast(32)
    assert median.shape == (32, 2) and (p10 <= median).all() and (median <= p90).all()
    assert abs(median - wave[2900:2932]).mean() < 0.05
    assert forest.forecast(0).median.shape == (0, 2)
    assert forest.to_bytes() == before


@pytest.mark.parametrize("horizon", [-1, 10**7, 2**63, 2**80])
def test_a_horizon_out_of_reach_is_refused(forest, horizon):
    with pytest.raises(rcf.RcfError, match="horizon"):
        forest.forecast(horizon)


def test_questions_that_come_too_early_say_so():
    forest = rcf.RandomCutForest()
    for ask in (
        lambda: forest.near_neighbors(1.0),
        lambda: forest.impute(np.nan),
        lambda: forest.conditional_field([np.nan]),
        lambda: forest.conditional_samples([np.nan]),
        lambda: forest.forecast(3),
    ):
        with pytest.raises(rcf.NotReadyError, match="not ready after 0 observations") as caught:
            ask()
        assert isinstance(caught.value, RuntimeError)
    assert forest.displacement(1.0) == forest.density(1.0).value == forest.explain(1.0).score == 0


def test_times_weights_and_labels_come_back():
    forest = rcf.RandomCutForest(store_labels=True, store_sequence_numbers=True, sample_size=32, seed=1)
    assert forest.newest_time is None
    for t in range(500):
        forest.update(t % 10, time=1_000 + 2 * t, weight=1.0 + t % 2, label=t % 10)
    assert forest.newest_time == 1_998
    nearest = forest.near_neighbors(3.1)[0]
    assert (nearest.point[0, 0], nearest.label) == (3.0, 3) and (
        nearest.sequence_number - 1_000
    ) // 2 % 10 == 3
    sample = forest.sample()
    assert set(sample.points[:, 0, 0]) == set(range(10)) and sample.counts.sum() == 50 * 32
    assert sample.labels == sample.points[:, 0, 0].astype(int).tolist()
    assert len(forest.sample(49).sequence_numbers) == len(forest.sample(49).points) <= 32
    odd, even = (sample.counts[np.array(sample.labels) % 2 == part].sum() for part in (1, 0))
    assert odd > 1.3 * even  # of twice the weight
    with pytest.raises(rcf.ConfigError, match="tree must be below 50, got 50"):
        forest.sample(50)
    before = forest.to_bytes()
    for wrong in ({"weight": 0.0}, {"label": -(2**63)}, {"weight": math.nan}):
        with pytest.raises(rcf.InputError):
            forest.update(1.0, **wrong)
    with pytest.raises(rcf.InputError, match="label"):
        rcf.RandomCutForest().update(1.0, label=1)
    assert forest.to_bytes() == before


def test_sampling_pauses_and_decay_changes(forest, noise):
    held = forest.sample().points
    forest.pause_sampling()
    assert not forest.is_sampling
    forest.process(noise)
    assert np.array_equal(np.sort(held, axis=0), np.sort(forest.sample().points, axis=0))
    forest.resume_sampling()
    forest.time_decay = 0.5
    assert forest.time_decay == 0.5 and "time_decay=0.5" in repr(forest)
    assert rcf.RandomCutForest.from_bytes(forest.to_bytes()).time_decay == 0.5
    forest.process(np.full((300, 2), 7.0))
    assert np.allclose(forest.sample().points, 7.0)
    for wrong in (-1.0, 2.0, math.nan):
        with pytest.raises(rcf.ConfigError, match="time_decay"):
            forest.time_decay = wrong
    with pytest.raises(TypeError, match="time_decay"):
        forest.time_decay = "fast"


def test_a_noise_floor_tells_a_tremor_from_a_jump():
    still = np.full(500, 3.0)
    bare, floored = rcf.RandomCutForest(seed=1), rcf.RandomCutForest(noise_floor=0.1, seed=1)
    bare.process(still), floored.process(still)
    tremor, jump = 3.0 + 1e-6, 1000.0
    assert bare.score(tremor) == pytest.approx(bare.score(jump), rel=0.01)
    assert floored.score(tremor) < 0.5 * floored.score(jump)
    assert floored.noise_floor == [0.1] and "noise_floor=[0.1]" in repr(floored)
    parameters = {"input_dimensions": 2, "noise_floor": [0.1, 0.2], "relative_noise_floor": 0.01}
    assert rcf.RandomCutForest(**parameters, shingle_rotation=True, shingle_size=2).noise_floor == [0.1, 0.2]
    for wrong in ({"noise_floor": [1.0, 2.0]}, {"noise_floor": -1.0}, {"relative_noise_floor": 2.0}):
        with pytest.raises(rcf.ConfigError, match="noise_floor"):
            rcf.RandomCutForest(**wrong)
    with pytest.raises(TypeError, match="noise_floor"):
        rcf.RandomCutForest(noise_floor="much")


def test_boxes_change_speed_and_memory_alone():
    values = np.random.default_rng(3).normal(size=(600, 5))
    lean = rcf.RandomCutForest(input_dimensions=5, bounding_box_cache_fraction=0.125)
    fast = rcf.RandomCutForest(input_dimensions=5, bounding_box_cache_fraction=1.0)
    assert np.array_equal(lean.process(values), fast.process(values))
    assert lean.size_in_bytes < fast.size_in_bytes and lean.estimated_bytes < fast.estimated_bytes
    before = lean.size_in_bytes
    lean.bounding_box_cache_fraction = 1.0
    assert lean.size_in_bytes > before and lean.estimated_bytes == fast.estimated_bytes
    assert np.array_equal(lean.process(values), fast.process(values))
    assert lean.to_bytes() == fast.to_bytes()
    assert rcf.RandomCutForest.from_bytes(lean.to_bytes()).bounding_box_cache_fraction == 0.6
    for wrong in (0.0, 1.5, math.nan):
        with pytest.raises(rcf.ConfigError, match="bounding_box_cache_fraction"):
            lean.bounding_box_cache_fraction = wrong
    assert lean.bounding_box_cache_fraction == 1.0


def test_memory_profiles_change_speed_and_memory_alone():
    values = np.random.default_rng(3).normal(size=(600, 5))
    for model in (rcf.RandomCutForest, rcf.AnomalyDetector):
        fast, compact = (model(input_dimensions=5, memory_profile=name) for name in ("fast", "compact"))
        for one in (fast, compact):
            one.process(values)
        assert compact.size_in_bytes < fast.size_in_bytes
        assert compact.to_bytes() == fast.to_bytes()
        with pytest.raises(rcf.ConfigError, match='memory_profile must be "fast" or "compact", got'):
            model(memory_profile="small")
        with pytest.raises(TypeError, match="memory_profile"):
            model(memory_profile=0.5)
    assert rcf.RandomCutForest(memory_profile="compact").bounding_box_cache_fraction == 0.25
    fine = rcf.RandomCutForest(memory_profile="compact", bounding_box_cache_fraction=0.75)
    assert fine.bounding_box_cache_fraction == 0.75
    assert repr(fine) == "RandomCutForest(bounding_box_cache_fraction=0.75)"
    again = rcf.RandomCutForest(**fine.get_params())
    assert again.get_params() == fine.get_params() and fine.get_params()["memory_profile"] is None


def test_what_normal_looks_like(line):
    groups = line.summarize(3)
    assert 1 <= len(groups) <= 3 and sum(group.weight for group in groups) == pytest.approx(1.0)
    assert all((group.low <= group.center).all() and (group.center <= group.high).all() for group in groups)
    assert groups[0].center.shape == (2, 2)
    with pytest.raises(rcf.InputError):
        line.summarize(0)


def test_the_memory_of_a_full_forest_is_known_beforehand():
    forest = rcf.RandomCutForest(number_of_trees=20, sample_size=64, input_dimensions=2)
    expected = forest.estimated_bytes
    forest.process(np.random.default_rng(1).normal(size=(10_000, 2)))
    assert forest.size_in_bytes == pytest.approx(expected, rel=0.1)


def test_deletion_takes_what_is_named_and_no_more():
    forest = rcf.RandomCutForest(
        number_of_trees=5, sample_size=32, store_sequence_numbers=True, store_labels=True, seed=1
    )
    for t in range(200):
        forest.update(t / 7, time=t, label=t % 4)
    held = set(forest.sample().sequence_numbers)
    places = forest.delete_label(3)
    left = {t for t in held if t % 4 != 3}
    assert places >= len(held) - len(left) > 0
    assert set(forest.sample().sequence_numbers) == left
    newest = max(left)
    assert forest.delete_sequence_number(newest) > 0
    assert forest.delete_sequence_number(newest) == 0
    assert forest.delete_before(150) > 0
    assert set(forest.sample().sequence_numbers) == {t for t in left if 150 <= t < newest}
    with pytest.raises(rcf.InputError, match="store_sequence_numbers=True"):
        rcf.RandomCutForest().delete_before(0)
    with pytest.raises(rcf.InputError, match="store_labels=True"):
        rcf.RandomCutForest().delete_label(0)


def test_the_shingle_can_be_read_and_fed_alone():
    forest = rcf.RandomCutForest(input_dimensions=2, shingle_size=3, number_of_trees=5, seed=1)
    forest.process(np.arange(200.0).reshape(100, 2))
    sample = forest.sample()
    forest.update_shingle([7.0, 8.0])
    assert forest.shingle.tolist() == [[196.0, 197.0], [198.0, 199.0], [7.0, 8.0]]
    assert forest.updates == 101
    assert forest.is_sampling
    assert np.array_equal(forest.sample().points, sample.points)


def test_neighbors_within_a_distance(forest):
    everything = forest.near_neighbors(USUAL)
    distance = everything[len(everything) // 2].distance
    near = forest.near_neighbors(USUAL, within=distance)
    assert 0 < len(near) < len(everything)
    expected = [neighbor.distance for neighbor in everything if neighbor.distance <= distance]
    assert [neighbor.distance for neighbor in near] == expected
    with pytest.raises(rcf.InputError, match="distance must be at least 0"):
        forest.near_neighbors(USUAL, within=-1.0)
