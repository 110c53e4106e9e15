"""The example jobs run, alone in a process, and end as they promise."""

import math
import pathlib
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).parents[3] / "examples" / "python" / "flink"


def run(name: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def lines(folder: pathlib.Path) -> list[str]:
    return [line for file in folder.rglob("part-*") for line in file.read_text().splitlines()]


def test_the_sine_wave_example_finds_the_drop():
    assert "peak inside the drop: True" in run("sine_wave.py")


def test_the_example_over_files_scores_all_lines_and_refuses_the_others(tmp_path):
    (tmp_path / "in").mkdir()
    good = [f"pump{i % 2},{math.sin(i / 10)}\n" for i in range(500)]
    (tmp_path / "in" / "a.csv").write_text("".join([*good, "pump0,nan\n", "broken\n"]))
    run("files.py", tmp_path / "in", tmp_path / "out", 1)
    scores = lines(tmp_path / "out")
    assert len(scores) == 500 and {line.partition(",")[0] for line in scores} == {"pump0", "pump1"}
    assert any(float(line.partition(",")[2]) > 0 for line in scores)
    refused = sorted(lines(tmp_path / "out-refused"))
    assert [line.partition(":")[0] for line in refused] == ["'broken'", "'pump0,nan'"]
