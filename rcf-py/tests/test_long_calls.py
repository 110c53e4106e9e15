"""Long calls: Ctrl-C, progress, and what an interrupted call leaves."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import rcf

ROWS = 400_000


def detector() -> rcf.AnomalyDetector:
    return rcf.AnomalyDetector(seed=1)


def many_keys(model: rcf.DetectorMap, rows: np.ndarray) -> None:
    """Each key has a row in thirty thousand, so that most time goes to making detectors."""
    model.process(np.arange(len(rows)) % 30_000, rows)


LONG = {
    "process": (detector, lambda model, rows: model.process(rows)),
    "fit": (detector, lambda model, rows: model.fit(rows)),
    "forest": (rcf.RandomCutForest, lambda model, rows: model.process(rows)),
    "forecaster": (rcf.Forecaster, lambda model, rows: model.process(rows)),
    "map": (rcf.DetectorMap, lambda model, rows: model.process(np.arange(len(rows)) % 7, rows)),
    "process_many": (
        lambda: None,
        lambda _, rows: rcf.process_many(np.arange(len(rows)) % 7, rows, seed=1),
    ),
    "categories": (
        lambda: rcf.CategoryEncoder(capacity=50_000),
        lambda model, rows: model.process([str(n) for n in range(len(rows))]),
    ),
    "map of many keys": (lambda: rcf.DetectorMap(budget=10_000_000), many_keys),
}


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts():
    """A test run in the background of a shell ignores Ctrl-C, and Python installs no handler."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("name", LONG)
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_a_long_call_at_once(name):
    """The best of three, since other programs run as well; all the more time where many do."""
    make, call = LONG[name]
    rows = np.sin(np.arange(ROWS) / 10)
    waits = []
    for _ in range(3):
        model, begun = make(), []

        def press(begun: list[float] = begun) -> None:
            begun.append(time.monotonic())
            signal.raise_signal(signal.SIGINT)

        timer = threading.Timer(0.5, press)
        timer.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            call(model, rows)
        waits.append(time.monotonic() - begun[0])
        timer.join()
        # 0 while rows are checked; absent while keys are still read.
        assert 0 <= getattr(caught.value, "rows", 0) < ROWS
    assert min(waits) < 0.2 * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_results_of_many_keys_are_made_when_asked_for():
    """What Ctrl-C waits for does not grow with the number of keys that are done."""
    keys = np.arange(3_000)
    detectors = rcf.DetectorMap(number_of_trees=1, sample_size=16, seed=1)
    with pytest.raises(StopHereError) as caught:
        detectors.process(np.tile(keys, 5), np.zeros(15_000), progress=stop_after(4_000))
    result = caught.value.result
    assert len(result) == len(detectors) and set(result) == set(detectors)
    assert result[7] is result[7] and len(result[7]) == detectors[7].observations
    assert sum(len(part) for part in result.values()) == caught.value.rows
    assert 3_000 not in result and repr(result) == f"<results of {len(result)} keys>"
    with pytest.raises(KeyError):
        result[3_000]
    assert type(detectors.process(keys, np.zeros(3_000))) is dict


def test_ctrl_c_ends_suggest():
    rows = np.random.default_rng(1).normal(size=(1_000_000, 5))
    waits = []
    for _ in range(3):
        begun = []

        def press(begun: list[float] = begun) -> None:
            begun.append(time.monotonic())
            signal.raise_signal(signal.SIGINT)

        timer = threading.Timer(0.15, press)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            rcf.suggest(rows)
        waits.append(time.monotonic() - begun[0])
        timer.join()
    assert min(waits) < 0.2 * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_ctrl_c_ends_score_array():
    forest = rcf.RandomCutForest(input_dimensions=4, seed=1)
    forest.process(np.random.default_rng(1).normal(size=(500, 4)))
    before = forest.to_bytes()
    rows = np.zeros((3_000_000, 4))
    waits = []
    for _ in range(3):
        begun = []

        def press(begun: list[float] = begun) -> None:
            begun.append(time.monotonic())
            signal.raise_signal(signal.SIGINT)

        timer = threading.Timer(0.3, press)
        timer.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            forest.score_array(rows)
        waits.append(time.monotonic() - begun[0])
        timer.join()
    assert min(waits) < 0.2 * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert len(caught.value.result if caught.value.rows else []) == caught.value.rows < len(rows)
    assert forest.to_bytes() == before


