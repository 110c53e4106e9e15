"""Tables: every kind of frame, expressions of polars and the accessor of pandas."""

import doctest
import importlib

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


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_comes_back_in_its_own_kind(kind, columns):
    table = KINDS[kind](columns)
    result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(table)
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
    empty = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(table[:0]).to_frame()
    assert type(empty) is type(table) and len(empty) == 0


def test_an_input_may_be_called_like_a_result(columns):
    frame = pandas.DataFrame({"score": columns["level"]})
    table = rcf.AnomalyDetector(seed=1).process(frame).to_frame()
    assert np.array_equal(table["value score"], columns["level"]) and "score" in table


def test_columns_of_one_name_get_suffixes(columns):
    frame = pandas.DataFrame(np.column_stack(list(columns.values())), columns=["x", "x"])
    result = rcf.AnomalyDetector(input_dimensions=2, seed=1).process(frame)
    assert result.names == ["x", "x_2"]
    assert {"x", "x_2", "expected x_2"} <= set(result.to_frame().columns)
    text = pandas.DataFrame([["a", 1.0]], columns=["x", "x"])
    with pytest.raises(TypeError, match=r"columns of other types: \['x'\]"):
        rcf.AnomalyDetector(input_dimensions=2).process(text)


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
        assert (
            found["pair"].to_numpy().tobytes()
            == rcf.RandomCutForest(input_dimensions=2, seed=3).process(values).tobytes()
        )
        for name, result in (
            ("told", rcf.AnomalyDetector(input_dimensions=2, seed=3).process(values)),
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
    assert (
        scores.to_numpy().tobytes()
        == rcf.RandomCutForest(input_dimensions=2, seed=3).process(frame).tobytes()
    )
    pandas.testing.assert_frame_equal(
        frame["level"].rcf.detect(seed=3), rcf.AnomalyDetector(seed=3).process(frame["level"]).to_frame()
    )
    frame["key"] = ["a", "b", "a"] * 200
    frame["time"] = index
    found = frame.rcf.detect(by="key", timestamps="time", seed=3)
    assert found.index.equals(index)
    part = frame[frame["key"] == "b"]
    alone = rcf.AnomalyDetector(input_dimensions=2, seed=3).process(
        part[["level", "power"]], timestamps=part["time"]
    )
    pandas.testing.assert_frame_equal(found[frame["key"] == "b"], alone.to_frame(), check_freq=False)
