"""Starts and stops a Kafka broker on 127.0.0.1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from waiting import wait_until

# No broker outlives its test by more than this, whatever happens to the test.
LONGEST_SECONDS = 1_800

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
{extra}
"""
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"
LIGHT = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


class Broker:
    """A broker with one node. `with` makes sure that it does not outlive the test."""

    #: How clients introduce themselves.
    client: dict[str, str] = {}

    def __init__(self, jars: Path, folder: Path, extra: str = "") -> None:
        self.port, controller = free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self.log = folder / "broker.log"
        self._java = ["java", *LIGHT, "-cp", f"{jars}/*"]
        self._properties = folder / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        text = PROPERTIES.format(
            port=self.port, controller=controller, folder=folder, extra=extra
        )
        self._properties.write_text(text)
        tool = [*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER]
        with self.log.open("ab") as log:
            subprocess.run(
                [*tool, "-c", str(self._properties)],
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
                timeout=60,
            )

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        command = ["timeout", "--signal=KILL", str(LONGEST_SECONDS), *self._java]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "kafka.Kafka", str(self._properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self.is_ready, "the broker answers", seconds=120)

    def is_ready(self) -> bool:
        """An open port is not enough: metadata must name the broker."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text(errors="replace")[-4000:]
        try:
            return bool(self.admin().list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    def admin(self) -> AdminClient:
        return AdminClient(self.settings())

    def settings(self) -> dict[str, Any]:
        """Those of every client."""
        return {"bootstrap.servers": self.address, "log_level": 0, **self.client}

    def kill(self) -> None:
        """`kill -9` of the process group that was started here: `timeout` and Java."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._process = None


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nothing listens."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for candidate in sockets:
            candidate.bind(("127.0.0.1", 0))
        return [candidate.getsockname()[1] for candidate in sockets]
    finally:
        for candidate in sockets:
            candidate.close()