class StopHereError(Exception):
    """Raised by a callback."""


def stop_after(rows: int):
    def report(done: int, total: int) -> None:
        if done >= rows:
            raise StopHereError

    return report


def test_rows_until_then_are_learned_and_nothing_else(noise):
    rows = np.tile(noise, (20, 1))
    for make, method in (
        (lambda: rcf.AnomalyDetector(seed=1), "process"),
        (lambda: rcf.AnomalyDetector(seed=1), "fit"),
        (lambda: rcf.RandomCutForest(seed=1), "process"),
        (lambda: rcf.Forecaster(seed=1, number_of_trees=5), "process"),
    ):
        model, other = make(), make()
        with pytest.raises(StopHereError) as caught:
            getattr(model, method)(rows, progress=stop_after(100))
        done = caught.value.rows
        assert 100 <= done < len(rows)
        if sys.version_info >= (3, 11):
            assert f"{done:,} rows" in caught.value.__notes__[0]
        expected = getattr(other, method)(rows[:done])
        assert model.to_bytes() == other.to_bytes()
        if method == "fit":
            assert caught.value.result is None
        elif isinstance(model, rcf.AnomalyDetector):
            assert caught.value.result.score.tobytes() == expected.score.tobytes()
            assert np.array_equal(caught.value.result.values, rows[:done])
        else:
            assert np.array_equal(np.ravel(caught.value.result), np.ravel(expected), equal_nan=True)
        # What was left continues as if nothing had been.
        getattr(model, method)(rows[done:])
        getattr(other, method)(rows[done:])
        assert model.to_bytes() == other.to_bytes()


def test_each_key_has_learned_its_first_rows():
    keys, rows = np.arange(60_000) % 5, np.sin(np.arange(60_000) / 50)
    detectors = rcf.DetectorMap(seed=1)
    with pytest.raises(StopHereError) as caught:
        detectors.process(keys, rows, progress=stop_after(50))
    result = caught.value.result
    assert sum(map(len, result.values())) == caught.value.rows < len(rows)
    assert set(result) == set(detectors)
    for key, part in result.items():
        alone = rcf.AnomalyDetector(seed=1)
        expected = alone.process(rows[keys == key][: len(part)])
        assert part.score.tobytes() == expected.score.tobytes()
        assert detectors[key].to_bytes() == alone.to_bytes()


def test_a_callback_may_use_the_model(noise):
    seen = []
    model = rcf.AnomalyDetector(seed=1)
    model.process(
        np.tile(noise, (5, 1)), progress=lambda done, total: seen.append((done, total, model.observations))
    )
    assert seen[-1] == (10_000, 10_000, 10_000)
    assert all(done == records for done, _, records in seen)
    assert [done for done, *_ in seen] == sorted({done for done, *_ in seen})
    again = rcf.AnomalyDetector(seed=1)
    again.process(np.tile(noise, (5, 1)))
    assert again.to_bytes() == model.to_bytes()


def test_progress_is_a_line_without_tqdm(noise):
    code = (
        "import sys, numpy, rcf\n"
        "sys.modules['tqdm'] = sys.modules['tqdm.auto'] = None\n"
        "rcf.AnomalyDetector().process(numpy.zeros(3000), progress=True)\n"
        "rcf.process_many(['a'] * 3000, numpy.zeros(3000), progress=True)\n"
        "rcf.AnomalyDetector().process(numpy.zeros(3000), progress=False)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.count("rcf: 3,000 of 3,000 rows (100%)") == 2 and not done.stdout
    with pytest.raises(TypeError, match="progress must be True, False, or a callable"):
        rcf.AnomalyDetector().process(noise, progress="yes")


def test_progress_is_a_bar_with_tqdm(noise, capsys):
    pytest.importorskip("tqdm")
    rcf.RandomCutForest().process(noise, progress=True)
    assert "100%" in capsys.readouterr().err
