"""Kinesis streams as the tests see them, through boto3."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MOST_RECORDS = 5_000  # beyond this the emulator becomes slow


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Waits until the condition gives something true, and returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise TimeoutError(f"waited {seconds} s in vain until {what}")


class Stream:
    """A stream with a number of open shards."""

    def __init__(self, client: Any, name: str, shards: int) -> None:
        self.client = client
        self.name = name
        client.create_stream(StreamName=name, ShardCount=shards)
        self.wait_until_active()

    def wait_until_active(self) -> None:
        def is_active() -> bool:
            summary = self.client.describe_stream_summary(StreamName=self.name)
            return summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"

        wait_until(is_active, f"the stream {self.name} is active")

    def shards(self) -> list[dict[str, Any]]:
        return self.client.list_shards(StreamName=self.name)["Shards"]

    def open_shards(self) -> list[dict[str, Any]]:
        ended = "EndingSequenceNumber"
        return [shard for shard in self.shards() if ended not in shard["SequenceNumberRange"]]

    def shard_of(self, key: str) -> str:
        """The id of the open shard that takes the records of a key."""
        hashed = int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest())
        for shard in self.open_shards():
            hashes = shard["HashKeyRange"]
            if int(hashes["StartingHashKey"]) <= hashed <= int(hashes["EndingHashKey"]):
                return shard["ShardId"]
        raise LookupError(f"no open shard takes the key {key}")

    def split(self, shard_id: str) -> None:
        """Closes a shard and opens two children with half of its hashes each."""
        shard = next(shard for shard in self.shards() if shard["ShardId"] == shard_id)
        hashes = shard["HashKeyRange"]
        middle = (int(hashes["StartingHashKey"]) + int(hashes["EndingHashKey"])) // 2
        self.client.split_shard(
            StreamName=self.name, ShardToSplit=shard_id, NewStartingHashKey=str(middle)
        )
        self.wait_until_active()

    def merge(self, shard_id: str, adjacent_id: str) -> None:
        """Closes two shards and opens one child with the hashes of both."""
        self.client.merge_shards(
            StreamName=self.name, ShardToMerge=shard_id, AdjacentShardToMerge=adjacent_id
        )
        self.wait_until_active()


@dataclass(frozen=True)
class Put:
    """A record as it lies in a stream."""

    shard: str
    sequence: str
    key: str
    data: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.data)


class Reader:
    """Reads a stream that is not resharded from its start, each time a little further."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.records: list[Put] = []
        self._iterators = {
            shard["ShardId"]: stream.client.get_shard_iterator(
                StreamName=stream.name,
                ShardId=shard["ShardId"],
                ShardIteratorType="TRIM_HORIZON",
            )["ShardIterator"]
            for shard in stream.shards()
        }

    def read(self) -> list[Put]:
        """All records so far, in the order of each shard."""
        for shard, iterator in self._iterators.items():
            behind = True
            while behind and iterator is not None:
                answer = self.stream.client.get_records(ShardIterator=iterator)
                iterator = answer.get("NextShardIterator")
                behind = answer["MillisBehindLatest"] > 0
                self.records += [
                    Put(shard, record["SequenceNumber"], record["PartitionKey"], record["Data"])
                    for record in answer["Records"]
                ]
            self._iterators[shard] = iterator
        count = len(self.records)
        assert count <= MOST_RECORDS, "the emulator is slow beyond this"
        return self.records


def read_all(stream: Stream) -> list[Put]:
    """All records of a stream, shard by shard."""
    return Reader(stream).read()
