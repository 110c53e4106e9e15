"""Decisions: whole arrays, one by one, in words, as tables and pictures."""

import copy
import pickle
import re

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import rcf

SPIKES = [1500, 1800]
COLUMNS = [
    "score",
    "evidence",
    "threshold",
    "severity",
    "grade",
    "confidence",
    "warmup",
    "imputed",
    "is_anomaly",
]


@pytest.fixture
def wave() -> np.ndarray:
    values = np.sin(np.arange(2000) / 10) + np.random.default_rng(3).normal(0, 0.02, 2000)
    values[SPIKES] = 4.0, -4.0
    return values


@pytest.fixture
def pair(wave) -> np.ndarray:
    return np.column_stack([wave, 100 + 10 * np.cos(np.arange(2000) / 10)])


def content(result: rcf.Detections) -> list[bytes]:
    parts = [getattr(result, name).tobytes() for name in COLUMNS]
    return [*parts, result.candidate.tobytes(), result.expected.tobytes(), result.attribution.low.tobytes()]


def test_the_spikes_are_found_and_nothing_else(wave):
    result = rcf.AnomalyDetector(seed=1).process(wave)
    assert result.is_anomaly[SPIKES].all() and result.is_anomaly.sum() < 6
    assert ((result.grade > 0) == result.is_anomaly).all() and (result.grade <= 1).all()
    assert set(SPIKES) <= set(np.argsort(result.score)[-16:].tolist())
    assert (result.severity[SPIKES] > 0.5).all()
    assert result.warmup[0] == 70 and result.warmup[-1] == 0
    assert abs(result.expected[SPIKES, 0]).max() < 2 and np.isnan(result.expected[0, 0])
    why = result.attribution
    assert why.high[SPIKES[0], 0] > why.low[SPIKES[0], 0] == pytest.approx(0, abs=0.1)
    assert why.low[SPIKES[1], 0] > why.high[SPIKES[1], 0]


@pytest.mark.parametrize("shingle_size", [1, 4])
def test_an_array_is_the_one_by_one_loop_bit_for_bit(pair, shingle_size):
    parameters = {"input_dimensions": 2, "shingle_size": shingle_size, "seed": 5}
    at_once, one_by_one = (rcf.AnomalyDetector(**parameters) for _ in range(2))
    result = at_once.process(pair)
    single = [one_by_one.process_one(point) for point in pair]
    for name in COLUMNS:
        assert getattr(result, name).tolist() == [getattr(one, name) for one in single], name
    for at, row in enumerate(result.candidate):
        one = single[row]
        assert one.relative_index == result.relative_index[at] and one.silenced == result.reasons[at]
        assert np.array_equal(one.expected, result.expected[row])
        assert np.array_equal(one.attribution, [part[row] for part in result.attribution])
    assert all(one.expected is None for row, one in enumerate(single) if row not in result.candidate)
    assert at_once.to_bytes() == one_by_one.to_bytes()


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))])
def test_a_restored_detector_continues_bit_for_bit(pair, way, tmp_path):
    detector = rcf.AnomalyDetector(input_dimensions=2, shingle_size=3, seed=2)
    detector.process(pair[:1400])
    restored = way(detector)
    detector.save(tmp_path / "pump.rcf")
    loaded = rcf.AnomalyDetector.load(str(tmp_path / "pump.rcf"))
    expected = content(detector.process(pair[1400:]))
    assert content(restored.process(pair[1400:])) == content(loaded.process(pair[1400:])) == expected
    assert restored.to_bytes() == loaded.to_bytes() == detector.to_bytes()


def test_a_forest_is_no_detector(wave):
    with pytest.raises(rcf.StateError, match="kind"):
        rcf.AnomalyDetector.from_bytes(rcf.RandomCutForest().to_bytes())
    with pytest.raises(rcf.StateError, match="kind"):
        rcf.RandomCutForest.from_bytes(rcf.AnomalyDetector().to_bytes())


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_damaged_detectors_are_refused(at, change):
    state = bytearray(TRAINED)
    state[at % len(state)] ^= change
    with pytest.raises(rcf.StateError):
        rcf.AnomalyDetector.from_bytes(state)


