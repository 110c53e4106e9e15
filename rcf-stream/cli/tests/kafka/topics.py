"""Kafka topics as the tests see them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import NewPartitions, NewTopic

from broker import Broker
from waiting import wait_until

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class Message:
    """A record as it lies in a topic."""

    partition: int
    offset: int
    key: str | None
    value: bytes | None
    headers: Headers = ()

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.value or b"null")


class Topic:
    """A topic with a number of partitions."""

    def __init__(self, broker: Broker, name: str, partitions: int = 1) -> None:
        self.broker = broker
        self.name = name
        new = NewTopic(name, num_partitions=partitions, replication_factor=1)
        admin = broker.admin()  # it has to outlive its requests
        for done in admin.create_topics([new]).values():
            done.result(timeout=30)
        wait_until(lambda: len(self.partitions()) == partitions, f"the topic {name} is there")

    def partitions(self) -> list[int]:
        topics = self.broker.admin().list_topics(self.name, timeout=10).topics
        return sorted(topics[self.name].partitions)

    def grow_to(self, partitions: int) -> None:
        change = NewPartitions(self.name, partitions)
        admin = self.broker.admin()
        for done in admin.create_partitions([change]).values():
            done.result(timeout=30)
        wait_until(lambda: len(self.partitions()) == partitions, f"{self.name} has grown")

    def put(
        self,
        records: Iterable[tuple[str | None, Any]],
        partition: int = -1,
        headers: Headers = (),
    ) -> None:
        """Puts records of a key and a value each; `None` is a tombstone, others become JSON."""
        producer = Producer({
            **self.broker.settings(),
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "linger.ms": 5,
        })
        failures: list[Any] = []

        def delivered(error: Any, _: Any) -> None:
            if error is not None:
                failures.append(error)

        for key, value in records:
            data = value
            if value is not None and not isinstance(value, bytes):
                data = json.dumps(value).encode()
            producer.produce(
                self.name,
                key=key,
                value=data,
                partition=partition,
                headers=list(headers),
                on_delivery=delivered,
            )
            producer.poll(0)
        assert producer.flush(60) == 0 and not failures, failures[:3]

    def read(self, isolation: str = "read_committed") -> list[Message]:
        """All records that count now, partition by partition."""
        reader = Consumer({
            **self.broker.settings(),
            "group.id": "the-tests",
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        })
        found: list[Message] = []
        try:
            partitions = self.partitions()
            reader.assign([TopicPartition(self.name, number, 0) for number in partitions])
            open_ones = set(partitions)
            while open_ones:
                # It waits for that many or the timeout, even at the end of all partitions.
                for message in reader.consume(1000, timeout=0.1):
                    if message.error():
                        assert message.error().name() == "_PARTITION_EOF", message.error()
                        open_ones.discard(message.partition())
                        continue
                    key = message.key()
                    found.append(Message(
                        message.partition(),
                        message.offset(),
                        None if key is None else key.decode(errors="replace"),
                        message.value(),
                        tuple(message.headers() or ()),
                    ))
        finally:
            reader.close()
        found.sort(key=lambda message: (message.partition, message.offset))
        return found

    def offsets(self, group: str) -> dict[int, int]:
        """What the group has committed."""
        asker = Consumer({**self.broker.settings(), "group.id": group})
        try:
            asked = [TopicPartition(self.name, number) for number in self.partitions()]
            return {it.partition: it.offset for it in asker.committed(asked, timeout=30)}
        except KafkaException:
            return {}  # the broker is starting
        finally:
            asker.close()
