"""What arrays, sequences and numbers a forest takes, and how it refuses the others."""

import array
import decimal
import importlib.util
import tracemalloc

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import rcf

REAL_DTYPES = st.one_of(
    arrays.floating_dtypes(endianness="?"), arrays.integer_dtypes(endianness="?"),
    arrays.unsigned_integer_dtypes(endianness="?"), arrays.boolean_dtypes(),
)  # fmt: skip
MODERATE = {"min_value": -(2.0**15), "max_value": 2.0**15, "allow_nan": False, "allow_infinity": False}
LAYOUTS = {
    "as it is": lambda a: a,
    "Fortran": np.asfortranarray,
    "reversed": lambda a: a[::-1],
    "every other row": lambda a: a[::2],
    "columns reversed": lambda a: a[:, ::-1],
    "slice of a wider one": lambda a: np.concatenate([a, a], axis=1)[:, : a.shape[1]],
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "column of a wider one": lambda a: np.concatenate([a, a, a], axis=1)[::-2, ::3][:, : a.shape[1]],
    "repeated": lambda a: np.broadcast_to(a[:1], (5, a.shape[1])),
    "nested lists": lambda a: a.tolist(),
}


def forest(dimensions: int = 2, **parameters) -> rcf.RandomCutForest:
    return rcf.RandomCutForest(
        input_dimensions=dimensions, number_of_trees=5, sample_size=16, output_after=2, **parameters
    )


def learned(points: np.ndarray) -> tuple[bytes, bytes]:
    """Scores and final state for a plain C-contiguous float64 copy."""
    plain = np.array(points, dtype=np.float64, order="C", copy=True)
    reference = forest(plain.shape[1])
    return reference.process(plain).tobytes(), reference.to_bytes()


@given(st.data())
def test_every_real_dtype_and_layout_gives_the_same_numbers(data):
    dtype = data.draw(REAL_DTYPES)
    elements = arrays.from_dtype(dtype, **(MODERATE if dtype.kind == "f" else {}))
    shape = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 4)))
    points = data.draw(arrays.arrays(dtype, shape, elements=elements))
    points = LAYOUTS[data.draw(st.sampled_from(sorted(LAYOUTS)))](points)
    columns = np.shape(points)[1]
    subject = forest(columns)
    scores = subject.process(points)
    assert (scores.tobytes(), subject.to_bytes()) == learned(np.asarray(points))
    for row in points:
        assert subject.score(row) == subject.score(np.array(row, dtype=np.float64))


@given(st.data())
def test_whatever_comes_is_answered_or_refused(data):
    """Any array at all: a clean exception and an unchanged forest, or a finite answer."""
    points = data.draw(
        arrays.arrays(
            data.draw(arrays.scalar_dtypes() | arrays.array_dtypes(max_size=2)),
            data.draw(arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)),
        )
    )
    subject = forest(data.draw(st.integers(1, 3)))
    before = subject.to_bytes()
    for method in (subject.score, subject.attribution, subject.score_array, subject.update, subject.process):
        try:
            result = method(points)
        except (rcf.InputError, TypeError):
            assert subject.to_bytes() == before
        else:
            if method in (subject.score, subject.score_array, subject.process):
                assert np.isfinite(result).all()
            before = subject.to_bytes()


@given(
    st.lists(
        st.floats(width=64) | st.integers(-(10**400), 10**400) | st.none() | st.text(max_size=2), max_size=4
    )
)
def test_any_list_is_answered_or_refused(values):
    subject = forest(2)
    before = subject.to_bytes()
    try:
        subject.update(values)
    except (rcf.InputError, TypeError):
        assert subject.to_bytes() == before
    else:
        assert len(values) == 2 and subject.updates == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_row_and_nothing_is_learned(noise, bad):
    subject = forest()
    subject.process(noise[:100])
    before = subject.to_bytes()
    points = noise.copy()
    points[1234, 1] = bad
    for method in (subject.process, subject.score_array):
        with pytest.raises(rcf.InputError, match=r"row 1234\b.*finite") as caught:
            method(points)
        assert caught.value.row == 1234
        assert subject.to_bytes() == before
    for method in (subject.update, subject.score, subject.attribution):
        with pytest.raises(rcf.InputError, match="finite") as caught:
            method(points[1234])
        assert caught.value.row is None
        assert subject.to_bytes() == before
    untouched = forest()
    untouched.process(noise[:100])
    assert subject.process(noise).tobytes() == untouched.process(noise).tobytes()


