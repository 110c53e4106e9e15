"""What cannot work is said at once and by name."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import time

import pytest

import producer
from program import Program, environment
from streams import Reader, read_all, wait_until

CONFIGURATION = 78


def run_to_end(command: list[str], **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        command,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "", "the standard output is for data"
    return done.returncode, done.stderr


def test_a_missing_input_stream_is_named(binary, emulator, stream, program) -> None:
    rcf = program(stream("there"), stream("scores"))
    rcf.source = "nowhere"
    text = refused(rcf)
    assert "cannot list the shards of the Kinesis stream nowhere: ResourceNotFound" in text
    assert "create it, or correct its name" in text


def test_a_missing_output_stream_is_named(binary, emulator) -> None:
    command = [str(binary), "generate", "sine", "--count", "1", "--to", "kinesis"]
    command += ["--stream", "nowhere", "--endpoint-url", emulator.url]
    status, text = run_to_end(command)
    assert status == CONFIGURATION
    assert "cannot describe the Kinesis stream nowhere: ResourceNotFoundException" in text


def test_a_missing_region_is_an_error(binary) -> None:
    command = [str(binary), "generate", "sine", "--count", "1", "--to", "kinesis"]
    status, text = run_to_end([*command, "--stream", "s"], AWS_REGION="", AWS_DEFAULT_REGION="")
    assert status == CONFIGURATION
    assert "no AWS region" in text and "AWS_REGION" in text


def test_missing_credentials_are_not_waited_for(binary, emulator) -> None:
    command = [str(binary), "generate", "sine", "--count", "1", "--to", "kinesis"]
    command += ["--stream", "s", "--endpoint-url", emulator.url]
    status, text = run_to_end(command, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert status == CONFIGURATION
    assert len(text.splitlines()) == 1, "one message, no dumps"
    assert "no credentials" in text and "set AWS_ACCESS_KEY_ID" in text


@pytest.mark.parametrize("source", ["profile", "instance"])
def test_one_named_source_of_credentials_is_the_only_one(source, stream, program) -> None:
    rcf = program(stream("in"), stream("scores"))
    rcf.extra = f'credentials = "{source}"'  # the environment has some
    text = refused(rcf)
    assert "set AWS_ACCESS_KEY_ID" in text and "Debug" not in text


def test_a_metadata_service_that_does_not_answer_is_given_up(binary, emulator) -> None:
    with socket.socket() as silent:  # takes connections, and answers nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [str(binary), "generate", "sine", "--count", "1", "--to", "kinesis"]
        command += ["--stream", "s", "--endpoint-url", emulator.url]
        began = time.monotonic()
        status, text = run_to_end(
            command,
            AWS_ACCESS_KEY_ID="",
            AWS_SECRET_ACCESS_KEY="",
            AWS_EC2_METADATA_DISABLED="false",
            AWS_EC2_METADATA_SERVICE_ENDPOINT=url,
        )
    assert status == CONFIGURATION
    assert time.monotonic() - began < 10  # a loaded machine needs some of it to start
    assert "Ec2InstanceMetadata" in text and "set AWS_ACCESS_KEY_ID" in text, text
    assert len(text.splitlines()) == 1


def test_a_sink_stream_that_is_gone_ends_the_run(client, stream, program) -> None:
    source, sink = stream("in"), stream("gone")
    producer.put(client, source.name, "key", range(10))
    reader = Reader(sink)
    rcf = program(source, sink)
    with rcf.start() as run:
        wait_until(lambda: run.assert_running() and len(reader.read()) >= 10, "results")
        client.delete_stream(StreamName=sink.name)
        producer.put(client, source.name, "key", range(10, 20))
        wait_until(lambda: run.process.poll() is not None, "rcf has stopped")
    assert run.process.returncode == 1
    assert "cannot put records into the Kinesis stream" in run.report()
    assert "create it, or correct its name" in run.report()


def test_packed_payloads_are_read_or_named(client, stream, program) -> None:
    """gzip, as subscriptions of CloudWatch Logs send it, a mark, objects without separators."""
    source, sink = stream("packed"), stream("scores")
    events = [{"id": str(t), "timestamp": t, "message": json.dumps({"value": t})} for t in (1, 2)]
    envelope = {"messageType": "DATA_MESSAGE", "logEvents": events}
    control = {"messageType": "CONTROL_MESSAGE", "logEvents": events[:1]}
    payloads = [
        b'\xef\xbb\xbf{"value": 0}',
        gzip.compress(json.dumps(envelope).encode()),
        gzip.compress(json.dumps(control).encode()),
        b'{"value": 3}{"value": 4}',
        gzip.compress(b'{"value": 5}'),
        b"\x28\xb5\x2f\xfd\x00",
        gzip.compress(b'{"value": 6}')[:-9],
        b'{"value": 7}',
    ]
    for payload in payloads:
        client.put_record(StreamName=source.name, Data=payload, PartitionKey="key")
    rcf = program(source, sink, 'values = ["value"]\non_bad_record = "skip"')
    rcf.run_to_tip()
    values = [put.json["value"] for put in read_all(sink)]
    assert values == [[0], [1], [2], [3], [4], [5], [7]]
    log = rcf.log.read_text()
    assert "compressed with zstd" in log and "begins as gzip and cannot be unpacked" in log


def refused(rcf: Program) -> str:
    """Runs a program that cannot start, and returns its message."""
    with rcf.start() as run:
        wait_until(lambda: run.process.poll() is not None, "rcf has stopped", 30)
    assert run.process.returncode == CONFIGURATION, run.report()
    return run.report()
