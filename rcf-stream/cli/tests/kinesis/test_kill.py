"""`kill -9` in the middle of a stream loses nothing and changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import producer
from program import JSON, RAW, Program, Run, environment
from results import assert_complete, by_id
from streams import Reader, Stream, read_all, wait_until

COUNT = 1_000
OUTPUT_AFTER = 628 // 4


def by_rcf(binary: Path, stream: str, key: str) -> list[str]:
    sine = [str(binary), "generate", "sine", "--count", str(COUNT), "--partition-key", key]
    return [*sine, "--to", "kinesis", "--stream", stream]


def by_boto3(binary: Path, stream: str, key: str) -> list[str]:
    return [sys.executable, producer.__file__, stream, "--count", str(COUNT), "--key", key]


FEEDS = [pytest.param(by_rcf, RAW, id="by_rcf"), pytest.param(by_boto3, JSON, id="by_boto3")]


@pytest.mark.parametrize(("feed", "input"), FEEDS)
def test_nothing_is_lost_or_changed(feed, input, emulator, binary, stream, program) -> None:
    source, sink = stream("sines", 2), stream("scores", 2)
    keys = keys_of_different_shards(source)
    variables = environment(AWS_ENDPOINT_URL_KINESIS=emulator.url)
    for key in keys:
        command = feed(binary, source.name, key)
        subprocess.run(command, env=variables, check=True, timeout=60)
    assert Counter(put.key for put in read_all(source)) == dict.fromkeys(keys, COUNT)

    # A checkpoint every 600 records, and a kill some 200 records after one.
    reader = Reader(sink)
    interrupted = program(source, sink, input)
    for count in (800, 1_400):
        with start_slowly(interrupted) as run:
            wait_for_results(run, reader, count)
            run.kill()
        assert interrupted.has_checkpoint()
    done = len(by_id(reader.read()))
    assert done < 2 * COUNT, "the last kill came too late to prove anything"
    with start_slowly(interrupted) as run:
        wait_for_results(run, reader, 2 * COUNT)
        run.terminate()
        run.wait_for_success()

    results = by_id(reader.read())
    assert_complete(results, source)
    repeated = len(reader.records) - len(results)
    print(f"{len(reader.records)} results, {repeated} of them repeated")
    assert repeated > 0, "both kills came right after a checkpoint and proved nothing"

    reference = stream("reference")
    program(source, reference, input).run_to_tip()
    expected = by_id(read_all(reference))
    differing = [id_ for id_, data in expected.items() if results.get(id_) != data]
    assert not differing, f"an uninterrupted run says something else about {differing[:5]}"

    for key in keys:
        assert_peak_in_drop(results, key)


def keys_of_different_shards(source: Stream) -> list[str]:
    """Two partition keys, so that there are two models, each with its own shard."""
    first = "partitionkey"  # that of the original
    others = (f"{first}-{number}" for number in range(100))
    shard = source.shard_of(first)
    return [first, next(key for key in others if source.shard_of(key) != shard)]


def start_slowly(program: Program) -> Run:
    """Reads at most 20 records at once, five times a second and shard."""
    return program.start(max_records=20, every_records=600)


def wait_for_results(run: Run, reader: Reader, count: int) -> None:
    wait_until(
        lambda: run.assert_running() and len(by_id(reader.read())) >= count,
        f"there are {count} results",
        seconds=120,
    )


def assert_peak_in_drop(results: dict[str, bytes], key: str) -> None:
    lines = [line for data in results.values() if (line := json.loads(data))["key"] == key]
    lines.sort(key=lambda line: line["model"]["updates"])
    scores = [line["score"] for line in lines]
    assert len(scores) == COUNT
    assert all(score == 0 for score in scores[:OUTPUT_AFTER])
    assert all(score > 0 for score in scores[OUTPUT_AFTER:])
    peak = max(range(COUNT), key=scores.__getitem__)
    assert peak in producer.DROPS, f"{key}: the highest score is at t = {peak}"
