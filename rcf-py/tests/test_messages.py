"""Errors about arguments name the argument, what was given, and the remedy: in every public call."""

import datetime
import inspect

import numpy as np
import pytest

import rcf

ROWS = np.random.default_rng(3).normal(size=(200, 2))


class Odd:
    """An object that is a value of no argument."""


def table():
    return pytest.importorskip("pandas").DataFrame(ROWS, columns=["heat", "load"])


def models() -> dict[str, object]:
    """One of each class that has learned the columns heat and load."""
    few = {"input_dimensions": 2, "number_of_trees": 5}
    forest = rcf.RandomCutForest(
        **few, sample_size=32, output_after=2, store_labels=True, store_sequence_numbers=True
    )
    detector, forecaster, encoder = rcf.AnomalyDetector(**few), rcf.Forecaster(**few), rcf.CategoryEncoder()
    detectors = rcf.DetectorMap(**few)
    distance = rcf.DistanceDetector(lambda one, other: abs(len(one) - len(other)))
    for model in (forest, detector, forecaster):
        model.process(table())
    detectors.process(["a", "b"] * 100, table())
    encoder.process(["on", "off"] * 20)
    distance.process(["a", "bb"] * 20)
    made = (forest, detector, forecaster, detectors, encoder, distance)
    return {type(model).__name__: model for model in made}


MODELS = models()

# A value of each argument that must be given, and how the argument is called in messages.
VALID = {
    "point": [1.0, 2.0],
    "points": ROWS,
    "history": ROWS,
    "values": [1.0, np.nan],
    "function": "displacement",
    "precision": 0.1,
    "most": 3,
    "sequence_number": 3,
    "time": 3,
    "label": 3,
    "horizon": 3,
    "data": b"",
    "path": "nowhere.rcf",
    "detection": MODELS["AnomalyDetector"].process_one([1.0, 2.0]),
    "mark": 1,
    "spacing": 2,
    "key": "a",
    "keys": ["a", "b"] * 100,
    "alerts": [("a", 1.0), ("b", 2.0)],
    "categories": ["on"],
    "category": "on",
    "objects": ["a", "bb"],
    "distance": lambda one, other: 1.0,
}
SAID = {"point": "expected numbers", "points": "expected numbers", "history": "expected numbers",
        "values": "expected numbers", "alerts": "alert", "key": "key"}  # fmt: skip
# Arguments that take anything, or whose errors are those of the function that the caller gave.
ANYTHING = {("DetectorMap", "get", "default"), ("DistanceDetector", "process_one", "object"),
            ("DistanceDetector", "score", "object"), ("DetectorMap", "get", "key")}  # fmt: skip
FUNCTIONS = {name: getattr(rcf, name) for name in ("suggest", "summarize", "process_many", "events")}


def arguments():
    """Every argument of every public call, but for those of constructors, which have a test of their own."""
    calls = [(name, "", call) for name, call in FUNCTIONS.items()]
    for owner, model in MODELS.items():
        for name, member in inspect.getmembers(model, inspect.isroutine):
            if not name.startswith("_") and not inspect.isdatadescriptor(getattr(type(model), name)):
                calls.append((owner, name, member))
    for owner, name, call in calls:
        for parameter in inspect.signature(call).parameters.values():
            if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                yield pytest.param(owner, name, parameter.name, id=f"{owner}.{name}({parameter.name})")