def test_values_too_far_apart_for_single_precision_are_refused():
    subject = forest(1)
    subject.update(1.0)
    for value in (1e300, -1e300, 1e39):
        with pytest.raises(rcf.InputError, match="range"):
            subject.update(value)
    assert subject.updates == 1


def test_large_offsets_do_not_blind_the_forest():
    values = 1e12 + np.random.default_rng(2).normal(size=2000)
    subject = rcf.RandomCutForest(seed=1)
    scores = subject.process(values)
    assert subject.score(1e12 + 12) > 2 * scores[500:].max()


@pytest.mark.parametrize("values", [[], np.empty(0), np.empty((0, 3)), np.empty((0, 3), dtype=np.int8), ()])
def test_no_points_give_no_scores(values):
    subject = forest(3)
    assert subject.process(values).shape == (0,)
    assert subject.updates == 0


@pytest.mark.parametrize(
    ("dimensions", "points", "message"),
    [
        (1, 1.0, r"shape \(n,\) or \(n, 1\), got shape \(\).*score, update or process_one"),
        (1, np.ones((3, 2)), r"\(n, 1\), got shape \(3, 2\)"),
        (3, np.ones(3), r"\(n, 3\), got shape \(3,\).*score, update or process_one"),
        (3, np.ones((3, 2)), r"\(n, 3\), got shape \(3, 2\)"),
        (3, np.ones((5, 0)), r"\(n, 3\), got shape \(5, 0\)"),
        (1, np.ones((2, 2, 2)), r"got shape \(2, 2, 2\)"),
        (2, [[1.0, 2.0], [3.0]], "rows of different lengths: row 1 has 1, not 2"),
    ],
)
def test_a_wrong_shape_tells_the_right_one(dimensions, points, message):
    subject = forest(dimensions)
    for method in (subject.process, subject.score_array):
        with pytest.raises(rcf.InputError, match=message):
            method(points)
    assert subject.updates == 0


@pytest.mark.parametrize(
    ("dimensions", "point", "message"),
    [
        (2, 1.0, r"shape \(2,\), got shape \(\)"),
        (2, [1.0], r"shape \(2,\), got shape \(1,\)"),
        (1, [], r"shape \(1,\), got shape \(0,\)"),
        (2, [[1.0, 2.0]], r"got an array of shape \(1, 2\).*process or score_array"),
    ],
)
def test_a_wrong_point_tells_the_right_one(dimensions, point, message):
    subject = forest(dimensions)
    for method in (subject.update, subject.score, subject.attribution):
        with pytest.raises(rcf.InputError, match=message):
            method(point)
    assert subject.updates == 0


@pytest.mark.parametrize(
    "values",
    ["abc", b"abc", None, object(), 1j, [1j], ["1.0"], [decimal.Decimal(1)], {1.0}, {"a": 1.0},
     np.array(["2020-01-01"], dtype="M8[D]"), np.zeros(1, dtype=[("a", "f8")]), lambda: 1.0],
    ids=repr,
)  # fmt: skip
def test_what_is_no_number_is_a_type_error(values):
    subject = forest(1)
    for method in (subject.update, subject.score, subject.attribution, subject.process, subject.score_array):
        with pytest.raises(TypeError, match="expected numbers, got"):
            method(values)
    assert subject.updates == 0


@pytest.mark.parametrize(
    "one",
    [1, 1.0, True, np.float64(1), np.float32(1), np.int8(1), np.array(1.0), [1], (1.0,), np.ones(1),
     np.ones(1, np.float16), array.array("d", [1]), memoryview(np.ones(1)), range(1, 2)],
    ids=lambda one: f"{type(one).__name__} {one!r}",
)  # fmt: skip
def test_many_ways_to_say_one(one):
    subject = forest(1)
    subject.process(np.linspace(0, 5, 100))
    assert subject.score(one) == subject.score(1.0) > 0


def test_memory_is_neither_written_nor_needs_to_be_writable(noise):
    points = noise.copy()
    points.flags.writeable = False
    expected, state = learned(noise)
    subject = forest()
    assert subject.process(points).tobytes() == expected
    assert subject.to_bytes() == state
    assert points.tobytes() == noise.tobytes()
    assert subject.score(points[0]) == subject.score(noise[0])


