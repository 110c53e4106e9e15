"""Any objects with a distance: decisions, clusters, saving."""

import copy
import pickle
import random

import numpy as np
import pytest

import rcf

NAMES = ["heartbeat of the pump", "valve number seven", "door"]


def letters(one: str, other: str) -> float:
    """Letters at the same place that differ, and those that one has more."""
    return sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))


def lines(seed: int, count: int) -> list[str]:
    generator = random.Random(seed)

    def changed(letter: str) -> str:
        return generator.choice("abcxyz") if generator.random() < 0.05 else letter

    return ["".join(map(changed, generator.choice(NAMES))) for _ in range(count)]


def test_a_strange_string_is_found_and_says_what_is_near():
    stream = lines(1, 2000)
    stream[1500] = "quartz sphinx"
    detector = rcf.DistanceDetector(letters)
    found = detector.process(stream)
    assert sum(detection.is_anomaly for detection in found) <= 3
    strange = found[1500]
    assert strange.is_anomaly and strange.grade > 0 and strange.severity > 0.5
    assert strange.distance == letters(strange.nearest, stream[1500])
    assert found[10].score == 0 and found[10].nearest is None
    assert detector.updates == 2000 and detector.is_ready and len(detector.sample) == 256
    assert detector.score("door") < 1 < detector.score("quartz sphinx")


def test_clusters_are_those_of_the_stream():
    detector = rcf.DistanceDetector(letters)
    detector.process(lines(2, 2000))
    for name in NAMES:
        (cluster,) = [found for found in detector.found_clusters if letters(found.primary, name) < 2]
        assert 0.2 < cluster.weight < 0.5
        assert cluster.representatives == [cluster.primary]
    assert sum(found.weight for found in detector.found_clusters) == pytest.approx(1)


def test_the_same_objects_give_the_same_detections_before_and_after_a_save():
    stream = lines(3, 1500)
    detector, other = (rcf.DistanceDetector(letters, seed=4, representatives=3) for _ in range(2))
    assert detector.process(stream[:1000]) == other.process(stream[:1000])
    restored = rcf.DistanceDetector.from_bytes(detector.to_bytes(), letters)
    assert restored.to_bytes() == detector.to_bytes()
    copies = [restored, pickle.loads(pickle.dumps(detector)), copy.deepcopy(detector)]
    expected = detector.process(stream[1000:])
    for one in copies:
        assert one.process(stream[1000:]) == expected
        assert (one.seed, one.representatives) == (4, 3)


