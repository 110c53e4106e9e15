"""Forecasts with intervals: arrays, loops, coverage, bytes."""

import copy
import pickle

import numpy as np
import pytest

import rcf


@pytest.fixture
def wave() -> np.ndarray:
    return np.sin(np.arange(2000) / 5) + np.random.default_rng(3).normal(0, 0.1, 2000)


def small(**parameters) -> rcf.Forecaster:
    return rcf.Forecaster(number_of_trees=10, sample_size=64, seed=6, **parameters)


def test_the_future_of_a_wave_is_forecast_and_held_as_often_as_promised(wave):
    forecaster = rcf.Forecaster(shingle_size=16, horizon=4, coverage=0.9, seed=1)
    forecasts = forecaster.process(wave)
    assert forecasts.expected.shape == forecasts.lower.shape == forecasts.upper.shape == (2000, 4, 1)
    assert np.isnan(forecasts.expected[0]).all() and np.isfinite(forecasts.expected[500:]).all()
    for step in (1, 4):
        then = wave[1000 + step : 1996 + step]
        expected, lower, upper = (part[1000:1996, step - 1, 0] for part in forecasts)
        assert abs(expected - then).mean() < 0.5 * abs(then).mean()
        held = ((lower <= then) & (then <= upper)).mean()
        assert 0.85 < held < 0.95 and 0.85 < forecaster.measured_coverage(step) < 0.95


@pytest.mark.parametrize("inputs", [1, 2])
def test_an_array_is_the_one_by_one_loop_bit_for_bit(wave, inputs):
    points = np.column_stack([wave, 100 * wave])[:400, :inputs]
    at_once, one_by_one = (small(input_dimensions=inputs, horizon=3) for _ in range(2))
    together = at_once.process(points.astype(np.float32))
    for row, point in enumerate(points.astype(np.float32)):
        one = one_by_one.process_one(point)
        if one is None:
            assert np.isnan(together.expected[row]).all()
        else:
            assert [part.tobytes() for part in one] == [part[row].tobytes() for part in together]
    newest = at_once.newest
    assert [part.tobytes() for part in newest] == [part[-1].tobytes() for part in together]
    assert at_once.to_bytes() == one_by_one.to_bytes()


@pytest.mark.parametrize(
    "way",
    [copy.copy, copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f)),
     lambda f: rcf.Forecaster.from_bytes(f.to_bytes(), trusted=True)],
)  # fmt: skip
@pytest.mark.parametrize("learned", [0, 5, 300])
def test_a_restored_forecaster_continues_bit_for_bit(wave, way, learned, tmp_path):
    forecaster = small(input_dimensions=1, horizon=5, limits=(None, 1.0))
    forecaster.process(wave[:learned])
    forecaster.save(tmp_path / "ahead.rcf")
    restored, loaded = way(forecaster), rcf.Forecaster.load(tmp_path / "ahead.rcf", trusted=True)
    assert repr(restored) == repr(forecaster)
    rest = [part.tobytes() for part in forecaster.process(wave[learned:500])]
    for other in (restored, loaded):
        assert [part.tobytes() for part in other.process(wave[learned:500])] == rest
        assert other.to_bytes() == forecaster.to_bytes()


def test_damage_is_refused():
    state = bytearray(small().to_bytes())
    state[40] ^= 1
    with pytest.raises(rcf.StateError):
        rcf.Forecaster.from_bytes(state)
    with pytest.raises(rcf.StateError, match="kind"):
        rcf.Forecaster.from_bytes(rcf.RandomCutForest().to_bytes())


def test_a_refused_row_changes_nothing(wave):
    forecaster = small()
    forecaster.process(wave[:100])
    before = forecaster.to_bytes()
    wave[42] = np.nan
    with pytest.raises(rcf.InputError, match=r"row 42.*finite") as caught:
        forecaster.process(wave)
    assert caught.value.row == 42
    for bad in (np.inf, [1.0, 2.0], "x", None):
        with pytest.raises((rcf.InputError, TypeError)):
            forecaster.process_one(bad)
    assert forecaster.to_bytes() == before