def test_unaligned_memory_is_read_right(noise):
    packed = np.zeros(len(noise), dtype=np.dtype([("flag", "u1"), ("point", "f8", 2)]))
    packed["point"] = noise
    assert not packed["point"].flags.aligned
    expected, _ = learned(noise)
    subject = forest()
    assert subject.process(packed["point"]).tobytes() == expected
    assert subject.score(packed["point"][3]) == subject.score(noise[3])


def test_a_masked_value_is_missing_and_not_what_lies_under_the_mask():
    values = np.ma.masked_array([1, 2, 3, 4], mask=[False, False, True, False])
    with pytest.raises(rcf.InputError, match="row 2"):
        forest(1).process(values)
    with pytest.raises(rcf.InputError, match="finite"):
        forest(4).update(values)
    values.mask = False
    assert forest(1).process(values).shape == (4,)


def test_more_than_fits_into_memory_is_a_memory_error():
    with pytest.raises(MemoryError):
        forest(1).process(np.broadcast_to(1.0, (2**45, 1)))


def tables(values: np.ndarray) -> dict[str, object]:
    """The values in the containers that people have."""
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    columns = {"a": values[:, 0], "b": values[:, 1]}
    frame = pandas.DataFrame(columns, index=pandas.date_range("2026-01-01", periods=len(values)))
    return {
        "pandas": frame,
        "pandas nullable": frame.astype("Float64"),
        "pandas arrow": frame.astype("double[pyarrow]"),
        "pandas mixed": frame.astype({"a": "Float64"}),
        "polars": polars.DataFrame(columns),
        "arrow table": pyarrow.table(columns),
        "arrow batch": pyarrow.RecordBatch.from_pydict(columns),
    }


CONTAINERS = [
    "pandas", "pandas nullable", "pandas arrow", "pandas mixed", "polars", "arrow table", "arrow batch"
]  # fmt: skip


@pytest.mark.parametrize("container", CONTAINERS)
def test_tables_are_read_like_arrays(noise, container):
    scores, state = learned(noise[:300])
    subject = forest(2)
    assert subject.process(tables(noise[:300])[container]).tobytes() == scores
    assert subject.to_bytes() == state


@pytest.mark.parametrize("container", CONTAINERS)
def test_what_is_missing_in_a_table_is_refused_by_its_row(noise, container):
    values = noise[:100].copy()
    values[42, 1] = np.nan
    subject = forest(2)
    table = tables(values)[container]
    with pytest.raises(rcf.InputError, match=r'row 42: "b" is not finite') as caught:
        subject.process(table)
    assert caught.value.row == 42 and subject.updates == 0


def test_a_value_that_is_refused_is_called_by_its_name():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"heat": np.arange(50.0), "load": 1.0})
    broken = table.copy()
    broken.loc[7, "load"] = np.nan
    for make in (rcf.AnomalyDetector, rcf.Forecaster, rcf.RandomCutForest):
        model = make(input_dimensions=2)
        model.process(table)
        with pytest.raises(rcf.InputError, match='row 7: "load" is not finite'):
            model.process(broken)
        one = model.update if make is rcf.RandomCutForest else model.process_one
        with pytest.raises(rcf.InputError, match=r'^"load" is not finite'):
            one({"load": np.nan, "heat": 1.0})
    with pytest.raises(rcf.InputError, match="key 'b', row 7: \"load\" is not finite"):
        rcf.DetectorMap(input_dimensions=2).process(["a", "b"] * 25, broken)
    with pytest.raises(rcf.InputError, match='row 7: "load" is not finite: inf'):
        rcf.AnomalyDetector().process(broken["load"].fillna(np.inf))
    polars = pytest.importorskip("polars")
    with pytest.raises(rcf.InputError, match="row 1: value 0 is not finite"):
        rcf.AnomalyDetector().process(polars.Series([1.0, None]))
    with pytest.raises(rcf.InputError, match="row 7: value 1 is not finite"):
        rcf.AnomalyDetector().process(broken.to_numpy())


