"""Keywords: defaults that are shown, values that can be read back, and names that are nearly right."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import rcf

CLASSES = [rcf.RandomCutForest, rcf.AnomalyDetector, rcf.Forecaster]
GIVEN = [
    (
        rcf.RandomCutForest,
        {"input_dimensions": 2, "noise_floor": 0.1, "store_labels": True, "time_decay": 0.5},
    ),
    (rcf.RandomCutForest, {"internal_shingling": False, "shingle_size": 4, "output_after": 9}),
    (
        rcf.AnomalyDetector,
        {"learning": ("down_weight", 10), "threshold": ("quantile", 2.0), "sample_size": 64},
    ),
    (rcf.AnomalyDetector, {"input_dimensions": 2, "imputation": [1.0, 2.0], "weights": [1, 2], "silence": 0}),
    (rcf.AnomalyDetector, {"ignore_near_expected": {"relative_above": 0.2}, "threshold": 2.5, "seed": 2**63}),
    (rcf.AnomalyDetector, {"learning": ("frozen", 100), "imputation": "linear", "transform": "difference"}),
    (rcf.Forecaster, {"limits": (0, None), "components": ["forest", "smoothing"], "horizon": 3}),
    (rcf.Forecaster, {"input_dimensions": 2, "limits": [(0, 1), (None, 5)], "coverage": 0.5}),
]


@pytest.mark.parametrize("model", CLASSES)
def test_signatures_show_the_defaults(model):
    shown = {name: one.default for name, one in inspect.signature(model).parameters.items()}
    parameters = model(input_dimensions=1).get_params()
    assert list(shown) == list(parameters)
    for name, default in shown.items():
        if default is not None:
            value = parameters[name]
            assert value == default or value == [default], name


@pytest.mark.parametrize(("model", "given"), GIVEN, ids=str)
def test_parameters_read_back_make_the_same_model(model, given):
    first = model(**given)
    parameters = first.get_params()
    again = model(**parameters)
    assert again.to_bytes() == first.to_bytes() and again.get_params() == parameters
    for name, value in given.items():
        if not isinstance(value, tuple | list | dict) and name != "noise_floor":
            assert parameters[name] == value
    rebuilt = eval(repr(first), {model.__name__: model})
    assert rebuilt.to_bytes() == first.to_bytes()
    assert set(given) <= {
        part.partition("=")[0] for part in repr(first)[len(model.__name__) + 1 : -1].split(", ")
    }


def test_the_repr_shows_what_differs():
    assert repr(rcf.AnomalyDetector()) == "AnomalyDetector()"
    assert repr(rcf.AnomalyDetector(input_dimensions=1)) == "AnomalyDetector(input_dimensions=1)"
    assert repr(rcf.AnomalyDetector(sample_size=64, seed=3)) == "AnomalyDetector(sample_size=64, seed=3)"
    assert repr(rcf.AnomalyDetector(false_alarm_rate=0.001)) == "AnomalyDetector(false_alarm_rate=0.001)"
    # This is the default of another sample size.
    assert "time_decay" in repr(rcf.RandomCutForest(sample_size=64, time_decay=1 / 2560))


@pytest.mark.parametrize("model", [*CLASSES, rcf.DetectorMap])
def test_a_name_that_is_nearly_right_is_found(model):
    with pytest.raises(
        TypeError, match="unexpected keyword argument 'shingel_size'; did you mean 'shingle_size'"
    ):
        model(shingel_size=4)
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'xyzzy'; help\(rcf\.\w+\) names all"):
        model(xyzzy=4)
    with pytest.raises(TypeError, match="positional"):
        model(1)


CALLS = {
    "timestamps": lambda name: rcf.AnomalyDetector().process([1.0], **{name: [1]}),
    "timestamp": lambda name: rcf.AnomalyDetector().process_one(1.0, **{name: 1}),
    "progress": lambda name: rcf.AnomalyDetector().fit([1.0], **{name: True}),
    "missing": lambda name: rcf.Forecaster().process_one(1.0, **{name: "impute"}),
    "weight": lambda name: rcf.RandomCutForest().update(1.0, **{name: 2.0}),
    "n_jobs": lambda name: rcf.RandomCutForest().score_array([1.0], **{name: 2}),
    "capacity": lambda name: rcf.CategoryEncoder(**{name: 9}),
    "clusters": lambda name: rcf.DistanceDetector(max, **{name: 9}),
    "shrinkage": lambda name: rcf.summarize([1], max, 1, **{name: 0.5}),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_say_which_keyword_was_meant(name):
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}_'; did you mean '{name}'"):
        CALLS[name](name + "_")
    with pytest.raises(TypeError, match=r"'xyzzy'; help\(rcf\.[\w.]+\) names all"):
        CALLS[name]("xyzzy")


MODELS = {
    rcf.RandomCutForest: rcf.RandomCutForest,
    rcf.AnomalyDetector: rcf.AnomalyDetector,
    rcf.Forecaster: rcf.Forecaster,
    rcf.CategoryEncoder: rcf.CategoryEncoder,
    rcf.DetectorMap: rcf.DetectorMap,
    rcf.DistanceDetector: lambda: rcf.DistanceDetector(lambda a, b: abs(a - b)),
    rcf.Detections: lambda: rcf.AnomalyDetector().process([1.0]),
}
METHODS = [
    (owner, name, list(inspect.signature(getattr(owner, name)).parameters.values())[-1].name)
    for owner in MODELS
    for name, member in vars(owner).items()
    if not name.startswith("_") and inspect.isroutine(member) and callable(member)
    if any(each != "self" for each in inspect.signature(getattr(owner, name)).parameters)
    # They take one observation, and no option.
    if name not in ("score", "surprise", "update_shingle")
    if (owner, name) not in [(rcf.CategoryEncoder, "process_one"), (rcf.DistanceDetector, "process_one")]
]


@pytest.mark.parametrize(("owner", "name", "keyword"), METHODS, ids=lambda it: getattr(it, "__name__", it))
def test_every_method_says_which_keyword_was_meant(owner, name, keyword):
    method = getattr(MODELS[owner](), name)
    kinds = inspect.signature(method).parameters.values()
    needed = [1] * sum(it.kind is it.POSITIONAL_OR_KEYWORD and it.default is it.empty for it in kinds)
    with pytest.raises(TypeError, match=f"'{keyword}_'; did you mean '{keyword}'") as refused:
        method(*needed, **{keyword + "_": 1})
    assert str(refused.value).startswith(f"{owner.__name__}.{name}() got")
    assert len(METHODS) > 40


def test_functions_say_which_keyword_was_meant():
    with pytest.raises(TypeError, match="'histroy'; did you mean 'history'"):
        rcf.suggest(histroy=[1.0])
    with pytest.raises(TypeError, match="'withing'; did you mean 'within'"):
        rcf.events([], withing=1)
    with pytest.raises(TypeError, match=r"'xyzzy'; help\(rcf.events\) names all"):
        rcf.events([], xyzzy=1)
    # Errors of a user's function are its own.
    with pytest.raises(TypeError, match=r"argument 'c'$"):
        rcf.DistanceDetector(lambda a, b: (lambda: None)(c=a)).process(range(300))


def test_process_many_names_keywords_of_both_kinds():
    for given, meant in (("timestamp", "timestamps"), ("sampel_size", "sample_size"), ("budge", "budget")):
        with pytest.raises(TypeError, match=f"'{given}'; did you mean '{meant}'"):
            rcf.process_many(["a"], [1.0], **{given: 3})


@pytest.mark.parametrize("model", CLASSES)
def test_the_number_of_inputs_follows_from_the_data(model, noise):
    rows = np.column_stack([noise, noise])
    opened, told = model(seed=1), model(seed=1, input_dimensions=4)
    assert opened.get_params()["input_dimensions"] is None
    opened.process(rows[:300])
    told.process(rows[:300])
    assert opened.input_dimensions == opened.get_params()["input_dimensions"] == 4
    assert opened.to_bytes() == told.to_bytes() and repr(opened) == repr(told)
    with pytest.raises(rcf.InputError, match=r"\(n, 4\), got shape \(2000, 2\)"):
        opened.process(noise)


def test_the_number_of_inputs_follows_from_single_points():
    forest, detector = rcf.RandomCutForest(seed=1), rcf.AnomalyDetector(weights=2.0)
    assert forest.score([1.0, 2.0, 3.0]) == 0.0
    forest.update([1.0, 2.0, 3.0])
    assert detector.process_one((1.0, 2.0)).warm_up > 0
    assert (forest.input_dimensions, detector.input_dimensions) == (3, 2)
    assert detector.get_params()["weights"] == [2.0, 2.0]
    with pytest.raises(rcf.InputError, match=r"\(3,\), got shape \(2,\)"):
        forest.update([1.0, 2.0])
    shingles = rcf.RandomCutForest(shingle_size=4, internal_shingling=False)
    shingles.process(np.ones((10, 8)))
    assert shingles.input_dimensions == 2
    with pytest.raises(rcf.InputError, match="not points of 4 observations"):
        rcf.RandomCutForest(shingle_size=4, internal_shingling=False).update([1.0] * 6)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_an_open_model_stays_open_when_copied(way, noise):
    for model in CLASSES:
        opened = way(model(seed=1))
        opened.process(noise)
        assert opened.input_dimensions == 2
    detectors = way(rcf.DetectorMap(seed=1))
    detectors.process(["a", "b"] * 1000, noise)
    with pytest.raises(rcf.InputError, match=r"\(n, 2\)"):
        way(detectors).process(["a"], [[1.0, 2.0, 3.0]])
    assert way(detectors)["a"].input_dimensions == 2


def test_refused_data_leaves_a_model_open():
    detector = rcf.AnomalyDetector(seed=1)
    with pytest.raises(rcf.InputError, match="row 0"):
        detector.process([[np.nan, 1.0]])
    detector.process([[1.0, 2.0, 3.0]])
    assert (detector.input_dimensions, detector.observations) == (3, 1)


def test_a_seed_that_was_drawn_stays():
    detector = rcf.AnomalyDetector(seed="random")
    seed = detector.seed
    detector.process([[1.0, 2.0]])
    assert (detector.input_dimensions, detector.seed) == (2, seed)


def test_parameters_of_other_models_can_be_read_back():
    detectors = rcf.DetectorMap(sample_size=128, budget=10**7, time_to_live=60)
    parameters = detectors.get_params()
    assert parameters["budget"] == 10**7 and parameters["time_to_live"] == 60
    assert rcf.DetectorMap(**parameters).get_params() == parameters
    assert repr(detectors).startswith(
        "<DetectorMap(sample_size=128, budget=10000000, time_to_live=60.0): 0 keys, "
    )
    assert repr(rcf.DetectorMap()).startswith("<DetectorMap(): 0 keys")
    encoder = rcf.CategoryEncoder(time_decay=0.001)
    assert repr(encoder) == "CategoryEncoder(time_decay=0.001)"
    assert rcf.CategoryEncoder(**encoder.get_params()).get_params() == encoder.get_params()
    objects = rcf.DistanceDetector(max, sample_size=64, clusters=4)
    assert repr(objects) == "DistanceDetector(<built-in function max>, sample_size=64, clusters=4)"
    assert rcf.DistanceDetector(**objects.get_params()).get_params() == objects.get_params()


@pytest.mark.parametrize(
    ("given", "meant"), [("time_to_liv", "time_to_live"), ("sampel_size", "sample_size")]
)
def test_a_map_says_which_parameter_was_meant(given, meant):
    with pytest.raises(TypeError, match=f"keyword argument '{given}'; did you mean '{meant}'"):
        rcf.DetectorMap(**{given: 3})
