"""Scores have the bits that all interfaces have in common."""

from __future__ import annotations

import pytest

from expected_bits import INPUT, ExpectedBits


@pytest.mark.parametrize("model", ["forest", "detector"])
def test_scores_have_the_bits_of_all_interfaces(topic, program, model) -> None:
    expected = ExpectedBits()
    source, sink = topic("bits"), topic("scores")
    # The models of a topic belong to partition and key.
    key, models = expected.key_and_settings(model, prefix="0/")
    source.put((key, record) for record in expected.records)
    rcf = program(source, sink)
    rcf.run_to_tip(values=INPUT, models=models)
    expected.assert_bits(model, (it.json for it in sink.read()))