def strange() -> dict[str, tuple[object, str]]:
    """What newcomers pass, and the remedy they are given."""
    pandas = pytest.importorskip("pandas")
    index = pandas.date_range("2026-01-01", periods=3)
    return {
        "text": ("abc", r"text such as 'abc'; make them numbers"),
        "numbers in text": (["1", "2"], r"np.asarray\(values, dtype=float\)"),
        "nothing": (None, r"NoneType; give an array"),
        "dict": ({"a": 1.0}, r"dict; give an array"),
        "function": (len, r"builtin_function_or_method; give an array"),
        "iterator": (iter([1.0]), r"list_iterator; give list"),
        "complex": (np.ones(2) + 1j, r"x.real, x.imag"),
        "decimals": ([decimal.Decimal(1)], r"dtype object; make them numbers"),
        "moments": (index, r"times \(datetime64.*timestamps="),
        "steps of time": (np.diff(index), r"times \(timedelta64"),
        "a column of moments": (pandas.DataFrame({"t": index, "v": 1.0}), r"other types: \['t'\].*frame\["),
        "a column of text": (pandas.DataFrame({"a": [1.0], "b": ["1"]}), r"other types: \['b'\]"),
        "categories": (pandas.Series(["a"]).astype("category"), r"text such as 'a'"),
        "records": (np.zeros(3, dtype=[("a", "f8")]), r"dtype \[\('a', '<f8'\)\]; make them numbers"),
    }


@pytest.mark.parametrize("name", list(strange()) if importlib.util.find_spec("pandas") else [])
def test_what_is_no_numbers_tells_what_to_do(name):
    values, remedy = strange()[name]
    for call in (
        forest(1).process, forest(1).score, rcf.AnomalyDetector().process, rcf.AnomalyDetector().process_one,
        rcf.AnomalyDetector().fit, rcf.Forecaster().process, rcf.suggest,
        lambda values: rcf.DetectorMap().process(["a"] * 3, values),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=f"expected numbers, got .*{remedy}"):
            call(values)


@pytest.mark.parametrize(
    ("inputs", "shape", "remedy"),
    [
        (1, (9, 2), "select 1 of the columns, or build the model for 2 values a row"),
        (1, (1, 9), r"row.ravel\(\)"),
        (2, (9,), "a single observation goes to score, update or process_one"),
        (1, (), "a single observation goes to"),
        (1, (4, 1, 1), r"reshape\(-1, 1\)"),
        (1, (0, 0), "it has no columns"),
    ],
)
def test_the_wrong_shape_tells_what_to_do(inputs, shape, remedy):
    for model in (forest(inputs), rcf.AnomalyDetector(input_dimensions=inputs)):
        with pytest.raises(rcf.InputError, match=f"got shape .*{remedy}"):
            model.process(np.ones(shape))


def test_other_messages_of_newcomers(tmp_path):
    with pytest.raises(rcf.InputError, match='missing="impute"'):
        rcf.AnomalyDetector().process([1.0, np.nan])
    with pytest.raises(rcf.InputError, match="store_labels=True"):
        forest(1).update(1.0, label=3)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.rcf"):
        rcf.AnomalyDetector.load(tmp_path / "nowhere.rcf")
    with pytest.raises(rcf.StateError, match=r"another kind: AnomalyDetector\.from_bytes restores them"):
        rcf.RandomCutForest.from_bytes(rcf.AnomalyDetector().to_bytes())
    with pytest.raises(rcf.NotReadyError, match="let it learn until is_ready"):
        forest(1).forecast(3)
    with pytest.raises(TypeError, match=r"timestamps must be numbers, or moments.*pandas.to_datetime"):
        rcf.AnomalyDetector().process([1.0], timestamps=["2026-03-01"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["as it is", "Fortran", "every other row", "columns reversed"])
def test_both_precisions_are_read_in_place(dtype, layout):
    """Peak memory of `score_array`, to which NumPy reports its allocations: a copy would show."""
    points = LAYOUTS[layout](np.ones((200_000, 2), dtype))
    subject = rcf.RandomCutForest(input_dimensions=2, number_of_trees=1, sample_size=2)
    peaks = []
    for passed in (points, points.astype(points.dtype.newbyteorder())):
        tracemalloc.start()
        subject.score_array(passed)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] < 100_000 < points.nbytes < peaks[1]  # the measurement can see a copy