def test_objects_that_are_no_strings_bring_their_format():
    def apart(one: frozenset[int], other: frozenset[int]) -> float:
        return len(one ^ other)

    detector = rcf.DistanceDetector(apart, sample_size=32, warm_up=8)
    detector.process(frozenset({i % 5, 7}) for i in range(200))
    with pytest.raises(TypeError, match=r"pickle\.dumps"):
        detector.to_bytes()
    data = detector.to_bytes(pickle.dumps)
    restored = rcf.DistanceDetector.from_bytes(data, apart, pickle.loads)
    assert restored.to_bytes(pickle.dumps) == data
    with pytest.raises(rcf.StateError, match="decode"):
        rcf.DistanceDetector.from_bytes(data, apart)
    with pytest.raises(ZeroDivisionError):
        rcf.DistanceDetector.from_bytes(data, apart, lambda data: 1 // 0)
    with pytest.raises(rcf.StateError, match=r"DistanceDetector\.from_bytes"):
        rcf.AnomalyDetector.from_bytes(data)
    with pytest.raises(rcf.StateError):
        rcf.DistanceDetector.from_bytes(data[:-1], apart, pickle.loads)


def test_a_distance_that_fails_leaves_no_trace():
    left = 0

    def failing(one: str, other: str) -> float:
        nonlocal left
        left -= 1
        if left == 0:
            raise LookupError("no such word")
        return letters(one, other)

    detector = rcf.DistanceDetector(failing, sample_size=32)
    undisturbed = rcf.DistanceDetector(letters, sample_size=32)
    failures = 0
    for line in lines(5, 200):
        expected = undisturbed.process_one(line)
        found = None
        for call in (1, 40, 0):  # the call that fails, if any
            left = call
            before = detector.to_bytes()
            try:
                found = detector.process_one(line)
                break
            except LookupError:
                failures += 1
                assert detector.to_bytes() == before
        assert found == expected
    assert failures > 100


@pytest.mark.parametrize("bad", [float("nan"), -1.0, float("inf")])
def test_a_distance_that_is_none_is_refused(bad):
    detector = rcf.DistanceDetector(lambda one, other: bad if one != other else 0.0)
    detector.process(["a"] * 100)
    with pytest.raises(rcf.InputError, match="distance must be at least 0"):
        detector.process_one("b")
    assert detector.updates == 100


def test_a_detector_that_is_at_work_refuses_other_calls():
    detector = rcf.DistanceDetector(lambda one, other: detector.score(one))
    detector.process([1.0] * 63)
    with pytest.raises(rcf.InputError, match="at work"):
        detector.process_one(2.0)
    assert detector.updates == 63


def test_parameters_are_checked_by_name():
    for name, bad in [
        ("sample_size", 1), ("time_decay", 2.0), ("warm_up", 0), ("clusters", 0), ("representatives", 101),
        ("shrinkage", 1.5), ("false_alarm_rate", 0.9), ("seed", "lucky"),
    ]:  # fmt: skip
        with pytest.raises(rcf.ConfigError, match=name):
            rcf.DistanceDetector(letters, **{name: bad})
    with pytest.raises(TypeError, match="distance must be a function"):
        rcf.DistanceDetector("euclidean")
    defaults = rcf.DistanceDetector(letters)
    assert (defaults.sample_size, defaults.time_decay, defaults.warm_up) == (256, 0.1 / 256, 64)
    assert (defaults.clusters, defaults.shrinkage, defaults.false_alarm_rate) == (16, 0.0, 0.0005)


def test_summaries_of_objects_and_of_samples():
    values = [1.0, 1.1, 0.9, 7.0, 7.2]
    clusters = rcf.summarize(values, lambda one, other: abs(one - other), 2)
    assert [cluster.primary for cluster in clusters] == [1.0, 7.0]
    heavy = rcf.summarize(values, lambda one, other: abs(one - other), 2, weights=[1, 1, 1, 9, 9])
    assert [cluster.primary for cluster in heavy] == [7.0, 1.0]
    assert rcf.summarize([], letters, 3) == []
    with pytest.raises(rcf.InputError, match="at least 1 cluster"):
        rcf.summarize(values, letters, 0)
    with pytest.raises(rcf.InputError, match="shrinkage"):
        rcf.summarize(values, letters, 2, shrinkage=-1)


def test_a_forest_is_summarized_by_any_distance():
    forest = rcf.RandomCutForest(input_dimensions=2, seed=1)
    generator = np.random.default_rng(1)
    centers = np.array([[0.0, 0.0], [40.0, -40.0]])
    forest.process(centers[generator.integers(2, size=2000)] + generator.normal(size=(2000, 2)))

    def manhattan(one, other):
        assert one.shape == (1, 2)
        return float(np.abs(one - other).sum())

    mine = forest.summarize(2, distance=manhattan, representatives=3, shrinkage=0.1)
    named = forest.summarize(2, distance="manhattan", representatives=3, shrinkage=0.1)
    assert len(mine) == 2 and len(mine[0].representatives) > 1
    for one, other in zip(mine, named, strict=True):
        assert (one.radius, one.weight) == (other.radius, other.weight)
        assert np.array_equal(one.representatives, other.representatives)
    found = sorted(float(cluster.primary[0, 0]) for cluster in mine)
    assert abs(found[0]) < 1 and abs(found[1] - 40) < 1
    assert {len(forest.summarize(2, distance=name)) for name in ("euclidean", "chebyshev")} == {2}
    with pytest.raises(rcf.InputError, match="euclidean, manhattan, chebyshev"):
        forest.summarize(2, distance="cosine")
    with pytest.raises(rcf.InputError, match="belong to a distance"):
        forest.summarize(2, representatives=3)
