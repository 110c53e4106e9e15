"""Decisions: whole arrays, one by one, in words, as tables and pictures."""

import copy
import pickle
import re
from itertools import pairwise

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
    "synthetic_fraction",
    "warm_up",
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
    assert result.warm_up[0] == 70 and result.warm_up[-1] == 0
    assert abs(result.expected[SPIKES, 0]).max() < 2 and np.isnan(result.expected[0, 0])
    why = result.attribution
    assert why.high[SPIKES[0], 0] > 2 * why.low[SPIKES[0], 0]
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
        assert one.relative_index == result.relative_index[at] and one.suppressed == result.suppressed[at]
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
    assert detector.observations == 0
    result = detector.process(wave, missing="impute")
    assert result.imputed[499:504].tolist() == [0, 1, 1, 1, 0]
    assert result.is_anomaly[SPIKES].all() and not result.is_anomaly[490:520].any()
    with pytest.raises(rcf.ConfigError, match=r'"raise" or "impute", got "drop"'):
        detector.process(wave, missing="drop")
    assert detector.process_one(np.nan, missing="impute").imputed == 1


def test_history_is_learned_and_not_judged(wave):
    detector = rcf.AnomalyDetector(seed=1)
    detector.fit(wave[:1000])
    assert (detector.warm_up_left, detector.observations) == (0, 1000)
    other = rcf.AnomalyDetector(seed=1)
    other.process(wave[:1000])
    assert detector.to_bytes() == other.to_bytes()
    assert isinstance(detector.forest, rcf.RandomCutForest) and detector.forest.updates == 1000


def test_a_few_points_of_the_past_are_a_start_that_says_what_it_is(wave):
    detector = rcf.AnomalyDetector(seed=1)
    detector.bootstrap(wave[:600:6], spacing=6)
    assert (detector.warm_up_left, detector.observations) == (0, 100)
    result = detector.process(wave[600:])
    assert set(SPIKES) <= set((600 + np.flatnonzero(result.is_anomaly)).tolist())
    assert (
        0.8 < result.synthetic_fraction[0] < 0.9
        and (np.diff(result.synthetic_fraction) <= 0).all()
        and result.synthetic_fraction[-1] < 0.3
    )
    assert result.confidence[0] < 0.62 and (result.score > 0).all()
    restored = rcf.AnomalyDetector.from_bytes(detector.to_bytes())
    assert restored.process_one(0.0).synthetic_fraction == detector.process_one(0.0).synthetic_fraction > 0


def test_what_cannot_start_a_detector_is_refused(wave):
    detector = rcf.AnomalyDetector()
    with pytest.raises(rcf.InputError, match="at least 2 points, got 1"):
        detector.bootstrap([1.0], spacing=6)
    with pytest.raises(rcf.InputError, match="spacing"):
        detector.bootstrap(wave, spacing=0)
    with pytest.raises(rcf.InputError, match="row 1"):
        detector.bootstrap([1.0, np.nan, 2.0], spacing=6)
    assert detector.observations == 0
    detector.process(wave)
    with pytest.raises(rcf.InputError, match="2000 observations"):
        detector.bootstrap(wave, spacing=6)


def test_times_run_forwards():
    detector = rcf.AnomalyDetector()
    detector.process_one(1.0, timestamp=10.0)
    with pytest.raises(rcf.InputError):
        detector.process_one(1.0, timestamp=10.0)
    assert detector.observations == 1


def test_timestamps_of_a_whole_array_are_those_of_the_loop(wave):
    times = np.arange(2000.0) + np.where(np.arange(2000) > 900, 30.0, 0.0)
    at_once, one_by_one, timeless = (rcf.AnomalyDetector(seed=1) for _ in range(3))
    result = at_once.process(wave, timestamps=times)
    single = [one_by_one.process_one(v, timestamp=t) for v, t in zip(wave, times, strict=True)]
    for name in COLUMNS:
        assert getattr(result, name).tolist() == [getattr(one, name) for one in single], name
    assert at_once.to_bytes() == one_by_one.to_bytes()
    timeless.process(wave, timestamps=np.arange(2000.0))
    assert timeless.to_bytes() != at_once.to_bytes()  # the gap was seen


