"""The GIL is released, and a forest shared by threads stays whole."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import rcf


def longest_wait(step: Callable[[], object], during: Callable[[], object]) -> float:
    """The longest time that one `step` of this thread took while another ran `during`, as a part of it."""
    worker = threading.Thread(target=during)
    ticks = [time.perf_counter()]
    worker.start()
    while worker.is_alive():
        step()
        ticks.append(time.perf_counter())
    worker.join()
    return max(np.diff(ticks)) / (ticks[-1] - ticks[0])


@pytest.mark.parametrize("method", ["process", "score_array"])
def test_other_threads_run_while_an_array_is_worked_on(method):
    forest = rcf.RandomCutForest(input_dimensions=8, seed=1)
    points = np.random.default_rng(1).normal(size=(4000, 8))
    forest.process(points)
    repeats = 1
    while True:  # until the work takes long enough to be measured
        work = np.tile(points, (repeats, 1))
        started = time.perf_counter()
        getattr(forest, method)(work)
        alone = time.perf_counter() - started
        if alone > 1:
            break
        repeats = int(repeats * max(2.0, 1.3 / alone))

    # With the GIL held, this thread would stand still from beginning to end.
    assert longest_wait(lambda: time.sleep(0.001), during=lambda: getattr(forest, method)(work)) < 0.5


def test_a_shared_forest_serialises_learning(noise):
    forest = rcf.RandomCutForest(input_dimensions=2, number_of_trees=10, sample_size=64)
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(forest.process, part) for part in np.split(noise, 8)]
        jobs += [pool.submit(forest.score_array, noise[:200]) for _ in range(8)]
        jobs += [pool.submit(forest.to_bytes) for _ in range(8)]
        jobs += [pool.submit(forest.update, point) for point in noise[:200]]
        for job in jobs:
            job.result()
    assert forest.updates == len(noise) + 200
    again = rcf.RandomCutForest.from_bytes(forest.to_bytes())
    assert again.score_array(noise).tobytes() == forest.score_array(noise).tobytes()


def test_forests_in_threads_give_what_they_give_alone(noise):
    def scores(seed: int) -> bytes:
        return rcf.RandomCutForest(input_dimensions=2, seed=seed).process(noise).tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(scores, range(8))) == [scores(seed) for seed in range(8)]


def test_looking_at_a_parameter_never_waits_for_a_long_call():
    forest = rcf.RandomCutForest(input_dimensions=8, number_of_trees=200, seed=1)
    points = np.random.default_rng(1).normal(size=(5_000, 8))

    def look() -> None:
        assert (forest.number_of_trees, forest.seed) == (200, 1) and "seed=1" in repr(forest)

    assert longest_wait(look, during=lambda: forest.process(points)) < 0.5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_jobs", [1, 2, 5, -1])
def test_scores_do_not_depend_on_the_number_of_threads(noise, dtype, n_jobs):
    forest = rcf.RandomCutForest(input_dimensions=2, seed=3)
    forest.process(noise)
    points = np.tile(noise, (2, 1)).astype(dtype)[::-1]
    assert forest.score_array(points, n_jobs=n_jobs).tobytes() == forest.score_array(points).tobytes()
    assert len(forest.score_array(np.empty((0, 2)), n_jobs=n_jobs)) == 0
    points[[1500, 3000]] = np.nan
    with pytest.raises(rcf.InputError, match=r"row 1500\b") as caught:
        forest.score_array(points, n_jobs=n_jobs)
    assert caught.value.row == 1500


@pytest.mark.parametrize(
    ("n_jobs", "error", "message"),
    [(0, rcf.ConfigError, "at least 1, or -1"), (-2, rcf.ConfigError, "got -2"), ("2", TypeError, "got str"),
     (2.0, TypeError, "got float"), (True, TypeError, "got bool")],
)  # fmt: skip
def test_a_number_of_threads_is_a_number(n_jobs, error, message):
    with pytest.raises(error, match=message):
        rcf.RandomCutForest().score_array([1.0], n_jobs=n_jobs)
    with pytest.raises(error, match=message):
        rcf.process_many(["a"], [1.0], n_jobs=n_jobs)
