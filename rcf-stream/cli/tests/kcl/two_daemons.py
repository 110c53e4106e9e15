"""Two daemons share four shards, one is killed with -9, a shard is split; nothing is lost.

They begin at LATEST, and every other round of records is packed as the Kinesis Producer Library does.
What must hold in the end: no result of what was there before, one result for each record, each model learned each record of its key
exactly once, and what was written before the kill is still there, byte by byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import boto3

sys.path.insert(0, str(Path(__file__).parent.parent / "kinesis"))
sys.path.insert(0, str(Path(__file__).parent))
from daemon import Daemon  # noqa: E402
from emulator import REGION, Emulator, free_ports  # noqa: E402

KEYS = [f"key-{n}" for n in range(16)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rcf", type=Path, required=True)
    parser.add_argument("--jars", type=Path, required=True)
    parser.add_argument("--kinesis", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Emulator(arguments.kinesis, folder / "kinesis.log") as kinesis:
            port = free_ports(1)[0]
            leases = subprocess.Popen(
                [sys.executable, "-m", "hypercorn", "ministack.app:app", "--bind", f"127.0.0.1:{port}"],
                stdout=(folder / "dynamodb.log").open("wb"), stderr=subprocess.STDOUT, cwd=folder)
            daemons: list[Daemon] = []

            def daemon(name: str) -> Daemon:
                started = Daemon(name, folder, arguments.rcf.resolve(), arguments.jars.resolve(),
                                 kinesis.url, f"http://127.0.0.1:{port}")
                daemons.append(started)
                return started

            try:
                run(folder, kinesis.url, daemon)
            except BaseException:
                for log in sorted(folder.glob("*.log")):
                    print(f"--- {log.name}", log.read_text(errors="replace")[-4000:], sep="\n")
                raise
            finally:
                for started in daemons:
                    if started.is_running():
                        started.kill()
                leases.terminate()  # its workers end with it, as they would not after a kill
                leases.wait()


def run(folder: Path, url: str, daemon) -> None:
    client = boto3.client("kinesis", endpoint_url=url, region_name=REGION,
                          aws_access_key_id="test", aws_secret_access_key="test")
    client.create_stream(StreamName="in", ShardCount=4)
    client.get_waiter("stream_exists").wait(StreamName="in")
    put: dict[str, int] = defaultdict(int)
    # Three records of each key that are older than the daemons.
    old = [{"Data": b"999", "PartitionKey": key} for key in KEYS for _ in range(3)]
    assert client.put_records(StreamName="in", Records=old)["FailedRecordCount"] == 0

    def produce(rounds: int) -> None:
        for round in range(rounds):
            records = []
            for index, key in enumerate(KEYS):
                values = []
                for _ in range(1 + round % 2):
                    values.append(str((put[key] * 7 + index) % 23).encode())
                    put[key] += 1
                data = values[0] if len(values) == 1 else packed(key, values)
                records.append({"Data": data, "PartitionKey": key})
            answer = client.put_records(StreamName="in", Records=records)
            assert answer["FailedRecordCount"] == 0

    def wait(what: str, seconds: float, holds) -> None:
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < seconds, f"no {what} within {seconds} s: {counts(folder)}"
            time.sleep(0.5)
        print(f"{what}: after {time.monotonic() - began:.0f} s", flush=True)

    def everything() -> bool:
        return len(results(folder)) == sum(put.values())

    first, second = daemon("first"), daemon("second")
    begun = lambda: first.begun() | second.begun()  # noqa: E731
    wait("work on all shards", 240, lambda: len(begun()) == 4)
    time.sleep(3)
    produce(20)
    wait("results of all records by the first two daemons", 240, everything)
    wait("leases of both daemons", 240, lambda: all(works(it) for it in (first, second)))
    produce(10)
    time.sleep(1.5)  # in the middle of the work
    first.kill()
    time.sleep(1.0)  # its children see the end of their pipes
    before = {path: complete_lines(path) for path in folder.glob("out-*.jsonl")}
    produce(10)
    wait("results of all records after a kill with -9", 240, everything)

    shard = client.list_shards(StreamName="in")["Shards"][1]
    low, high = (int(shard["HashKeyRange"][end]) for end in ("StartingHashKey", "EndingHashKey"))
    client.split_shard(StreamName="in", ShardToSplit=shard["ShardId"],
                       NewStartingHashKey=str((low + high) // 2 + 1))
    client.get_waiter("stream_exists").wait(StreamName="in")
    produce(20)
    wait("results of all records after a split", 300, everything)
    assert second.is_running()

    found = results(folder)
    shards = {result["shard"] for result in found.values()}
    assert len(shards) == 6, f"four shards and two children: {shards}"
    assert all(result["value"] != [999] for result in found.values()), "older than the daemons"
    unpacked = sum(len(name.split("/")) == 4 for name in found)
    assert unpacked > len(found) / 4, f"{unpacked} records were packed behind another one"
    updates: dict[str, list[int]] = defaultdict(list)
    for result in found.values():
        updates[result["key"]].append(result["model"]["updates"])
    for key in KEYS:
        assert sorted(updates[key]) == list(range(1, put[key] + 1)), f"{key}: {sorted(updates[key])}"
    for path, text in before.items():
        assert path.read_bytes().startswith(text), f"{path.name} was changed"
    moved = sum(len(set(r["shard"] for r in found.values() if r["key"] == key)) > 1 for key in KEYS)
    assert moved > 0, "no key moved to a child"
    print(f"passed: {len(found)} records, {unpacked} of them from within others, {len(KEYS)} keys, "
          f"{moved} of them moved to a child; each "
          "model learned each record once; nothing written before the kill was changed")


def packed(key: str, values: list[bytes]) -> bytes:
    """Short records of one key as the Kinesis Producer Library packs them."""
    body = bytes([1 << 3 | 2, len(key)]) + key.encode()
    for value in values:
        record = bytes([1 << 3, 0, 3 << 3 | 2, len(value)]) + value
        body += bytes([3 << 3 | 2, len(record)]) + record
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return b"\xf3\x89\x9a\xc2" + body + digest


def works(daemon: Daemon) -> bool:
    """Whether it has been given a shard."""
    return b"working on a shard" in daemon.log.read_bytes()


def results(folder: Path) -> dict[str, dict]:
    """All results by their ids; a repeated id is an error, since these are files."""
    found: dict[str, dict] = {}
    for path in folder.glob("out-*.jsonl"):
        for line in complete_lines(path).splitlines():
            result = json.loads(line)
            assert result["id"] not in found, f"{result['id']} twice"
            found[result["id"]] = result
    return found


def complete_lines(path: Path) -> bytes:
    text = path.read_bytes()
    return text[: text.rfind(b"\n") + 1]


def counts(folder: Path) -> dict[str, int]:
    return {path.name: complete_lines(path).count(b"\n") for path in folder.glob("out-*.jsonl")}


if __name__ == "__main__":
    main()
