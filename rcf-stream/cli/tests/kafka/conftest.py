"""One broker for all tests, and its own topics for each."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broker import Broker
from program import Program
from topics import Topic


def path_of(variable: str) -> Path:
    """A path that `run.sh` hands over."""
    path = Path(os.environ.get(variable, ""))
    if not path.exists() or not os.environ.get(variable):
        pytest.exit(f"{variable} names nothing that exists; start the tests by run.sh", 2)
    return path


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(path_of("KAFKA_TEST_JARS"), tmp_path_factory.mktemp("broker")) as broker:
        yield broker


_numbers = itertools.count()


@pytest.fixture
def topic(broker: Broker) -> Callable[..., Topic]:
    """Makes a topic; its name is never used twice."""

    def make(name: str, partitions: int = 1) -> Topic:
        return Topic(broker, f"{name}-{next(_numbers)}", partitions)

    return make


@pytest.fixture(scope="session")
def binary() -> Path:
    return path_of("KAFKA_TEST_BINARY")


@pytest.fixture
def program(broker: Broker, binary: Path, tmp_path: Path) -> Callable[[Topic, Topic], Program]:
    """Makes a place to run `rcf` from one topic to another, with its own checkpoints."""

    def make(source: Topic, sink: Topic) -> Program:
        folder = tmp_path / f"{source.name}-to-{sink.name}"
        return Program(binary, broker.address, folder, source.name, sink.name)

    return make
