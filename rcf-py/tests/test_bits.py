"""The bits of scores that all interfaces have in common: `rcf-core/tests/bits/expected.csv`."""

import json
from pathlib import Path

import numpy as np
import pytest

import rcf

FILE = Path(__file__).parents[2] / "rcf-core/tests/bits/expected.csv"


def given():
    """The parameters of the models, the values, and the bits of the scores of both."""
    lines = FILE.read_text().splitlines()
    parameters = {name: json.loads(text) for _, name, text in (x.split(" ", 2) for x in lines[:2])}
    assert lines[2] == "value_1,value_2,forest,detector"
    cells = [line.split(",") for line in lines[3:]]
    assert len(cells) == 1000
    values = np.array([[float(x) for x in row[:2]] for row in cells])
    expected = np.array([[int(x, 16) for x in row[2:]] for row in cells], dtype=np.uint64)
    return parameters, values, expected


def test_scores_have_the_bits_of_all_interfaces():
    parameters, values, expected = given()
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


def test_expressions_of_polars_have_the_same_bits():
    polars = pytest.importorskip("polars")
    import rcf.polars  # noqa: F401

    parameters, values, expected = given()
    for model in parameters.values():
        del model["input_dimensions"]  # follows from the struct
    frame = polars.DataFrame({"a": values[:, 0], "b": values[:, 1]})
    # In two chunks, and lazily.
    frame = polars.concat([frame[:300], frame[300:]], rechunk=False).lazy()
    both = polars.struct("a", "b")
    scores = frame.select(
        forest=both.rcf.score(**parameters["forest"]),
        detector=both.rcf.detect(**parameters["detector"]).struct.field("score"),
    ).collect()
    for column, name in enumerate(("forest", "detector")):
        assert np.array_equal(scores[name].to_numpy().view(np.uint64), expected[:, column]), name