def moments() -> dict[str, object]:
    """A minute between each, in the containers that people have."""
    import datetime

    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    index = pandas.date_range("2026-03-01", periods=300, freq="min")
    plain = [datetime.datetime(2026, 3, 1) + datetime.timedelta(minutes=i) for i in range(300)]
    return {
        "datetime64": index.to_numpy(),
        "datetime64[s]": index.to_numpy().astype("datetime64[s]"),
        "index": index,
        "index with a zone": index.tz_localize("UTC").tz_convert("Asia/Tokyo"),
        "series": index.to_series(),
        "series with a zone": index.tz_localize("UTC").to_series(),
        "list": plain,
        "list with a zone": [moment.replace(tzinfo=datetime.timezone.utc) for moment in plain],
        "polars": polars.Series(plain),
    }


@pytest.mark.parametrize(
    "container",
    ["datetime64", "datetime64[s]", "index", "index with a zone", "series", "series with a zone", "list",
     "list with a zone", "polars"],
)  # fmt: skip
def test_moments_count_in_seconds(wave, container):
    start = 1772323200  # 2026-03-01, UTC
    by_number, by_moment = rcf.AnomalyDetector(seed=1), rcf.AnomalyDetector(seed=1)
    by_number.process(wave[:300], timestamps=start + 60 * np.arange(300))
    given = moments()[container]
    by_moment.process(wave[:300], timestamps=given)
    assert by_moment.to_bytes() == by_number.to_bytes()
    with pytest.raises(rcf.InputError, match="increase"):
        by_moment.process_one(
            0.0, timestamp=given[299] if isinstance(given, list) else np.asarray(given)[299]
        )