def _trained() -> bytes:
    detector = rcf.AnomalyDetector(shingle_size=2, number_of_trees=3, sample_size=16)
    detector.process(np.sin(np.arange(100.0)))
    return detector.to_bytes()


TRAINED = _trained()


def test_missing_values_are_refused_or_filled_in(wave):
    wave[500:503] = np.nan
    detector = rcf.AnomalyDetector(seed=1, imputation="linear")
    with pytest.raises(rcf.InputError, match="row 500"):
        detector.process(wave)
    assert detector.records == 0
    result = detector.process(wave, missing="impute")
    assert result.imputed[499:504].tolist() == [0, 1, 1, 1, 0]
    assert result.is_anomaly[SPIKES].all() and not result.is_anomaly[490:520].any()
    with pytest.raises(rcf.ConfigError, match=r'"raise" or "impute", got "drop"'):
        detector.process(wave, missing="drop")
    assert detector.process_one(np.nan, missing="impute").imputed == 1


def test_history_is_learned_and_not_judged(wave):
    detector = rcf.AnomalyDetector(seed=1)
    detector.fit(wave[:1000])
    assert (detector.warm_up_left, detector.records) == (0, 1000)
    other = rcf.AnomalyDetector(seed=1)
    other.process(wave[:1000])
    assert detector.to_bytes() == other.to_bytes()
    assert isinstance(detector.forest, rcf.RandomCutForest) and detector.forest.updates == 1000


def test_times_run_forwards():
    detector = rcf.AnomalyDetector()
    detector.process_one(1.0, timestamp=10.0)
    with pytest.raises(rcf.InputError):
        detector.process_one(1.0, timestamp=10.0)
    assert detector.records == 1


TRANSFORMS = ["none", "subtract_moving_average", "normalize", "difference", "normalized_difference"]
LEARNING = [
    "always",
    "skip",
    "delay",
    ("skip", 9),
    ("frozen", 100),
    ("down_weight", 10),
    ("down_weight", 2, 99),
]
GOOD = [
    *({"transform": name} for name in TRANSFORMS),
    *({"learning": learning} for learning in LEARNING),
    {"threshold": 2.5},
    {"threshold": {"margin": 0.1}},
    {"threshold": ("extreme_value", 4)},
    {"threshold": ("deviations", 5)},
    {"imputation": "forest"},
    {"imputation": [1.0]},
    {"weights": 2},
    {"weights": [0.5]},
    {"ignore_near_expected": 5},
    {"ignore_near_expected": {"relative_above": 0.2}},
    {"silence": 0},
    {"noise_floor": 0.01},
    {"warm_up": 100},
    {"transform_decay": 0.01},
]


@pytest.mark.parametrize("parameters", GOOD, ids=str)
def test_every_parameter_arrives(wave, parameters):
    usual, other = rcf.AnomalyDetector(seed=1), rcf.AnomalyDetector(seed=1, **parameters)
    may_be_default = {"transform", "learning"} & set(parameters)
    assert may_be_default or usual.to_bytes() != other.to_bytes()
    assert len(other.process(wave)) == len(wave)


