"""One detector for each key: the same as alone, within a budget, forgotten in time."""

import copy
import datetime
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import rcf

PARAMETERS = {"number_of_trees": 10, "sample_size": 64, "seed": 4}


@pytest.fixture
def wave() -> np.ndarray:
    values = np.sin(np.arange(2000) / 10) + np.random.default_rng(3).normal(0, 0.02, 2000)
    values[[1500, 1800]] = 4.0, -4.0
    return values


def content(result: rcf.Detections) -> list[bytes]:
    names = ("score", "evidence", "severity", "grade", "warm_up", "imputed", "is_anomaly", "candidate")
    parts = [getattr(result, name).tobytes() for name in names]
    return [*parts, result.expected.tobytes(), result.attribution.low.tobytes()]


def contents(results: dict) -> dict:
    return {key: content(result) for key, result in results.items()}


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


def test_a_map_continues_where_it_was(wave):
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
    with pytest.raises(rcf.InputError, match="one key for each of the 2000 rows, got 1999"):
        detectors.process(keys[:-1], values)
    with pytest.raises(rcf.ConfigError, match="n_jobs"):
        detectors.process(keys, values, n_jobs=0)
    with pytest.raises(rcf.ConfigError, match="sample_size"):
        rcf.DetectorMap(sample_size=0)


def test_one_by_one_is_the_array(wave):
    keys, values = many(wave)
    whole, single = rcf.DetectorMap(**PARAMETERS), rcf.DetectorMap(**PARAMETERS)
    results = whole.process(keys, values)
    ones = [single.process_one(key, value) for key, value in zip(keys, values, strict=True)]
    for i, result in enumerate(results.values()):
        assert [one.score for one in ones[i::5]] == result.score.tolist()
        assert [one.is_anomaly for one in ones[i::5]] == result.is_anomaly.tolist()
    assert {key: d.to_bytes() for key, d in whole.items()} == {key: d.to_bytes() for key, d in single.items()}


@pytest.mark.parametrize("n_jobs", [1, 3])
def test_a_budget_bounds_memory_and_changes_no_result(wave, n_jobs):
    keys, values = many(wave)
    free = rcf.DetectorMap(**PARAMETERS)
    expected = contents(free.process(keys, values))
    budget = free.size_in_bytes // 2
    tight = rcf.DetectorMap(budget=budget, **PARAMETERS)
    got: dict = {}
    for part in np.array_split(np.arange(2000), 7):
        results = tight.process([keys[i] for i in part], values[part], n_jobs=n_jobs)
        for key, result in results.items():
            got.setdefault(key, []).append(result.score)
        assert tight.size_in_bytes <= budget
    assert tight.saved > 0 and tight.saved_bytes > 0 and len(tight) == 5
    assert free.saved == free.saved_bytes == 0
    scores = {key: np.concatenate(parts).tobytes() for key, parts in got.items()}
    assert scores == {key: parts[0] for key, parts in expected.items()}
    again = pickle.loads(pickle.dumps(tight))
    assert again.size_in_bytes <= budget and again.saved > 0
    for key, detector in free.items():
        assert tight[key].to_bytes() == again[key].to_bytes() == detector.to_bytes()


def test_the_size_is_that_of_the_detectors(wave):
    keys, values = many(wave)
    detectors = rcf.DetectorMap(**PARAMETERS)
    assert detectors.size_in_bytes < 1000
    detectors.process(keys, values)
    inside = sum(detector.size_in_bytes for detector in detectors.values())
    # Copies have no room to spare, where the detectors of the map have some.
    assert inside < detectors.size_in_bytes < 1.3 * inside


@pytest.mark.parametrize("moments", [False, True])
def test_silent_keys_are_forgotten_by_time(moments):
    detectors = rcf.DetectorMap(time_to_live=100, **PARAMETERS)

    def at(second: float) -> object:
        return datetime.datetime(2026, 3, 1) + datetime.timedelta(seconds=second) if moments else second

    for second in (0, 50, 150):
        detectors.process_one("a", 1.0, timestamp=at(second))
    detectors.process_one("b", 1.0, timestamp=at(0))
    assert detectors["a"].observations == 3 and detectors.expirations == 0
    detectors.process_one("b", 1.0, timestamp=at(101))
    assert (detectors["a"].observations, detectors["b"].observations, detectors.expirations) == (3, 1, 1)
    # Within one array as well, however it is cut.
    together = detectors.process(["a"] * 3, [1.0] * 3, timestamps=[at(s) for s in (160, 300, 310)])["a"]
    assert detectors["a"].observations == 2 and len(together) == 3
    # Once for the gap of "a", and "b" was silent for too long itself: no further row is needed for that.
    assert detectors.expirations == 3 and list(detectors) == ["a"]
    with pytest.raises(rcf.InputError, match="with every call or with none"):
        detectors.process_one("a", 1.0)


def test_silent_keys_are_forgotten_by_rows():
    detectors = rcf.DetectorMap(time_to_live=10, **PARAMETERS)
    detectors.process(["a"] + ["b"] * 10 + ["a"], np.ones(12))
    assert detectors["a"].observations == 1 and detectors["b"].observations == 10


def test_times_that_run_backwards_change_nothing(wave):
    for budget in (None, 1):  # in memory, and saved
        detectors = rcf.DetectorMap(budget=budget, **PARAMETERS)
        detectors.process(["a", "b", "c"], wave[:3], timestamps=[10.0, 20.0, 30.0])
        before = pickle.dumps(detectors)
        with pytest.raises(rcf.InputError, match=r"key 'b', row 3: timestamps.*20 came after 20") as caught:
            detectors.process(["a", "c", "a", "b"], wave[:4], timestamps=[11.0, 31.0, 12.0, 20.0])
        assert caught.value.row == 3 and pickle.dumps(detectors) == before
        with pytest.raises(rcf.InputError, match=r"key 'd', row 1: .*1 came after 2"):
            detectors.process(["d", "d"], wave[:2], timestamps=[2.0, 1.0])
        assert "d" not in detectors and pickle.dumps(detectors) == before