@pytest.mark.parametrize(("owner", "name", "argument"), list(arguments()))
def test_every_call_names_the_argument_that_it_refuses(owner, name, argument):
    if (owner, name, argument) in ANYTHING:
        pytest.skip("it takes anything")
    call = getattr(MODELS[owner], name) if name else FUNCTIONS[owner]
    parameters = inspect.signature(call).parameters
    given = {
        known: VALID[known]
        for known, parameter in parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    }
    if (argument, "distance" in parameters) in {("representatives", True), ("shrinkage", True)}:
        given["distance"] = "euclidean" if owner == "RandomCutForest" else VALID["distance"]
    if "weights" in parameters:
        given["objects"] = ["a"]
    given[argument] = Odd()
    if parameters[argument].kind is inspect.Parameter.POSITIONAL_ONLY:
        pytest.skip("it has no name")
    with pytest.raises((TypeError, KeyError, rcf.InputError, rcf.ConfigError)) as caught:
        call(**given)
    if not isinstance(caught.value, KeyError):  # which shows the key
        said = str(caught.value)
        assert SAID.get(argument, argument) in said and "Odd" in said, said


ONE_BY_ONE = [
    ("RandomCutForest", name)
    for name in (
        "update", "score", "displacement", "collusive_displacement", "score_ignoring", "tree_paths",
        "attribution", "explain", "update_shingle", "near_neighbors", "density",
    )
] + [("AnomalyDetector", "process_one"), ("Forecaster", "process_one")]  # fmt: skip
MOMENT = datetime.datetime(2026, 1, 1)
POINTS = [
    (1.0, r"shape \(2,\), got shape \(\), a number alone; give a list of 2 values"),
    (True, r"a number alone; give a list of 2 values"),
    ([], r"got shape \(0,\), which is empty; give 2 values"),
    ([1.0], r"got shape \(1,\); give 2 values, or build the model for 1 \(input_dimensions\)"),
    ([1.0, 2.0, 3.0], r"got shape \(3,\); give 2 values, or build the model for 3"),
    ([[1.0, 2.0]], r"an array of shape \(1, 2\); a whole array goes to process or score_array"),
    ([1.0, [2.0]], "rows of different lengths: row 1 has 1, not a number"),
    ([1.0, np.nan], '"load" is not finite: NaN; a detector fills in what is missing with missing="impute"'),
    ([1.0, None], '"load" is not finite: NaN'),
    ([np.inf, 1.0], '"heat" is not finite: inf'),
    (None, "expected numbers, got NoneType; give an array"),
    ("abc", "expected numbers, got text such as 'abc'; make them numbers first"),
    (b"abc", "expected numbers, got text such as b'abc'; make them numbers first"),
    (["1", "2"], "expected numbers, got text such as '1'"),
    (np.array([1, "a"], dtype=object), "expected numbers, got text such as 'a'"),
    ([1.0, Odd()], "expected numbers, got Odd of dtype object; make them numbers first"),
    ([1j, 2.0], "expected numbers, got complex ones; give their parts as two inputs"),
    ([MOMENT, 1.0], "expected numbers, got times such as 2026-01-01 00:00:00; these go to timestamps"),
    ({1.0, 2.0}, "expected numbers, got set; give an array, a table, a list"),
    ({"heat": 1.0}, r"lacks \['load'\]: give a value or NaN for each"),
    ({"heat": 1.0, "load": 2.0, "x": 3.0}, r"also has \['x'\]"),
    ({"heat": "hot", "load": 2.0}, "got text such as 'hot' for 'heat'; give float"),
]


@pytest.mark.parametrize(("owner", "name"), ONE_BY_ONE)
@pytest.mark.parametrize(
    ("point", "message"), POINTS, ids=lambda it: None if isinstance(it, str) else repr(it)
)
def test_one_observation_is_refused_with_what_it_is_and_the_remedy(owner, name, point, message):
    with pytest.raises((TypeError, rcf.InputError), match=message):
        getattr(MODELS[owner], name)(point)