@pytest.mark.parametrize(("name", "values"), [("transform", TRANSFORMS), ("learning", LEARNING)])
def test_each_choice_is_another(name, values):
    states = {rcf.AnomalyDetector(seed=1, **{name: value}).to_bytes() for value in values}
    assert len(states) == len(values)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"transform": "log"}, rcf.ConfigError, '"normalize".*got "log"'),
        ({"transform": 3}, TypeError, "transform must be a name"),
        ({"learning": "frozen"}, rcf.ConfigError, "needs a number"),
        ({"learning": ("always", 3)}, rcf.ConfigError, "takes 0 numbers at most"),
        ({"learning": ("skip", 0)}, rcf.ConfigError, "at least 1"),
        ({"learning": ("skip", -1)}, rcf.ConfigError, "learning must be at least 0"),
        ({"threshold": -1.0}, rcf.ConfigError, "threshold"),
        ({"threshold": {"width": 1}}, rcf.ConfigError, '"margin", "height", "decades", got "width"'),
        ({"threshold": ("tail", 3)}, rcf.ConfigError, '"extreme_value", "deviations", got "tail"'),
        ({"threshold": "normal"}, TypeError, "threshold must be a number, a dict"),
        ({"imputation": [1.0, 2.0]}, rcf.ConfigError, "fixed values"),
        ({"imputation": 3}, TypeError, "imputation must be a name or a sequence"),
        ({"weights": [1.0, 2.0]}, rcf.ConfigError, "weights"),
        ({"weights": 0.0}, rcf.ConfigError, "weight"),
        ({"ignore_near_expected": {"above": 1}}, rcf.ConfigError, '"absolute_above"'),
        ({"ignore_near_expected": -1.0}, rcf.ConfigError, "expected"),
        ({"warm_up": 0}, rcf.ConfigError, "warm_up"),
        ({"input_dimensions": 0}, rcf.ConfigError, "input_dimensions"),
        ({"seed": "x"}, TypeError, "seed"),
    ],
    ids=str,
)
def test_a_broken_rule_is_named(parameters, error, message):
    with pytest.raises(error, match=message):
        rcf.AnomalyDetector(**parameters)


@given(st.data())
def test_whatever_comes_is_answered_or_refused(data):
    points = data.draw(
        arrays.arrays(
            data.draw(arrays.scalar_dtypes()),
            data.draw(arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)),
        )
    )
    detector = rcf.AnomalyDetector(
        input_dimensions=data.draw(st.integers(1, 3)), number_of_trees=3, sample_size=8, warm_up=1
    )
    before = detector.to_bytes()
    for missing in ("raise", "impute"):
        for method in (detector.process, detector.process_one):
            try:
                result = method(points, missing=missing)
            except (rcf.InputError, TypeError):
                assert detector.to_bytes() == before
            else:
                assert np.isfinite(result.score).all() and np.isfinite(result.evidence).all()
                before = detector.to_bytes()


def test_anomalies_are_told_once_each_in_words(pair):
    pandas = pytest.importorskip("pandas")
    pair[1200:1260, 1] = 300.0  # an hour too high
    index = pandas.date_range("2026-03-01", periods=len(pair), freq="min")
    frame = pandas.DataFrame(pair, columns=["level", "power"], index=index)
    result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(frame)
    told = result.anomalies()
    assert len(told) == result.is_anomaly.sum()
    (power,) = [anomaly for anomaly in told if anomaly.start == 1200]
    assert power.name == "power" and power.is_high and power.value == 300.0 and power.end >= 1205
    assert str(power).startswith("2026-03-01 20:00:00 (row 1,200): power is 300, too high: ")
    assert re.search(r"would be usual \(for [\d,]+ rows, grade \d\.\d\d\)$", power.text)
    assert {"level"} == {anomaly.name for anomaly in told if anomaly.start in SPIKES}


def test_a_table_keeps_its_index_and_names(pair):
    pandas = pytest.importorskip("pandas")
    index = pandas.date_range("2026-03-01", periods=len(pair), freq="min", tz="Europe/Zurich")
    frame = pandas.DataFrame(pair, columns=["level", "power"], index=index)
    result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(frame)
    table = result.to_frame()
    assert table.index.equals(index)
    assert table["is_anomaly"].sum() == result.is_anomaly.sum() > 0
    assert {"score", "expected level", "high power", "silenced"} <= set(table.columns)
    series = rcf.AnomalyDetector(seed=1).process(frame["level"])
    assert series.names == ["level"] and series.index.equals(index)
    assert rcf.AnomalyDetector(seed=1).process(pair[:, 0]).to_frame().index.tolist() == list(range(len(pair)))