def test_each_key_has_its_rows_of_any_table(wave):
    """Tables in their own kind, with the index of their own rows."""
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    keys = [7, 3, 7, 9, 3, 7]
    values = wave[:6]
    frame = pandas.DataFrame({"x": values}, index=list("uvwxyz"))
    times = np.arange(6.0) * 60
    expected = {7: [0, 2, 5], 3: [1, 4], 9: [3]}
    for points in (
        values, values.tolist(), values[:, None], frame, frame["x"], polars.DataFrame({"x": values}),
        pyarrow.table({"x": values}),
    ):  # fmt: skip
        for timestamps in (times, times.tolist(), pandas.Series(times), pandas.to_datetime(times, unit="s")):
            results = rcf.process_many(keys, points, timestamps=timestamps, **PARAMETERS)
            assert list(results) == list(expected)
            for key, rows in expected.items():
                assert np.array_equal(results[key].values.ravel(), values[rows])
                part = results[key].to_frame()
                assert type(part) is type(points) or not hasattr(points, "columns")
                if points is frame:
                    assert part.index.tolist() == [frame.index[row] for row in rows]
    assert rcf.process_many([], np.empty(0), **PARAMETERS) == {}


def test_many_kinds_of_keys(wave):
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    texts = ["a", "b"] * 5
    for keys in (
        np.array(texts), pandas.Series(texts), pandas.Categorical(texts), polars.Series(texts),
        pyarrow.array(texts), tuple(texts), (text for text in texts),
    ):  # fmt: skip
        assert list(rcf.process_many(keys, wave[:10], **PARAMETERS)) == ["a", "b"]
    assert list(rcf.process_many(np.arange(10) % 2, wave[:10], **PARAMETERS)) == [0, 1]
    frame = pandas.DataFrame({"site": texts, "unit": [1, 2] * 5})
    assert list(rcf.process_many(frame, wave[:10], **PARAMETERS)) == [("a", 1), ("b", 2)]
    detectors = rcf.DetectorMap(**PARAMETERS)
    for key in ("é", -(2**63), 2**63 - 1, ("a", 1, ("b", ())), ""):
        detectors.process_one(key, 1.0)
        assert key in detectors and detectors[key].observations == 1
    assert set(copy.deepcopy(detectors)) == set(detectors)
    detectors.process_one(np.int64(2**63 - 1), 1.0)
    assert detectors[2**63 - 1].observations == 2
    assert detectors.forget("") and not detectors.forget("") and "" not in detectors
    for strange in (1.5, None, b"a", datetime.date(2026, 3, 1), 2**63, ("a", None), ["a"]):
        with pytest.raises(rcf.InputError, match="keys must be str, int of 64 bits, or tuples of these"):
            detectors.process([strange] * 3, wave[:3])
        assert strange not in detectors
        with pytest.raises(KeyError):
            detectors[strange]
    for no_keys in ("abc", 3, None):
        with pytest.raises(rcf.InputError, match="expected keys, one for each row"):
            detectors.process(no_keys, wave[:3])
    assert rcf.process_many([], []) == {}


def test_parameters_of_the_map_are_checked():
    for time_to_live in (0, -1, float("nan")):
        with pytest.raises(rcf.ConfigError, match="time_to_live must be above 0"):
            rcf.DetectorMap(time_to_live=time_to_live)
    with pytest.raises(rcf.ConfigError, match="budget must be at least 0"):
        rcf.DetectorMap(budget=-1)
    with pytest.raises(TypeError, match="budget must be an integer, got str"):
        rcf.DetectorMap(budget="1 GB")


def test_a_map_is_shared_by_threads(wave):
    detectors = rcf.DetectorMap(**PARAMETERS)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: detectors.process([key] * 200, wave[:200], n_jobs=1), range(12)))
    alone = rcf.AnomalyDetector(**PARAMETERS)
    alone.process(wave[:200])
    assert all(detector.to_bytes() == alone.to_bytes() for detector in detectors.values())
    assert repr(detectors).startswith("<DetectorMap(")
    assert "): 12 keys, " in repr(detectors)


def test_detections_of_a_key_are_marked_as_normal():
    values = np.sin(np.arange(2000) / 8)
    values[999::500] += 4
    detectors = rcf.DetectorMap(seed=7)
    first = detectors.process(["pump"] * 1400 + ["fan"] * 1400, np.tile(values[:1400], 2))
    assert first["pump"].is_anomaly[999]
    assert detectors.mark_normal("pump", first["pump"].detection(999)) == 0
    rest = detectors.process(["pump"] * 600 + ["fan"] * 600, np.tile(values[1400:], 2))
    assert not rest["pump"].is_anomaly.any() and rest["pump"].suppressed[0] == "marked_normal"
    assert rest["fan"].is_anomaly.any()
    assert [mark.number for mark in detectors["pump"].normal_marks] == [0]
    detectors.unmark_normal("pump", 0)
    assert detectors["pump"].normal_marks == []
    with pytest.raises(KeyError):
        detectors.unmark_normal("pump", 0)
    with pytest.raises(KeyError):
        detectors.mark_normal("valve", first["pump"].detection(999))
    with pytest.raises(rcf.InputError, match="candidate"):
        detectors.mark_normal("pump", first["pump"].detection(5))