@pytest.mark.parametrize("name", ["impute", "conditional_field", "conditional_samples"])
def test_gaps_are_filled_in_by_name(name):
    pandas = pytest.importorskip("pandas")
    fill = getattr(MODELS["RandomCutForest"], name)
    expected = fill([np.nan, 2.0])
    for values in (
        {"load": 2.0, "heat": np.nan},
        pandas.Series({"load": 2.0, "heat": np.nan}),
        pandas.DataFrame({"load": [2.0], "heat": [np.nan]}),
    ):
        found = fill(values)
        assert np.array_equal(np.ravel(found), np.ravel(expected))
    with pytest.raises(rcf.InputError, match=r"lacks \['heat'\] and also has \['flow'\]"):
        fill(pandas.Series({"load": 2.0, "flow": np.nan}))
    with pytest.raises(
        rcf.InputError, match=r"\(2,\) or \(1, 2\), got shape \(3,\); give 2 values, with NaN for"
    ):
        fill([1.0, 2.0, 3.0])


def test_adapters_name_the_column_and_the_remedy():
    pytest.importorskip("pandas")
    import rcf.pandas

    known = table()
    for keywords in ({"by": "site"}, {"timestamps": "site"}, {"by": ["heat", "site"]}):
        with pytest.raises(rcf.InputError, match=r"no columns \['site'\]; it has \['heat', 'load'\]"):
            known.rcf.detect(**keywords)
    with pytest.raises(rcf.InputError, match="a series has none: give a table"):
        known["heat"].rcf.detect(by="site")
    with pytest.raises(rcf.InputError, match="it has no columns"):
        known[[]].rcf.detect()


def test_adapters_for_streams_name_the_feature():
    river = pytest.importorskip("rcf.river", reason="needs River")
    model = river.RandomCutForest(number_of_trees=5)
    model.learn_one({"heat": 1.0})
    for call in (model.learn_one, model.score_one):
        with pytest.raises(TypeError, match="a record must be a dict of features, got list"):
            call([1.0])
        with pytest.raises(TypeError, match="'heat' must be a number, got str 'hot'"):
            call({"heat": "hot"})
        with pytest.raises(rcf.InputError, match='"heat" is not finite: inf'):
            call({"heat": np.inf})


def test_adapters_for_batches_keep_the_order_of_columns():
    pyod = pytest.importorskip("rcf.pyod", reason="needs PyOD")
    known = table()
    model = pyod.RCF(number_of_trees=5).fit(known)
    scores = model.decision_function(known[["load", "heat"]])
    assert np.array_equal(scores, model.decision_function(known))
    with pytest.raises(rcf.InputError, match=r"lacks \['load'\] and also has \['flow'\]"):
        model.predict(known.rename(columns={"load": "flow"}))
    sklearn = pytest.importorskip("rcf.sklearn", reason="needs scikit-learn")
    for value in ("auto", None):
        with pytest.raises(TypeError, match="contamination must be a number, got"):
            sklearn.RandomCutForest(contamination=value).fit(ROWS)


def test_a_row_of_beam_names_its_field():
    beam = pytest.importorskip("apache_beam", reason="needs Beam")
    from rcf.beam import RandomCutForest

    model = RandomCutForest(number_of_trees=5)
    with pytest.raises(TypeError, match=r"a record must be a beam.Row, got dict: beam.Row\(\*\*fields\)"):
        model.learn_one({"heat": 1.0})
    with pytest.raises(TypeError, match="'heat' must be a number, got str 'hot'"):
        model.learn_one(beam.Row(heat="hot"))
    model.learn_one(beam.Row(heat=1.0))
    with pytest.raises(rcf.InputError, match='"heat" is not finite: inf'):
        model.learn_one(beam.Row(heat=np.inf))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"alerts": 3}, "alerts must be what process_many returns, a table, or tuples"),
        ({"within": "x"}, "within must be a number or a timedelta, got str"),
        ({"min_keys": 1.5}, "min_keys must be an integer, got float"),
        ({"alerts": [("a", 1.0, "x")]}, "a grade must be a number, got str"),
    ],
)
def test_events_name_what_they_refuse(keywords, message):
    with pytest.raises(TypeError, match=message):
        rcf.events(**{"alerts": VALID["alerts"], **keywords})