@pytest.mark.parametrize("model", [rcf.RandomCutForest, rcf.AnomalyDetector, rcf.Forecaster])
def test_records_and_rows_of_different_lengths_are_named(model):
    with pytest.raises(TypeError, match=r"records by name; .*: pandas.DataFrame\(records\)"):
        model().process([{"a": 1.0}, {"a": 2.0}])
    with pytest.raises(rcf.InputError, match="rows of different lengths: row 1 has 1, not 2"):
        model().process([[1.0, 2.0], [3.0]])
    with pytest.raises(rcf.InputError, match="rows of different lengths: row 2 is a number"):
        model().process([[1.0, 2.0], [3.0, 4.0], 5.0])


def test_suggest_refuses_what_no_model_takes():
    history = np.sin(np.arange(400.0))
    for bad, said in ((np.inf, "is not finite: inf"), (1e31, "is out of range")):
        history[250] = bad
        with pytest.raises(rcf.InputError, match=f"row 250: value 0 {said}") as refused:
            rcf.suggest(history)
        assert refused.value.row == 250
        pandas = pytest.importorskip("pandas")
        with pytest.raises(rcf.InputError, match=f'row 250: "load" {said}'):
            rcf.suggest(pandas.DataFrame({"heat": 0.0, "load": history}))
    with pytest.raises(rcf.InputError, match="at least 32 observations with at least one input, got 0"):
        rcf.suggest(np.full(400, np.nan))


def test_arguments_that_are_none_are_named():
    forest = rcf.RandomCutForest(store_sequence_numbers=True, store_labels=True)
    forest.process(np.arange(300.0) % 7)
    detector = rcf.AnomalyDetector()
    detectors = rcf.DetectorMap()
    detectors.process_one("a", 1.0)
    for error, said, call in (
        (rcf.ConfigError, "sequence_number must", lambda: forest.delete_sequence_number(10**30)),
        (TypeError, "time must be an integer, got float", lambda: forest.delete_before(1.5)),
        (TypeError, "label must be an integer, got str", lambda: forest.delete_label("a")),
        (TypeError, "label must be an integer, got NoneType", lambda: forest.delete_label(None)),
        (TypeError, "within must be a number, got str", lambda: forest.near_neighbors(1.0, within="2")),
        (rcf.InputError, "must be at least 0, got -1", lambda: forest.near_neighbors(1.0, within=-1)),
        (TypeError, "must be a number, got str", lambda: forest.summarize(3, distance=lambda a, b: "x")),
        (TypeError, "must be a Detection, .* got NoneType", lambda: detector.mark_normal(None)),
        (TypeError, "must be a Detection, .* got float", lambda: detectors.mark_normal("a", 2.0)),
        (KeyError, "-1", lambda: detector.unmark_normal(-1)),
        (KeyError, "-1", lambda: detectors.unmark_normal("a", -1)),
        (TypeError, "mark must be an integer, .* got str", lambda: detector.unmark_normal("x")),
        (TypeError, "got one text: process_one", lambda: rcf.CategoryEncoder().process("abc")),
        (rcf.InputError, "within must be at least 0, got -1", lambda: rcf.events([], within=-1)),
        (rcf.InputError, "an alert is a tuple of key and time", lambda: rcf.events([1, 2])),
    ):
        with pytest.raises(error, match=said):
            call()


def test_odd_values_of_observations_by_name_are_named():
    pandas = pytest.importorskip("pandas")
    detector = rcf.AnomalyDetector()
    detector.process(pandas.DataFrame({"heat": [1.0, 2.0], "load": [3.0, 4.0]}))
    with pytest.raises(TypeError, match="got text such as 'x'"):
        detector.process_one({"heat": 1.0, "load": "x"})
    with pytest.raises(rcf.InputError, match=r"lacks \['load'\]: give a value or NaN for each of them"):
        detector.process_one({"heat": 1.0})
    with pytest.raises(TypeError, match="beyond the range of float64"):
        rcf.AnomalyDetector().process_one(10**400)


def test_a_row_that_is_not_there_is_named():
    result = rcf.AnomalyDetector().process(np.zeros(3))
    assert result.detection(-1).warm_up == result.detection(2).warm_up
    for row in (3, -4):
        with pytest.raises(IndexError, match=f"row {row} is out of range: there are 3 rows"):
            result.detection(row)
