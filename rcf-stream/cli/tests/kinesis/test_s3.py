"""Checkpoints in a bucket: restarts change nothing, and of two copies one commits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import producer
import pytest
from emulator import Bucket
from program import Program
from results import assert_complete, by_id
from streams import Reader, read_all, wait_until

COUNT = 400


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with Bucket(tmp_path_factory.mktemp("s3") / "log") as bucket:
        yield bucket


def keep_in(bucket: Bucket, program: Program, prefix: str) -> Program:
    program.checkpoints = f"s3://{bucket.name}/{prefix}"
    program.variables = {"AWS_ENDPOINT_URL_S3": bucket.url}
    return program


def position(bucket: Bucket, prefix: str) -> dict:
    names = bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=prefix)["Contents"]
    (name,) = (it["Key"] for it in names if it["Key"].endswith("position.json"))
    return json.loads(bucket.client.get_object(Bucket=bucket.name, Key=name)["Body"].read())["position"]


def test_a_kill_loses_and_changes_nothing(bucket, client, stream, program) -> None:
    source, sink = stream("bucketed"), stream("scores")
    producer.put(client, source.name, "key", range(COUNT))
    reader = Reader(sink)
    rcf = keep_in(bucket, program(source, sink), "kill")
    for results in (100, 200):
        with rcf.start(max_records=10, every_records=40) as run:
            wait_until(lambda: run.assert_running() and len(by_id(reader.read())) >= results, "go")
            run.kill()
    assert position(bucket, "kill")["records"] > 0
    assert len(by_id(reader.read())) < COUNT, "the last kill came too late to prove anything"
    rcf.run_to_tip()
    results = by_id(reader.read())
    assert_complete(results, source)

    reference = stream("reference")
    program(source, reference).run_to_tip()
    assert results == by_id(read_all(reference))


def test_of_two_copies_the_newer_commits(bucket, client, stream, program, tmp_path: Path) -> None:
    source, sink = stream("fenced"), stream("scores")
    producer.put(client, source.name, "key", range(COUNT // 2))
    reader = Reader(sink)
    first = keep_in(bucket, program(source, sink), "fence")
    # The same settings in another folder: it shares nothing but the bucket.
    second = Program(first.binary, first.url, tmp_path / "second", source.name, sink.name, first.input)
    keep_in(bucket, second, "fence")
    with first.start(every_records=20) as older:
        done = lambda count: len(by_id(reader.read())) >= count
        wait_until(lambda: older.assert_running() and done(COUNT // 2), "the first copy works")
        writer = wait_until(lambda: position(bucket, "fence")["writer"], "it has committed")
        with second.start(every_records=20) as newer:
            wait_until(
                lambda: newer.assert_running() and position(bucket, "fence")["writer"] != writer,
                "the second copy has taken over",
            )
            producer.put(client, source.name, "key", range(COUNT // 2, COUNT))
            wait_until(lambda: older.process.poll() is not None, "the first copy has stopped")
            assert older.process.returncode == 1
            assert "another process has taken over" in older.report()
            wait_until(lambda: newer.assert_running() and done(COUNT), "the second copy continues")
            newer.terminate()
            newer.wait_for_success()
    # What both have written is the same to the byte, or `by_id` had failed.
    results = by_id(reader.read())
    assert_complete(results, source)
    updates = sorted(json.loads(data)["model"]["updates"] for data in results.values())
    assert updates == list(range(1, COUNT + 1))


def test_a_bucket_that_is_not_there_is_named(bucket, stream, program) -> None:
    rcf = keep_in(bucket, program(stream("there"), stream("scores")), "x")
    rcf.checkpoints = "s3://nowhere-at-all/x"
    with rcf.start() as run, pytest.raises(AssertionError, match="status 1:") as failure:
        run.wait_for_success(seconds=30)
    assert "nowhere-at-all" in str(failure.value)