def test_parameters_arrive(wave):
    forecaster = small(shingle_size=4, horizon=2, coverage=0.5, transform="difference")
    assert (forecaster.shingle_size, forecaster.horizon, forecaster.coverage) == (4, 2, 0.5)
    assert (forecaster.number_of_trees, forecaster.sample_size, forecaster.seed) == (10, 64, 6)
    assert forecaster.newest is None and np.isnan(forecaster.measured_coverage(2))
    trend = forecaster.process(np.arange(500.0))
    assert abs(trend.expected[-1, :, 0] - [500, 501]).max() < 1
    held = small(input_dimensions=2, limits=[(-1, 1), (None, None)]).process(np.column_stack([wave, wave]))
    assert np.nanmax(held.upper[..., 0]) == 1 < np.nanmax(held.upper[..., 1])


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"horizon": 0}, rcf.ConfigError, "horizon must be in 1..=1000, got 0"),
        ({"coverage": 1.0}, rcf.ConfigError, "coverage must be in 0.01..=0.99, got 1"),
        ({"limits": (2, 1)}, rcf.ConfigError, "limits must be in order, the least value first, got 2 and 1"),
        ({"limits": [(0, 1), (0, 1)]}, rcf.ConfigError, "limits must have one value for each input"),
        ({"limits": 3}, TypeError, "limits must be a pair"),
        ({"transform": "log"}, rcf.ConfigError, '"difference"'),
        ({"coverage": "high"}, TypeError, "coverage must be a number, got str"),
        ({"input_dimensions": 0}, rcf.ConfigError, "input_dimensions"),
    ],
    ids=str,
)
def test_a_broken_rule_is_named(parameters, error, message):
    with pytest.raises(error, match=message):
        rcf.Forecaster(**parameters)
    with pytest.raises(rcf.ConfigError, match=r"step must be in 1..=1, got 2"):
        rcf.Forecaster().measured_coverage(2)


def test_missing_values_are_refused_or_imputed(wave):
    points = np.column_stack([wave, wave[::-1]])
    points[5, 1] = points[700:720, 0] = np.nan
    refused = small(input_dimensions=2)
    with pytest.raises(rcf.InputError, match=r"row 5.*finite"):
        refused.process(points)
    forecaster, one_by_one = (small(input_dimensions=2, horizon=2) for _ in range(2))
    forecasts = forecaster.process(points, missing="impute")
    for point in points:
        one = one_by_one.process_one(point, missing="impute")
    assert [part.tobytes() for part in one] == [part[-1].tobytes() for part in forecasts]
    assert forecaster.missing_values == one_by_one.missing_values == 21
    assert np.isfinite(forecasts.expected[-1000:]).all()
    with pytest.raises(rcf.ConfigError, match="missing must be"):
        forecaster.process(points, missing="skip")


def test_errors_weights_and_periods_are_told():
    season = np.tile([0.0, 1.0, 4.0, 9.0, 4.0, 1.0, 0.0, 2.0], 200)
    series = season + np.random.default_rng(5).normal(0, 0.1, season.size)
    forecaster = small(horizon=3)
    assert np.isnan(forecaster.errors().mean_absolute).all() and forecaster.periods == [None]
    forecasts = forecaster.process(series)
    errors = forecaster.errors()
    assert all(part.shape == (3, 1) for part in errors)
    off = series[3:] - forecasts.expected[:-3, 2, 0]
    off = off[~np.isnan(off)]
    assert abs(errors.mean_absolute[2, 0] - abs(off).mean()) < 0.03
    assert abs(errors.root_mean_square[2, 0] - np.sqrt((off**2).mean())) < 0.03
    assert abs(errors.bias[2, 0] - off.mean()) < 0.03
    assert 0.7 < errors.interval_precision[2, 0] < 0.9
    assert forecaster.periods[0] % 8 == 0
    weights = forecaster.weights()
    assert list(weights) == forecaster.components
    assert np.allclose(sum(weights.values()), 1)


def test_components_are_chosen(wave):
    last = small(components=["last_value"], horizon=2)
    assert last.components == ["last_value"]
    assert (last.process(wave).expected[-1] == wave[-1]).all()
    assert rcf.Forecaster.from_bytes(last.to_bytes()).components == ["last_value"]
    with pytest.raises(rcf.ConfigError, match="at least one component"):
        small(components=[])
    with pytest.raises(rcf.ConfigError, match="past_cycles"):
        small(components=["magic"])
    with pytest.raises(TypeError, match="components must be a sequence of names"):
        small(components=3)
