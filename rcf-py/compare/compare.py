"""Throughput and accuracy of rcf and other Python packages, on one series, in one run.

The series is a sine with noise, of a period of 60, with labelled faults: spikes, flat stretches, and
waves of twice the frequency. All forests have 50 trees of 256 points and see shingles of 8 values; each
point is scored, then learned. Isolation forests and half-space trees have the same number of trees;
scikit-learn's sees the whole series before it scores any of it, which no stream allows.

A library that is not installed, or cannot run here, is left out of the table with its reason.
"""

import argparse
import os
import platform
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

import rcf

SHINGLE, TREES, SAMPLE, DECAY, WARM_UP = 8, 50, 256, 1 / 2560, 500
Scores = np.ndarray
Engine = Callable[[np.ndarray, int], Scores]


def series(points: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values, and for each whether it belongs to a fault."""
    draw = np.random.default_rng(seed)
    values = np.sin(2 * np.pi * np.arange(points) / 60) + draw.normal(0, 0.05, points)
    labels = np.zeros(points, dtype=bool)
    for number, begin in enumerate(range(WARM_UP + 100, points - 60, 211)):
        at = begin + int(draw.integers(50))
        end = at + (1, 12, 24)[number % 3]
        if number % 3 == 0:
            values[at] += draw.choice([-1.0, 1.0])
        elif number % 3 == 1:
            values[at:end] = values[at]
        else:
            values[at:end] = np.sin(2 * np.pi * np.arange(at, end) / 30)
        labels[at : end + SHINGLE - 1] = True  # whatever shingle holds a part of it
    return values, labels


def shingles(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(values, SHINGLE))


def rcf_array(points: np.ndarray, seed: int) -> Scores:
    return rcf.RandomCutForest(shingle_size=SHINGLE, internal_shingling=False, seed=seed).process(points)


def one_by_one(score: Callable, update: Callable, points: np.ndarray) -> Scores:
    scores = np.empty(len(points))
    for row, point in enumerate(points.tolist()):
        scores[row] = score(point)
        update(point)
    return scores


def rcf_points(points: np.ndarray, seed: int) -> Scores:
    forest = rcf.RandomCutForest(shingle_size=SHINGLE, internal_shingling=False, seed=seed)
    return one_by_one(forest.score, forest.update, points)


def rcf3_points(points: np.ndarray, seed: int) -> Scores:
    import rcf3

    forest = rcf3.Forest(
        1, SHINGLE, num_trees=TREES, capacity=SAMPLE, time_decay=DECAY, internal_shingling=False, seed=seed
    )
    return one_by_one(forest.score, forest.update, points)


def krcf_points(points: np.ndarray, seed: int) -> Scores:
    import krcf

    options = {
        "dimensions": SHINGLE, "shingle_size": 1, "num_trees": TREES, "sample_size": SAMPLE, "lambda": DECAY,
        "random_seed": seed, "internal_shingling": False, "output_after": SAMPLE // 4,
    }  # fmt: skip
    forest = krcf.RandomCutForest(options)
    return one_by_one(forest.score, forest.update, points)


def jrcf_points(points: np.ndarray, seed: int) -> Scores:
    from jrcf.rcf import RandomCutForestModel

    forest = RandomCutForestModel(
        dimensions=SHINGLE, shingle_size=1, num_trees=TREES, sample_size=SAMPLE, lam=DECAY, random_seed=seed
    )
    return one_by_one(forest.score, forest.update, points)


def rrcf_points(points: np.ndarray, seed: int) -> Scores:
    import rrcf

    np.random.seed(seed)
    trees = [rrcf.RCTree() for _ in range(TREES)]
    scores = np.zeros(len(points))
    for row, point in enumerate(points):
        for tree in trees:
            if len(tree.leaves) > SAMPLE:
                tree.forget_point(row - SAMPLE - 1)
            tree.insert_point(point, index=row)
            scores[row] += tree.codisp(row) / TREES
    return scores


def river_points(points: np.ndarray, seed: int) -> Scores:
    from river.anomaly import HalfSpaceTrees

    low, high = points.min(), points.max()  # which it has to know beforehand
    trees = HalfSpaceTrees(n_trees=TREES, window_size=SAMPLE, seed=seed)
    records = [dict(enumerate(point)) for point in ((points - low) / (high - low)).tolist()]
    scores = np.empty(len(points))
    for row, record in enumerate(records):
        scores[row] = trees.score_one(record)
        trees.learn_one(record)
    return scores


def isolation_forest(points: np.ndarray, seed: int) -> Scores:
    model = IsolationForest(n_estimators=TREES, max_samples=SAMPLE, random_state=seed).fit(points)
    return -model.score_samples(points)


ENGINES: dict[str, Engine] = {
    "**rcf**, whole array": rcf_array,
    "**rcf**, point by point": rcf_points,
    "rcf3": rcf3_points,
    "krcf": krcf_points,
    "jrcf (AWS, Java)": jrcf_points,
    "rrcf": rrcf_points,
    "river HalfSpaceTrees": river_points,
    "scikit-learn IsolationForest, not online": isolation_forest,
}


def layer_cost(core: str, rounds: int) -> list[float]:
    """The cost of `process` on a whole array, as a multiple of the same forest in Rust alone."""
    points = shingles(series(60_000, 0)[0])
    ratios = []
    with tempfile.NamedTemporaryFile() as file, tempfile.NamedTemporaryFile() as few:
        file.write(points.tobytes())
        few.write(points[:1].tobytes())
        file.flush()
        few.flush()
        for seed in range(rounds):
            rust = cpu_of(core, file.name, seed) - cpu_of(core, few.name, seed)
            started = time.process_time()
            scores = rcf_array(points, seed)
            ratios.append((time.process_time() - started) / rust)
            assert np.isfinite(scores).all()
    return ratios


def cpu_of(core: str, file: str, seed: int) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([core, file, str(SHINGLE), str(seed)], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--points", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", help="the program of core.rs, to measure the cost of the Python layer")
    options = parser.parse_args()

    times: dict[str, list[float]] = {name: [] for name in ENGINES}
    areas: dict[str, list[tuple[float, float]]] = {name: [] for name in ENGINES}
    missing: dict[str, str] = {}
    for round_ in range(options.rounds):
        values, labels = series(options.points, round_)
        points, labels = shingles(values), labels[SHINGLE - 1 :]
        for name, engine in ENGINES.items():  # interleaved: all feel the same load
            if name in missing:
                continue
            started = time.process_time()
            try:
                scores = engine(points, round_)
            except Exception as error:
                missing[name] = f"{type(error).__name__}: {error}"
                continue
            times[name].append(1e6 * (time.process_time() - started) / len(points))
            late = slice(WARM_UP, None)
            areas[name].append(
                (
                    roc_auc_score(labels[late], scores[late]),
                    average_precision_score(labels[late], scores[late]),
                )
            )

    print(f"{options.points} points, {options.rounds} rounds, medians; CPU time of the process")
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} CPUs, Python {platform.python_version()}\n")
    print("| library | µs a point | times as long | ROC AUC | average precision |\n|---|---:|---:|---:|---:|")
    base = statistics.median(times["**rcf**, whole array"])
    for name in ENGINES:
        if times[name]:
            middle = statistics.median(times[name])
            auc, precision = np.median(areas[name], axis=0)
            print(f"| {name} | {middle:.1f} | {middle / base:.1f} | {auc:.3f} | {precision:.3f} |")
    for name, reason in missing.items():
        print(f"\nleft out: {name}: {reason}")
    if options.core:
        ratios = layer_cost(options.core, 2 * options.rounds + 1)
        print(
            f"\na whole array in Python over the same in Rust: {statistics.median(ratios):.3f} "
            f"({min(ratios):.3f}-{max(ratios):.3f})"
        )


if __name__ == "__main__":
    main()