def test_bad_timestamps_are_refused_by_their_row(wave):
    detector = rcf.AnomalyDetector(seed=1)
    times = np.arange(2000.0)
    times[1200] = 1199.0
    with pytest.raises(rcf.InputError, match="row 1200: timestamps must be finite and increase") as caught:
        detector.process(wave, timestamps=times)
    assert caught.value.row == 1200 and detector.observations == 0
    stamps = np.datetime64("2026-03-01") + np.arange(2000)
    stamps[7] = np.datetime64("NaT")
    with pytest.raises(rcf.InputError, match="row 7: timestamps must be finite"):
        detector.process(wave, timestamps=stamps)
    with pytest.raises(rcf.InputError, match=r"a timestamp for each of the 2000 rows, got shape \(3,\)"):
        detector.process(wave, timestamps=[1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="timestamps must be numbers, or moments"):
        detector.process_one(1.0, timestamp="noon")


def test_parameters_are_suggested_with_reasons():
    hours = np.arange(2400)
    day = 20 + 5 * np.sin(2 * np.pi * hours / 24) + np.random.default_rng(1).normal(0, 0.2, 2400)
    suggestion = rcf.suggest(day)
    # A quarter of the period determines the phase; longer shingles may predict better, to 32 at most.
    assert suggestion.period == 24 and 6 <= suggestion.shingle_size <= 32
    assert suggestion.transform == "none" and 0.5 <= suggestion.certainty <= 1
    assert len(suggestion.reasons) == 4 and "every 24 records" in str(suggestion)
    detector = suggestion.detector(seed=3, silence=10)
    parameters = (suggestion.shingle_size, suggestion.time_decay)
    assert (detector.shingle_size, detector.time_decay) == parameters
    day[2000] = 60.0
    assert detector.process(day).is_anomaly[2000]
    both = rcf.suggest(np.column_stack([day, 1000 * day]).astype(np.float32))
    assert both.input_dimensions == 2 and both.transform == "normalize"
    assert len(rcf.DetectorMap(**both.parameters).process(["a"] * 9, np.ones((9, 2)))["a"]) == 9
    assert rcf.suggest([1.0, np.nan] * 50).input_dimensions == 1
    for history in ([], [1.0] * 31):
        with pytest.raises(rcf.InputError, match="needs at least 32 observations with at least one input"):
            rcf.suggest(history)
    with pytest.raises(rcf.InputError, match="it has no columns"):
        rcf.suggest(np.ones((100, 0)))


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
    {"false_alarm_rate": 1e-9},
    {"threshold": ("extreme_value", 4)},
    {"threshold": ("quantile", 2)},
    {"threshold": ("deviations", 5)},
    {"imputation": "forest"},
    {"imputation": [1.0]},
    {"weights": 2},
    {"weights": [0.5]},
    {"ignore_near_expected": 5},
    {"ignore_near_expected": {"relative_above": 0.2}},
    {"rules": ["0 within 5% above", "when 0 < 0.5 and 0 != 3"]},
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
        ({"learning": ("always", 3)}, rcf.ConfigError, "takes at most 0 numbers"),
        ({"learning": ("skip", 0)}, rcf.ConfigError, "at least 1"),
        ({"learning": ("skip", -1)}, rcf.ConfigError, "learning must be at least 0"),
        ({"threshold": -1.0}, rcf.ConfigError, "threshold"),
        ({"threshold": {"margin": 0.1}}, rcf.ConfigError, "were replaced by false_alarm_rate"),
        ({"false_alarm_rate": 2.0}, rcf.ConfigError, "false_alarm_rate must be"),
        ({"threshold": ("tail", 3)}, rcf.ConfigError, '"deviations", "quantile", got "tail"'),
        ({"threshold": "normal"}, TypeError, "threshold must be a number"),
        ({"imputation": [1.0, 2.0]}, rcf.ConfigError, "fixed values"),
        ({"imputation": 3}, TypeError, "imputation must be a name or a sequence"),
        ({"weights": [1.0, 2.0]}, rcf.ConfigError, "weights"),
        ({"weights": 0.0}, rcf.ConfigError, "weight"),
        ({"ignore_near_expected": {"above": 1}}, rcf.ConfigError, '"absolute_above"'),
        ({"ignore_near_expected": -1.0}, rcf.ConfigError, "expected"),
        ({"rules": ["level within 5%"]}, rcf.ConfigError, "its number"),
        ({"rules": ["1 within 5%"]}, rcf.ConfigError, "there are 1"),
        ({"rules": "0 within 5%"}, TypeError, "sequence of texts"),
        ({"warm_up": 0}, rcf.ConfigError, "warm_up"),
        ({"input_dimensions": 0}, rcf.ConfigError, "input_dimensions"),
        ({"seed": "x"}, rcf.ConfigError, "seed"),
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
    assert {"score", "expected level", "high power", "suppressed"} <= set(table.columns)
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
    assert [group.find("text").text for group in root.findall("svg/g")] == ["<level>", "power", "score"]
    assert len(root.findall("ol/li")) == len(result.anomalies()) == len(root.findall("svg/g[1]/rect")) > 0
    assert [text.text for text in root.findall("svg/text")] == ["row 0", "row 999", "row 1,999"]
    assert (
        len(root.findall("svg/g/polygon")) == 2
        and root.find("svg/g[3]/polyline[@class='threshold']") is not None
    )
    lowest = min(float(p.split(",")[1]) for p in root.find("svg/g/polyline").get("points").split())
    assert lowest == 0.0  # the spike is drawn, though there are more rows than pixels
    assert len(page) < 300_000
    empty = rcf.AnomalyDetector().process([])
    assert "0 rows" in empty._repr_html_() and len(empty) == 0 and empty.anomalies() == []


def test_a_picture_shows_the_inputs_that_are_named_and_whole_names():
    pandas = pytest.importorskip("pandas")
    names = [f"a rather long name of an input, number {part}" for part in range(40)]
    values = np.random.default_rng(1).normal(size=(1000, 40))
    values[900, 33] = 40.0
    index = pandas.date_range("2026-03-01", periods=1000, freq="h")
    result = rcf.AnomalyDetector(seed=1).process(pandas.DataFrame(values, columns=names, index=index))
    page = result._repr_html_()
    told = {anomaly.name for anomaly in result.anomalies()[:20]}
    assert names[33] in told
    assert all(f">{name}</text>" in page for name in told)
    assert "2026-03-01 00:00:00" in page and "inputs without an anomaly in this list are not drawn" in page


def test_matplotlib_draws_it(pair):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(pair)
    axes = result.plot()
    assert [panel.get_title(loc="left") for panel in axes] == ["input 0", "input 1", ""]
    assert [panel.get_ylabel() for panel in axes] == ["value", "value", "score"]
    assert all(len(panel.patches) == len(result.anomalies()) for panel in axes)
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == [
        "99 % expected here",
        "value",
        "anomaly",
    ]
    assert "threshold of the score alone" in [line.get_label() for line in axes[2].lines]
    assert axes[2].get_xlabel() == "row" and not axes[0].get_xlabel()
    with pytest.raises(rcf.ConfigError, match="ax must be one, or 3"):
        result.plot(axes[:1])
    _, alone = plt.subplots()
    drawn = result.plot(ax=alone, column="input 1", units={"input 1": "kW"})
    assert drawn[0] is alone and [panel.get_ylabel() for panel in drawn] == ["kW", "score"]
    assert alone.get_title(loc="left") == "input 1"
    assert len(alone.patches) == len(result.anomalies()) and not drawn[1].patches
    with pytest.raises(rcf.ConfigError, match="column must be one of"):
        result.plot(ax=alone, column="input 9")
    hours = np.datetime64("2026-03-01T00") + np.arange(len(pair))
    timed = rcf.AnomalyDetector(seed=1).process(pair[:, 0], timestamps=hours)
    drawn = timed.plot(units="m")
    assert (
        drawn[1].get_xlabel() == "time" and "Concise" in type(drawn[1].xaxis.get_major_formatter()).__name__
    )
    drawn[0].figure.canvas.draw()
    labels = [label.get_window_extent() for label in drawn[1].get_xticklabels() if label.get_text()]
    assert all(a.x1 < b.x0 for a, b in pairwise(labels)), "labels of times do not overlap"
    pandas = pytest.importorskip("pandas")
    long = pandas.Series(pair[:, 0], name="plant/line-7/" + 9 * "a rather long name ")
    (panel, _) = rcf.AnomalyDetector(seed=1).process(long).plot()
    panel.figure.canvas.draw()
    title = panel._left_title.get_window_extent()
    assert panel.figure.bbox.contains(title.x0, title.y0) and panel.figure.bbox.contains(title.x1, title.y1)
    assert timed.anomalies()[0].text.startswith("2026-0")
    pandas = pytest.importorskip("pandas")
    names = pandas.Index([f"row {row}" for row in range(len(pair))])
    periods = pandas.period_range("2026-01", periods=len(pair), freq="D")
    moments = pandas.date_range("2026-01-01", periods=len(pair), tz="Asia/Tokyo")
    for index in (names, periods, moments, pandas.MultiIndex.from_product([[1], names])):
        table = rcf.AnomalyDetector(seed=1).process(pandas.Series(pair[:, 0], index=index))
        assert len(table.plot()) == 2 and len(table._repr_html_()) > 1000
    plt.close("all")


def spikes(every: int = 500, length: int = 2500) -> np.ndarray:
    values = np.sin(np.arange(length) / 8)
    values[every - 1 :: every] += 4
    return values


def test_a_rule_suppresses_and_is_named():
    values = spikes()
    plain = rcf.AnomalyDetector(seed=7).process(values)
    rules = ["when 0 > 9", "0 within 9 above"]
    result = rcf.AnomalyDetector(seed=7, rules=rules).process(values)
    assert plain.is_anomaly[499] and not result.is_anomaly[499]
    at = list(result.candidate).index(499)
    assert (result.suppressed[at], result.suppressed_by[at]) == ("rule", 1)
    assert np.array_equal(plain.score, result.score)
    # Later evidence may differ: what is suppressed opens no event.
    assert np.array_equal(plain.evidence[:500], result.evidence[:500])
    assert all(by is None for by in plain.suppressed_by)


def test_what_is_marked_as_normal_is_suppressed_until_it_is_taken_back():
    values = spikes()
    detector = rcf.AnomalyDetector(seed=7)
    first = detector.process(values[:600]).detection(499)
    assert first.is_anomaly
    assert detector.mark_normal(first) == 0
    (mark,) = detector.normal_marks
    assert mark.number == 0 and mark.deviations[0] > 3 and mark.evidence == first.evidence
    again = rcf.AnomalyDetector.from_bytes(detector.to_bytes())
    assert again.normal_marks == detector.normal_marks
    result = again.process(values[600:1100])
    assert not result.is_anomaly.any()
    seen = result.detection(399)
    assert (seen.suppressed, seen.suppressed_by) == ("marked_normal", 0)
    detector.process(values[600:1100])
    detector.unmark_normal(0)
    assert detector.normal_marks == []
    assert detector.process(values[1100:1600]).is_anomaly[399]
    with pytest.raises(KeyError):
        detector.unmark_normal(0)


def test_only_a_candidate_of_this_detector_can_be_marked():
    detector = rcf.AnomalyDetector(seed=7)
    calm = detector.process_one(1.0)
    with pytest.raises(rcf.InputError, match="candidate"):
        detector.mark_normal(calm)
    result = rcf.AnomalyDetector(seed=7).process(spikes())
    both = result.detection(499)._replace(values=np.zeros(2), expected=np.ones(2))
    with pytest.raises(rcf.InputError, match="belongs to another detector"):
        detector.mark_normal(both)


def test_one_row_of_many_is_what_one_says():
    values = spikes()
    result = rcf.AnomalyDetector(seed=7).process(values)
    detector = rcf.AnomalyDetector(seed=7)
    singles = [detector.process_one(value) for value in values]
    for row in (0, 300, 499, 500, -1):
        one, other = singles[row], result.detection(row)
        for field in one._fields:
            if field != "inputs":
                np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)
    with pytest.raises(IndexError):
        result.detection(len(values))


