"""Puts the sine wave with its drop into a Kinesis stream, as the original demonstration does.

    python producer.py STREAM --count 1000

Each record is `{"time": t, "value": 10 * sin(t / 100) + 10}`. Where `(t / 100) mod 360` lies
between 2.4 and 2.6, the value drops to -17: first at t = 241 to 259.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

import boto3

DROPS = range(241, 260)


def sine(t: int) -> dict[str, Any]:
    radians = (t / 100) % 360
    value = -17 if 2.4 < radians < 2.6 else 10 * math.sin(t / 100) + 10
    return {"time": t, "value": value}


def put(client: Any, stream: str, key: str, times: Iterable[int]) -> None:
    """Puts the records of these times, in order and under one key."""
    records = ({"Data": json.dumps(sine(t)).encode(), "PartitionKey": key} for t in times)
    for batch in batches(list(records), 250):
        while batch:
            answer = client.put_records(StreamName=stream, Records=batch)
            batch = [
                record
                for record, result in zip(batch, answer["Records"], strict=True)
                if "ErrorCode" in result
            ]


def batches(records: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("stream")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--key", default="partitionkey")
    parser.add_argument("--endpoint-url")
    options = parser.parse_args()
    client = boto3.client("kinesis", endpoint_url=options.endpoint_url)
    put(client, options.stream, options.key, range(options.count))


if __name__ == "__main__":
    main()
