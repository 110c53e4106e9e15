"""Tables: columns by name, every kind of frame, missing values, expressions and accessors."""

import copy
import doctest
import importlib
import pickle
from datetime import datetime, timedelta

import numpy as np
import pytest

import rcf

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")

KINDS = {
    "pandas": pandas.DataFrame,
    "polars": polars.DataFrame,
    "arrow": pyarrow.table,
}


@pytest.fixture
def columns(noise) -> dict[str, np.ndarray]:
    values = noise[:600].copy()
    values[500] = 30.0
    return {"level": values[:, 0], "power": values[:, 1]}


def reversed_columns(columns):
    return dict(reversed(columns.items()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", [rcf.AnomalyDetector, rcf.RandomCutForest, rcf.Forecaster])
def test_another_order_of_columns_is_put_right(kind, model, columns):
    mixed, straight = model(seed=1), model(seed=1)
    for table in (columns, reversed_columns(columns)):
        mixed.process(KINDS[kind](table))
    for _ in range(2):
        straight.process(KINDS[kind](columns))
    assert mixed.feature_names_in_ == ["level", "power"]
    assert mixed.to_bytes() == straight.to_bytes()
    for again in (copy.copy(mixed), pickle.loads(pickle.dumps(mixed))):
        assert again.feature_names_in_ == ["level", "power"]


@pytest.mark.parametrize("kind", KINDS)
def test_other_columns_are_refused(kind, columns):
    detector = rcf.AnomalyDetector(seed=1)
    detector.process(KINDS[kind](columns))
    before = detector.to_bytes()
    other = {"level": columns["level"], "speed": columns["power"]}
    with pytest.raises(rcf.InputError, match=r"lacks \['power'\] and also has \['speed'\]"):
        detector.process(KINDS[kind](other))
    with pytest.raises(rcf.InputError, match=r"this table also has \['more'\]"):
        detector.process(KINDS[kind]({**columns, "more": columns["level"]}))
    assert detector.to_bytes() == before
    detector.feature_names_in_ = None
    detector.process(KINDS[kind](other))
    assert detector.feature_names_in_ == ["level", "speed"]
    with pytest.raises(rcf.ConfigError, match="must be 2 names"):
        detector.feature_names_in_ = ["level"]


def test_one_observation_is_told_by_its_names(columns):
    frame = pandas.DataFrame(columns)
    by_name, by_place = rcf.AnomalyDetector(seed=1), rcf.AnomalyDetector(seed=1)
    with pytest.raises(TypeError, match=r"dict; give an array.*learned a table"):
        by_name.process_one({"level": 1.0, "power": 2.0})
    by_name.process(frame)
    by_place.process(frame)
    by_name.process_one({"power": 2.0, "level": 1.0})
    by_name.process_one(frame[["power", "level"]].iloc[3])
    by_place.process_one([1.0, 2.0])
    by_place.process_one(frame.to_numpy()[3])
    assert by_name.to_bytes() == by_place.to_bytes()
    with pytest.raises(rcf.InputError, match=r"this observation lacks \['power'\]"):
        by_name.process_one({"level": 1.0})


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_comes_back_in_its_own_kind(kind, columns):
    table = KINDS[kind](columns)
    result = rcf.AnomalyDetector(seed=1).process(table)
    frame = result.to_frame()
    assert type(frame) is type(table) and len(frame) == len(result)
    names = frame.column_names if kind == "arrow" else list(frame.columns)
    assert {
        "level",
        "power",
        "lower level",
        "upper power",
        "expected level",
        "synthetic_fraction",
        "kind",
    } <= set(names)
    assert np.array_equal(np.asarray(frame["level"]), columns["level"])
    suppressed = frame["suppressed"].to_pylist() if kind == "arrow" else frame["suppressed"].to_list()
    told = [
        row
        for row in range(len(result))
        if suppressed[row] is not None and suppressed[row] == suppressed[row]
    ]
    assert told == [row for row, why in zip(result.candidate, result.suppressed, strict=True) if why]
    lower, upper = np.asarray(frame["lower level"]), np.asarray(frame["upper level"])
    inside = (lower <= columns["level"]) & (columns["level"] <= upper)
    assert inside[100:].mean() > 0.95 and not inside[500]
    empty = rcf.AnomalyDetector(seed=1).process(table[:0]).to_frame()
    assert type(empty) is type(table) and len(empty) == 0


def test_an_input_may_be_called_like_a_result(columns):
    frame = pandas.DataFrame({"score": columns["level"]})
    table = rcf.AnomalyDetector(seed=1).process(frame).to_frame()
    assert np.array_equal(table["value score"], columns["level"]) and "score" in table


def test_lazy_frames_are_collected(columns):
    lazy, eager = rcf.AnomalyDetector(seed=1), rcf.AnomalyDetector(seed=1)
    result = lazy.process(polars.LazyFrame(columns))
    eager.process(polars.DataFrame(columns))
    assert lazy.to_bytes() == eager.to_bytes() and isinstance(result.to_frame(), polars.DataFrame)


def test_columns_of_one_name_get_suffixes(columns):
    frame = pandas.DataFrame(np.column_stack(list(columns.values())), columns=["x", "x"])
    detector = rcf.AnomalyDetector(seed=1)
    result = detector.process(frame)
    assert result.names == detector.feature_names_in_ == ["x", "x_2"]
    assert {"x", "x_2", "expected x_2"} <= set(result.to_frame().columns)
    text = pandas.DataFrame([["a", 1.0]], columns=["x", "x"])
    with pytest.raises(TypeError, match=r"columns of other types: \['x'\]"):
        rcf.AnomalyDetector().process(text)


MOMENTS = [datetime(2026, 3, 1) + timedelta(hours=hour) for hour in range(40)]
NO_NUMBERS = {
    "times": MOMENTS,
    "dates": [moment.date() for moment in MOMENTS],
    "times of day": [moment.time() for moment in MOMENTS],
    "durations": [moment - MOMENTS[0] for moment in MOMENTS],
    "texts": ["a", "b"] * 20,
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("table", ["pandas", "polars", "arrow"])
def test_columns_without_numbers_are_named_and_never_judged(table, kind):
    """Polars hands times over as numbers, so that they would be judged as one more input."""
    columns = {"at": NO_NUMBERS[kind], "level": [float(n) for n in range(40)]}
    frame = {"pandas": pandas.DataFrame, "polars": polars.DataFrame, "arrow": pyarrow.table}[table](columns)
    for call in (
        rcf.AnomalyDetector(seed=1).process,
        rcf.AnomalyDetector(seed=1).fit,
        rcf.RandomCutForest(seed=1).process,
        rcf.Forecaster(seed=1).process,
        lambda rows: rcf.process_many(["a"] * 40, rows, seed=1),
        rcf.suggest,
    ):
        with pytest.raises(
            TypeError, match=r"columns of other types: \['at'\]; give those with numbers"
        ) as it:
            call(frame)
        is_time = kind not in ("texts", "times of day") or (table != "pandas" and kind == "times of day")
        is_time &= not (table == "pandas" and kind == "dates")  # objects there
        assert ("timestamps=" in str(it.value)) == is_time, str(it.value)


NOTHING = {
    "None": [1.0, None, 3.0],
    "pd.NA": [1.0, pandas.NA, 3.0],
    "Float64": pandas.array([1.0, None, 3.0], dtype="Float64"),
    "Int64": pandas.Series([1, None, 3], dtype="Int64"),
    "objects": pandas.DataFrame({"a": pandas.Series([1.0, pandas.NA, 3], dtype=object)}),
    "polars": polars.Series([1, None, 3]),
    "arrow": pyarrow.array([1.0, None, 3.0]),
}


@pytest.mark.parametrize("given", NOTHING)
def test_nothing_is_a_missing_value(given):
    detector = rcf.AnomalyDetector(seed=1)
    with pytest.raises(rcf.InputError, match=r'row 1.*missing="impute"') as caught:
        detector.process(NOTHING[given])
    assert caught.value.row == 1 and detector.observations == 0
    result = detector.process(NOTHING[given], missing="impute")
    assert result.imputed.tolist() == [0, 1, 0]
    assert np.array_equal(result.values[:, 0], [1.0, np.nan, 3.0], equal_nan=True)
    assert detector.process_one([None], missing="impute").imputed == 1


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_the_examples_hold(library):
    module = importlib.import_module(f"rcf.{library}")
    assert "Higher scores are more anomalous" in module.__doc__.splitlines()[0]
    result = doctest.testmod(module, extraglobs={"np": np})
    assert result.failed == 0 and result.attempted >= 4


def test_expressions_give_the_bits_of_the_models(columns):
    import rcf.polars

    frame = polars.concat([polars.DataFrame(columns)[:250], polars.DataFrame(columns)[250:]], rechunk=False)
    assert frame.n_chunks() == 2
    values = frame.to_numpy()
    pair = polars.struct("level", "power")
    for lazy in (False, True):
        table = frame.lazy() if lazy else frame
        found = table.select(
            score=polars.col("level").rcf.score(shingle_size=4, seed=3),
            pair=pair.rcf.score(seed=3),
            told=pair.rcf.detect(seed=3),
            one=polars.col("level").rcf.detect(seed=3),
        )
        found = found.collect() if lazy else found
        one = rcf.RandomCutForest(shingle_size=4, seed=3).process(columns["level"])
        assert found["score"].to_numpy().tobytes() == one.tobytes()
        assert found["pair"].to_numpy().tobytes() == rcf.RandomCutForest(seed=3).process(values).tobytes()
        for name, result in (
            ("told", rcf.AnomalyDetector(seed=3).process(values)),
            ("one", rcf.AnomalyDetector(seed=3).process(columns["level"])),
        ):
            told = found[name].struct.unnest()
            for field in ("score", "grade", "severity", "is_anomaly", "warm_up"):
                assert told[field].to_list() == getattr(result, field).tolist()
            details = result.details()
            candidates = told[result.candidate.tolist()]
            assert candidates["value"].to_list() == details["value"]
            assert candidates["suppressed"].to_list() == details["suppressed"]
            named = [["level", "power"][part] for part in result._input]
            assert candidates["input"].to_list() == (named if name == "told" else ["level"] * len(named))
            assert told["input"].null_count() == len(told) - len(named)


def test_expressions_over_a_key_and_with_times(columns):
    import rcf.polars

    keys = ["a", "b", "a"] * 200
    frame = polars.DataFrame({**columns, "key": keys, "time": np.arange(600) * 60.0})
    told = polars.col("level").rcf.detect(seed=1, timestamps=polars.col("time")).over("key")
    found = frame.with_columns(told=told)["told"].struct.unnest()
    results = rcf.process_many(keys, columns["level"], timestamps=frame["time"], seed=1)
    for key, result in results.items():
        mine = np.array(keys) == key
        assert found["score"].to_numpy()[mine].tobytes() == result.score.tobytes()
    gap = polars.Series("level", [1.0] * 70_000 + [None] + [1.0])
    with pytest.raises(rcf.InputError, match="row 70000"):
        polars.DataFrame({"x": gap, "y": gap}).select(polars.struct("x", "y").rcf.detect())
    imputed = frame.select(polars.when(polars.int_range(600) != 9).then("level").rcf.detect(missing="impute"))
    assert imputed.height == 600


def test_the_accessor_gives_the_bits_of_the_models(columns):
    import rcf.pandas

    index = pandas.date_range("2026-03-01", periods=600, freq="min")
    frame = pandas.DataFrame(columns, index=index)
    scores = frame.rcf.score(seed=3)
    assert scores.index.equals(index)
    assert scores.to_numpy().tobytes() == rcf.RandomCutForest(seed=3).process(frame).tobytes()
    pandas.testing.assert_frame_equal(
        frame["level"].rcf.detect(seed=3), rcf.AnomalyDetector(seed=3).process(frame["level"]).to_frame()
    )
    frame["key"] = ["a", "b", "a"] * 200
    frame["time"] = index
    found = frame.rcf.detect(by="key", timestamps="time", seed=3)
    assert found.index.equals(index)
    part = frame[frame["key"] == "b"]
    alone = rcf.AnomalyDetector(seed=3).process(part[["level", "power"]], timestamps=part["time"])
    pandas.testing.assert_frame_equal(found[frame["key"] == "b"], alone.to_frame(), check_freq=False)


def test_silent_keys_are_swept():
    detectors = rcf.DetectorMap(seed=1, time_to_live=10)
    for time in range(30):
        detectors.process_one(f"key {time}", 1.0, timestamp=float(time))
    assert len(detectors) == 11 and detectors.expirations == 19
    size = detectors.size_in_bytes
    detectors.process(["last"], [1.0], timestamps=[1000.0])
    assert list(detectors) == ["last"] and detectors.size_in_bytes < size / 5
    by_rows = rcf.DetectorMap(seed=1, time_to_live=100)
    by_rows.process([f"key {row}" for row in range(1000)], np.ones(1000))
    assert len(by_rows) == 101
