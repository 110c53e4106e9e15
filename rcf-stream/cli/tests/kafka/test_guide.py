"""The page of the guide is correct: its first example runs unchanged."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from program import environment
from results import assert_complete, once, values
from topics import Topic

PAGE = Path(__file__).parents[4] / "docs" / "guide" / "kafka.md"


def block(language: str, number: int) -> str:
    return PAGE.read_text().split(f"```{language}\n")[number].split("```")[0]


def test_the_example_runs(broker, binary, tmp_path) -> None:
    readings, scores = Topic(broker, "readings", 2), Topic(broker, "scores", 1)
    readings.put(values(100, 4))
    command = block("console", 2).replace("127.0.0.1:9092", broker.address)
    assert command.startswith("rcf run")
    words = shlex.split(command.replace("\\\n", " "))
    done = subprocess.run(
        [str(binary), *words[1:]],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert_complete(once(scores.read()), readings)

    config = tmp_path / "rcf.toml"
    config.write_text(block("toml", 1).replace("127.0.0.1:9092", broker.address))
    check = [str(binary), "run", "--check", "--config", str(config)]
    done = subprocess.run(check, env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
