"""The adapters, held to what the libraries themselves ask of an estimator."""

import doctest
import importlib
import pickle
import unittest
import warnings

import numpy as np
import pytest

import rcf

OUTLIER = 9.0


@pytest.fixture
def rows(noise) -> np.ndarray:
    return np.vstack([noise[:500], [[OUTLIER, -OUTLIER]]])


@pytest.mark.parametrize(
    ("library", "needs"),
    [("sklearn", "sklearn"), ("river", "river"), ("pyod", "pyod"), ("beam", "apache_beam")],
)
def test_each_adapter_says_its_sign_first_and_its_examples_hold(library, needs):
    pytest.importorskip(needs)
    module = importlib.import_module(f"rcf.{library}")
    first = module.__doc__.splitlines()[0]
    sign = "Lower scores are more abnormal" if library == "sklearn" else "Higher scores are more"
    assert sign in first
    result = doctest.testmod(module, extraglobs={"np": np})
    assert result.failed == 0 and result.attempted >= 3


def test_importing_rcf_imports_none_of_them():
    import subprocess
    import sys

    libraries = {"sklearn", "river", "pyod", "pandas", "polars", "pyarrow", "matplotlib", "pyflink"}
    libraries |= {"tqdm", "apache_beam"}
    code = f"import sys, rcf; print(sorted({libraries} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def sklearn_checks():
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    from rcf.sklearn import RandomCutForest

    return list(checks.estimator_checks_generator(RandomCutForest(), legacy=True))


def test_scikit_learns_own_checks_all_pass():
    """Skipped is what scikit-learn skips unless SCIPY_ARRAY_API is set: arrays of other libraries."""
    checks = sklearn_checks()
    assert len(checks) > 40
    skipped = set()
    for estimator, check in checks:
        try:
            check(estimator)
        except unittest.SkipTest:
            skipped.add(check.func.__name__)
    assert skipped <= {"check_array_api_input"}


def test_scikit_learn_lower_is_abnormal(rows):
    pytest.importorskip("sklearn")
    from rcf.sklearn import RandomCutForest

    model = RandomCutForest(contamination=0.01).fit(rows)
    scores = model.score_samples(rows)
    assert scores.argmin() == 500
    assert model.predict(rows)[500] == -1 and model.decision_function(rows)[500] < 0
    assert (model.predict(rows) == -1).mean() == pytest.approx(0.01, abs=0.003)
    assert scores.tobytes() == (-model.forest_.score_array(rows)).tobytes()
    again = pickle.loads(pickle.dumps(model))
    assert again.score_samples(rows).tobytes() == scores.tobytes()


def test_scikit_learn_works_in_pipelines_and_on_frames(rows):
    pandas = pytest.importorskip("pandas")
    pipeline = pytest.importorskip("sklearn.pipeline")
    from sklearn.preprocessing import StandardScaler

    from rcf.sklearn import RandomCutForest

    frame = pandas.DataFrame(rows, columns=["a", "b"])
    model = pipeline.make_pipeline(StandardScaler(), RandomCutForest(contamination=0.01))
    assert model.fit_predict(frame)[500] == -1
    for contamination in (0.0, 0.6):
        with pytest.raises(ValueError, match="contamination"):
            RandomCutForest(contamination=contamination).fit(frame)


def test_rivers_own_checks_all_pass(monkeypatch):
    """On a stand-in for River's set of credit card transactions, which it would download."""
    pytest.importorskip("river")
    from river import checks, datasets

    from rcf.river import RandomCutForest

    class Transactions:
        def take(self, count: int):
            draw = np.random.default_rng(4)
            for _ in range(count):
                fraud = bool(draw.random() < 0.02)
                values = draw.normal(6.0 if fraud else 0.0, 1.0, size=5)
                yield {f"V{i}": float(value) for i, value in enumerate(values)}, fraud

    monkeypatch.setattr(datasets, "CreditCard", Transactions)
    count = 0
    for check in checks.yield_checks(RandomCutForest(seed=1)):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "features that were not in the first record")
            check(RandomCutForest(seed=1))
        count += 1
    assert count > 20


def test_river_scores_are_those_of_the_forest(noise):
    pytest.importorskip("river")
    from rcf.river import RandomCutForest

    model, forest = RandomCutForest(seed=3), rcf.RandomCutForest(input_dimensions=2, seed=3)
    model.learn_one({"b": 0.0, "a": 0.0, "never": None})
    forest.update([0.0, 0.0])
    with pytest.warns(UserWarning, match=r"ignored: \['later'\]"):
        model.learn_one({"later": 1.0, "a": 0.5, "b": None})
    forest.update([0.5, 0.0])
    for a, b in noise[:300].tolist():
        assert model.score_one({"b": b, "a": a, "later": 1.0}) == forest.score([a, b])
        model.learn_one({"a": a, "b": b, "later": 1.0})
        forest.update([a, b])
    assert model.ignored_features == {"later"}
    assert model.score_one({"a": OUTLIER, "b": 0.0}) > 2 * model.score_one({"a": 0.0, "b": 0.0}) > 0
    for missing in ({}, {"b": None}, {"b": float("nan")}):
        assert model.score_one({"a": 0.5, **missing}) == forest.score([0.5, noise[299, 1]])


def test_pyod_higher_is_abnormal_and_labels_are_ones(rows):
    pytest.importorskip("pyod")
    from pyod.utils.utility import check_detector

    from rcf.pyod import RCF

    model = RCF(contamination=0.01)
    check_detector(model)
    assert model.get_params()["contamination"] == 0.01
    model.fit(rows)
    assert model.decision_scores_.argmax() == 500 and model.labels_[500] == 1
    assert model.labels_.mean() == pytest.approx(0.01, abs=0.003)
    assert (model.predict(rows) == model.labels_).all()
    assert model.decision_function(rows).tobytes() == model.decision_scores_.tobytes()
    probability = model.predict_proba(rows)
    assert probability.shape == (501, 2) and probability[500, 1] == probability[:, 1].max() == 1.0
    assert model.predict_confidence(rows).shape == (501,)
    assert pickle.loads(pickle.dumps(model)).predict(rows)[500] == 1


def test_beam_scores_are_those_of_the_forest(noise):
    pytest.importorskip("apache_beam")
    import apache_beam
    from apache_beam.ml.anomaly.specifiable import Spec, Specifiable

    from rcf.beam import RandomCutForest

    model, forest = RandomCutForest(seed=3, model_id="pump"), rcf.RandomCutForest(seed=3)
    assert np.isnan(model.score_one(apache_beam.Row(a=1.0, b=2.0)))
    for a, b in noise[:300].tolist():
        model.learn_one(apache_beam.Row(b=b, a=a))
        forest.update([a, b])
    assert model.score_one(apache_beam.Row(b=0.5, a=OUTLIER)) == forest.score([OUTLIER, 0.5])
    assert model.score_one(apache_beam.Row(b=None, a=1.0)) is None
    model.learn_one(apache_beam.Row(b=None, a=1.0))
    assert pickle.loads(pickle.dumps(model)).score_one(apache_beam.Row(a=0.5, b=0.5)) == forest.score(
        [0.5, 0.5]
    )
    assert Specifiable.from_spec(Spec("RcfRandomCutForest", {"seed": 3}))._forest.seed == 3