@pytest.mark.parametrize(
    ("level", "spike", "texts"),
    [(20.0, 30.0, ("30", "20")), (1234560.5, 1234567.5, ("1234567.5", "1234560.5"))],
)
def test_sentences_write_numbers_that_differ(level, spike, texts):
    values = np.full(600, level)
    values[::7] += 0.25
    values[500] = spike
    (found, *_) = rcf.AnomalyDetector(seed=7).process(values).anomalies()
    written = re.search(r"is ([\d.e+]+), too high: ([\d.e+]+) would be usual", str(found))
    assert written[1] == texts[0]
    assert float(written[2]) == pytest.approx(float(texts[1]), abs=0.3) and "e" not in written[2]


def test_rows_that_were_not_learned_are_counted():
    values = np.random.default_rng(3).normal(size=(2500, 2))
    values[2000:2300] += 6
    result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(values)
    assert 150 < result.unlearned[2000:2300].sum() <= 300
    assert f"{result.unlearned.sum():,} not learned" in repr(result)
    assert result.to_frame()["unlearned"].sum() == result.unlearned.sum()
    detector = rcf.AnomalyDetector(input_dimensions=2, seed=1, learning="always")
    assert not detector.process(values).unlearned.any()
    assert not detector.process_one(values[0]).unlearned
