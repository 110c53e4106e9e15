"""One emulator for all tests, and its own streams for each."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pytest

from emulator import REGION, Emulator
from program import CREDENTIALS, JSON, Program
from streams import Stream


def path_of(variable: str) -> Path:
    """A path that `run.sh` hands over."""
    path = Path(os.environ.get(variable, ""))
    if not path.exists() or not os.environ.get(variable):
        pytest.exit(f"{variable} names nothing that exists; start the tests by run.sh", 2)
    return path


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    package = path_of("KINESIS_TEST_EMULATOR")
    log = tmp_path_factory.mktemp("emulator") / "log"
    with Emulator(package, log) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def client(emulator: Emulator) -> Any:
    return boto3.client(
        "kinesis",
        region_name=REGION,
        endpoint_url=emulator.url,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=botocore.config.Config(connect_timeout=5, read_timeout=30),
    )


_numbers = itertools.count()


@pytest.fixture
def stream(client: Any) -> Callable[[str, int], Stream]:
    """Makes a stream; its name is never used twice."""

    def make(name: str, shards: int = 1) -> Stream:
        return Stream(client, f"{name}-{next(_numbers)}", shards)

    return make


@pytest.fixture(scope="session")
def binary() -> Path:
    return path_of("KINESIS_TEST_BINARY")


@pytest.fixture
def program(
    emulator: Emulator, binary: Path, tmp_path: Path
) -> Callable[..., Program]:
    """Makes a place to run `rcf` from one stream to another, with its own checkpoints."""

    def make(source: Stream, sink: Stream, input: str = JSON) -> Program:
        folder = tmp_path / f"{source.name}-to-{sink.name}"
        return Program(binary, emulator.url, folder, source.name, sink.name, input)

    return make
