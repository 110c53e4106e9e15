"""The bits of scores that all interfaces have in common: `rcf-core/tests/bits/expected.csv`."""

import json
from pathlib import Path

import numpy as np

import rcf

FILE = Path(__file__).parents[2] / "rcf-core/tests/bits/expected.csv"


def test_scores_have_the_bits_of_all_interfaces():
    lines = FILE.read_text().splitlines()
    parameters = {name: json.loads(text) for _, name, text in (x.split(" ", 2) for x in lines[:2])}
    assert lines[2] == "value_1,value_2,forest,detector"
    cells = [line.split(",") for line in lines[3:]]
    assert len(cells) == 1000
    values = np.array([[float(x) for x in row[:2]] for row in cells])
    expected = np.array([[int(x, 16) for x in row[2:]] for row in cells], dtype=np.uint64)

    forest = rcf.RandomCutForest(**parameters["forest"])
    one_by_one = []
    for row in values[:500]:
        one_by_one.append(forest.score(row))
        forest.update(row)
    forest = rcf.RandomCutForest.from_bytes(forest.to_bytes())
    scores = np.concatenate([one_by_one, forest.process(values[500:])])
    assert np.array_equal(scores.view(np.uint64), expected[:, 0])

    detector = rcf.AnomalyDetector(**parameters["detector"])
    scores = np.asarray(detector.process(values).score, dtype=np.float64)
    assert np.array_equal(scores.view(np.uint64), expected[:, 1])
