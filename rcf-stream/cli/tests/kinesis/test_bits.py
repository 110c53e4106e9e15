"""Scores have the bits that all interfaces have in common."""

from __future__ import annotations

import json

import pytest

from expected_bits import INPUT, ExpectedBits
from producer import batches
from streams import read_all


@pytest.mark.parametrize("model", ["forest", "detector"])
def test_scores_have_the_bits_of_all_interfaces(client, stream, program, model) -> None:
    expected = ExpectedBits()
    source, sink = stream("bits"), stream("scores")
    key, models = expected.key_and_settings(model)
    records = [{"Data": json.dumps(it).encode(), "PartitionKey": key} for it in expected.records]
    for batch in batches(records, 250):
        answer = client.put_records(StreamName=source.name, Records=batch)
        assert answer["FailedRecordCount"] == 0
    rcf = program(source, sink, INPUT)
    rcf.models = models
    rcf.run_to_tip()
    expected.assert_bits(model, (it.json for it in read_all(sink)))
