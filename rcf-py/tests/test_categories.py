"""Categories as inputs of a detector."""

import copy
import pickle

import numpy as np
import pytest

import rcf

generator = np.random.default_rng(1)
METHODS = generator.choice(["GET", "POST", "PUT"], p=[0.7, 0.2, 0.1], size=6000)


def test_a_surprise_is_the_logarithm_of_the_frequency():
    encoder = rcf.CategoryEncoder()
    surprise = encoder.process(METHODS)
    assert surprise.shape == (6000,) and surprise.min() >= 0
    for method, share in [("GET", 0.7), ("POST", 0.2), ("PUT", 0.1)]:
        assert encoder.surprise(method) == pytest.approx(-np.log(share), abs=0.1)
    assert encoder.surprise("TRACE") > 7
    assert (encoder.categories, encoder.observations) == (3, 6000)
    assert (encoder.capacity, encoder.time_decay) == (1024, 1e-4)


def test_new_and_rare_categories_are_found_next_to_numbers():
    methods = METHODS.astype(object)
    methods[[2500, 4000, 5500]] = ["TRACE", "rare", "rare"]
    milliseconds = 20 + generator.normal(size=6000)
    surprise = rcf.CategoryEncoder().process(methods)
    detector = rcf.AnomalyDetector(shingle_size=1, seed=1)
    found = np.flatnonzero(detector.process(np.column_stack([milliseconds, surprise])).is_anomaly)
    assert {2500, 4000, 5500} <= set(found.tolist())
    assert len(found) <= 6


def test_one_by_one_all_at_once_and_after_a_save():
    encoder, other = rcf.CategoryEncoder(capacity=2), rcf.CategoryEncoder(capacity=2)
    assert [encoder.process_one(method) for method in METHODS[:100]] == other.process(METHODS[:100]).tolist()
    copies = [rcf.CategoryEncoder.from_bytes(encoder.to_bytes()), copy.copy(encoder)]
    copies.append(pickle.loads(pickle.dumps(encoder)))
    expected = encoder.process(METHODS[100:200])
    for one in copies:
        assert np.array_equal(one.process(METHODS[100:200]), expected)
        assert one.to_bytes() == encoder.to_bytes()


def test_what_is_no_category_is_refused():
    encoder = rcf.CategoryEncoder()
    with pytest.raises(TypeError, match="must be a str, got float"):
        encoder.process(["a", float("nan")])
    assert encoder.observations == 0
    with pytest.raises(rcf.ConfigError, match="capacity"):
        rcf.CategoryEncoder(capacity=0)
    with pytest.raises(rcf.ConfigError, match="time_decay"):
        rcf.CategoryEncoder(time_decay=2)
    with pytest.raises(rcf.StateError, match=r"RandomCutForest\.from_bytes"):
        rcf.CategoryEncoder.from_bytes(rcf.RandomCutForest().to_bytes())
