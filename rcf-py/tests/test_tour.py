"""The guided tour: its code runs, and prints what the page says."""

import contextlib
import io
import pathlib
import re

import pytest

TOUR = pathlib.Path(__file__).parents[2] / "docs" / "python.md"


@pytest.mark.skipif(not TOUR.is_file(), reason="the tour is part of the checkout only")
def test_the_tour_prints_what_it_says():
    pytest.importorskip("statsmodels")
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", TOUR.read_text(), re.DOTALL)
    assert len(blocks) >= 8
    for block in blocks:
        promised = re.findall(r"^# (.*)$", block, re.MULTILINE)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block, names)
        assert printed.getvalue().splitlines() == promised, block