def test_names_of_other_tables(pair):
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    columns = {"level": pair[:, 0], "power": pair[:, 1]}
    for table in (polars.DataFrame(columns), pyarrow.table(columns)):
        result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(table)
        assert result.names == ["level", "power"] and result.index is None
        assert np.array_equal(result.values, pair)
    assert rcf.AnomalyDetector(input_dimensions=2).process(pair).names == ["input 0", "input 1"]
    assert rcf.AnomalyDetector().process(pair[:, 0].tolist()).names == ["value"]


def test_a_notebook_shows_a_picture(pair):
    import xml.etree.ElementTree as ET

    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(pair, columns=["<level>", "power"])
    result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(frame)
    page = result._repr_html_()
    root = ET.fromstring(page)  # well-formed, names escaped
    assert root.find("p/b").text == f"2,000 rows, {len(result.anomalies())} anomalies"
    assert len(root.findall("svg/g")) == 3
    assert len(root.findall("ol/li")) == len(result.anomalies()) == len(root.findall("svg/g[1]/rect")) > 0
    lowest = min(float(p.split(",")[1]) for p in root.find("svg/g/polyline").get("points").split())
    assert lowest == 0.0  # the spike is drawn, though there are more rows than pixels
    assert len(page) < 200_000
    empty = rcf.AnomalyDetector().process([])
    assert "0 rows" in empty._repr_html_() and len(empty) == 0 and empty.anomalies() == []


def test_matplotlib_draws_it(pair):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(pair)
    axes = result.plot()
    assert [panel.get_ylabel() for panel in axes] == ["input 0", "input 1", "score"]
    assert all(len(panel.patches) == len(result.anomalies()) for panel in axes)
    with pytest.raises(rcf.ConfigError, match="axes must be 3"):
        result.plot(axes[:1])
    plt.close("all")


def many(wave) -> tuple[list[str], np.ndarray]:
    keys = [f"sensor {row % 5}" for row in range(len(wave))]
    return keys, wave + np.arange(len(wave)) % 5


@pytest.mark.parametrize("n_jobs", [1, 2, 7, -1, None])
def test_threads_never_change_a_result(wave, n_jobs):
    keys, values = many(wave)
    results = rcf.process_many(keys, values, n_jobs=n_jobs, seed=4)
    assert list(results) == [f"sensor {i}" for i in range(5)]
    for i, result in enumerate(results.values()):
        assert content(result) == content(rcf.AnomalyDetector(seed=4).process(values[i::5]))


def test_a_map_goes_on_where_it_was(wave):
    keys, values = many(wave)
    whole, pieces = rcf.DetectorMap(seed=4), rcf.DetectorMap(seed=4)
    whole.process(keys, values)
    for part in (slice(0, 3), slice(3, 1500), slice(1500, None)):
        pieces = pickle.loads(pickle.dumps(pieces))
        pieces.process(keys[part], values[part])
    assert list(whole) == list(pieces) and len(pieces) == 5 and "sensor 2" in pieces
    for key, detector in whole.items():
        assert detector.to_bytes() == pieces[key].to_bytes()


def test_one_bad_row_and_no_detector_learns(wave):
    pandas = pytest.importorskip("pandas")
    keys, values = many(wave)
    detectors = rcf.DetectorMap(seed=4)
    detectors.process(keys[:100], values[:100])
    before = {key: detector.to_bytes() for key, detector in detectors.items()}
    values[777] = np.nan
    for points in (values, pandas.Series(values, index=keys)):
        with pytest.raises(rcf.InputError, match=r"key 'sensor 2', row 777: .*finite") as caught:
            detectors.process(keys, points)
        assert caught.value.row == 777
    assert {key: detector.to_bytes() for key, detector in detectors.items()} == before
    with pytest.raises(rcf.InputError, match="as many rows as keys"):
        detectors.process(keys[:-1], values)
    with pytest.raises(rcf.ConfigError, match="n_jobs"):
        detectors.process(keys, values, n_jobs=0)
    with pytest.raises(rcf.ConfigError, match="sample_size"):
        rcf.DetectorMap(sample_size=0)
