"""What cannot work is said at once and by name."""

from __future__ import annotations

import subprocess

import pytest

from program import environment


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
    with rcf.start() as run, pytest.raises(AssertionError, match="status 1:") as failure:
        run.wait_for_success(seconds=30)
    assert "cannot list the shards of the Kinesis stream nowhere" in str(failure.value)
    assert "ResourceNotFoundException" in str(failure.value)


def test_a_missing_output_stream_is_named(binary, emulator) -> None:
    command = [str(binary), "generate", "sine", "--count", "1", "--to", "kinesis"]
    command += ["--stream", "nowhere", "--endpoint-url", emulator.url]
    status, text = run_to_end(command)
    assert status == 1
    assert "cannot describe the Kinesis stream nowhere: ResourceNotFoundException" in text


def test_a_missing_region_is_an_error(binary) -> None:
    command = [str(binary), "generate", "sine", "--count", "1", "--to", "kinesis"]
    status, text = run_to_end([*command, "--stream", "s"], AWS_REGION="", AWS_DEFAULT_REGION="")
    assert status == 1
    assert "no AWS region" in text and "AWS_REGION" in text


def test_missing_credentials_are_not_waited_for(binary, emulator) -> None:
    command = [str(binary), "generate", "sine", "--count", "1", "--to", "kinesis"]
    command += ["--stream", "s", "--endpoint-url", emulator.url]
    status, text = run_to_end(command, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert status == 1
    assert "no credentials found" in text
