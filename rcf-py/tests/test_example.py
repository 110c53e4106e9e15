"""The Python example and the code in the README run and end as they promise."""

import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "python" / "sine_wave.py"


@pytest.mark.skipif(not EXAMPLE.is_file(), reason="the examples are part of the checkout only")
def test_the_sine_wave_example_finds_the_drop():
    run = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"peak inside the drop: True \(record 36,2[45]\d\)", run.stdout.splitlines()[-1])
    lowest, highest = map(float, re.search(r"drop (\S+), .* before (\S+)", run.stdout).groups())
    assert lowest > highest


def test_the_code_in_the_readme_prints_what_it_says(capsys):
    readme = pathlib.Path(__file__).parents[1] / "README.md"
    examples = re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)
    assert len(examples) == 2
    for code in examples:
        exec(code, {})
        (promised,) = re.findall(r"print\(.*\)\s+# (.*)", code)
        assert capsys.readouterr().out.strip() == promised
