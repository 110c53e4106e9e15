"""Python judges as the program does, whichever way its records come: CSV, JSON lines, a pipe.

The other paths (records of Kinesis, packed ones) are compared with these in
`rcf-stream/src/pipeline/tests.rs`. The program is the one of `cargo test`, or `RCF_BINARY`.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest

import rcf

ROOT = Path(__file__).parents[2]
BINARY = Path(os.environ.pop("RCF_BINARY", ROOT / "target" / "debug" / "rcf"))
BASE = 1_700_000_000  # 2023-11-14T22:13:20Z
SETTINGS = """
[source]
kind = "file"
path = {source}
[input]
format = "{format}"
values = ["v"]
on_bad_record = "skip"
{input}
[detector]
enabled = true
use_time = {use_time}
[forest]
sample_size = 32
number_of_trees = 10
[sink]
path = "out.jsonl"
"""


def rows(count: int = 600) -> list[tuple[int, float | None]]:
    """A wave with a little noise, a record a minute, and two spikes."""
    values = [
        round(50 + 10 * math.sin(n / 9) + (n * 7919 % 101) / 100, 3) + 60 * (n in (350, 500))
        for n in range(count)
    ]
    return [(BASE + 60 * n, value) for n, value in enumerate(values)]


def with_gap() -> list[tuple[int, float | None]]:
    return [(time + 300 * (n >= 300), value) for n, (time, value) in enumerate(rows())]


def late() -> list[tuple[int, float | None]]:
    """The hour that comes twice: forty records are before the newest."""
    return [(time - 3600 * (60 <= n < 100), value) for n, (time, value) in enumerate(rows())]


def with_holes() -> list[tuple[int, float | None]]:
    return [(time, None if n % 50 == 7 else value) for n, (time, value) in enumerate(rows())]


CASES = {
    "no times": (rows, False, ""),
    "gap": (with_gap, True, 'timestamp = "t"'),
    "late": (late, True, 'timestamp = "t"\non_late = "bad"'),
    "missing values": (with_holes, False, "optional_values = true"),
}


def judged_by_python(
    table: list[tuple[int, float | None]], use_time: bool, moment: type
) -> list[tuple[float, float]]:
    detector = rcf.AnomalyDetector(sample_size=32, number_of_trees=10)
    judged = []
    for time, value in table:
        point = [math.nan if value is None else value]
        timestamp = None
        if use_time:
            timestamp = 1000 * time if moment is int else datetime.fromtimestamp(time, timezone.utc)
        try:
            detection = detector.process_one(point, timestamp=timestamp, missing="impute")
        except rcf.InputError:
            continue  # as a bad record
        judged.append((detection.score, detection.grade))
    return judged


def judged_by_program(
    folder: Path, format: str, pipe: bool, table: list[tuple[int, float | None]], case: str
) -> list[tuple[float, float]]:
    _, use_time, settings = CASES[case]
    if format == "csv":
        lines = ["t,v", *(f"{time},{'' if value is None else value}" for time, value in table)]
    else:
        lines = [json.dumps({"t": time, "v": value}) for time, value in table]
    text = "\n".join(lines) + "\n"
    (folder / "in").write_text(text)
    source = '"-"' if pipe else '"in"'
    config = SETTINGS.format(source=source, format=format, input=settings, use_time=str(use_time).lower())
    (folder / "rcf.toml").write_text(config)
    variables = {name: it for name, it in os.environ.items() if not name.startswith("RCF_")}
    command = [str(BINARY), "run", "--config", "rcf.toml"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        input=text if pipe else "",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    results = map(json.loads, (folder / "out.jsonl").read_text().splitlines())
    return [(result["score"], result["grade"]) for result in results]


@pytest.mark.skipif(not BINARY.exists(), reason=f"{BINARY} is not built")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("format", "pipe"), [("csv", False), ("jsonl", False), ("jsonl", True)])
def test_python_judges_as_the_program_does(tmp_path: Path, case: str, format: str, pipe: bool) -> None:
    make, use_time, _ = CASES[case]
    table = make()
    judged = judged_by_program(tmp_path, format, pipe, table, case)
    assert len(judged) == len(table) - 40 * (case == "late")
    assert any(grade > 0 for _, grade in judged)
    for moment in (int, datetime) if use_time else (int,):
        assert judged_by_python(table, use_time, moment) == judged
