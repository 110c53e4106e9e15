"""Kills at random moments, while shards are split and merged and requests go wrong.

Ten kills, or as many as KINESIS_TEST_KILLS says: `just kills-long` for 100.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter

import producer
from faults import FaultProxy
from results import assert_complete, by_id
from streams import Reader, read_all, wait_until

KILLS = int(os.environ.get("KINESIS_TEST_KILLS", "10"))
KEYS = [f"key-{number}" for number in range(6)]
PER_KILL = 5  # records of each key between two kills


def test_nothing_is_lost_or_changed_whatever_happens(
    emulator, client, stream, program
) -> None:
    dice = random.Random(17)
    source, sink = stream("troubled", 2), stream("scores", 2)
    reader = Reader(sink)
    fed = 0

    def feed() -> None:
        nonlocal fed
        for key in KEYS:
            producer.put(client, source.name, key, range(fed, fed + PER_KILL))
        fed += PER_KILL

    kills = 0
    with FaultProxy(emulator.url, rate=0.2, seed=3) as proxy:
        rcf = program(source, sink)
        rcf.url = proxy.url
        reshardings = {KILLS // 4: "split", KILLS // 2: "merge", 3 * KILLS // 4: "split"}
        while kills < KILLS:
            feed()
            match reshardings.get(kills):
                case "split":
                    source.split(source.open_shards()[0]["ShardId"])
                case "merge":
                    first, second = sorted(
                        source.open_shards(), key=lambda it: int(it["HashKeyRange"]["StartingHashKey"])
                    )[:2]
                    source.merge(first["ShardId"], second["ShardId"])
            with rcf.start(every_records=7, max_records=10) as run:
                time.sleep(dice.uniform(0.05, 2.5))
                run.assert_running()
                run.kill()
            kills += 1
        proxy.rate = 0.1
        with rcf.start(every_records=7) as run:
            done = lambda: len(by_id(reader.read())) >= fed * len(KEYS)
            wait_until(lambda: run.assert_running() and done(), "all is read", seconds=180)
            run.terminate()
            run.wait_for_success()
        faults = proxy.faults

    results = by_id(reader.read())
    assert_complete(results, source)
    repeated = len(reader.records) - len(results)
    print(f"{kills} kills, {sum(faults.values())} faults {dict(faults)}, 3 reshardings")
    print(f"{len(results)} results, {repeated} of {len(reader.records)} repeated")
    assert len(faults) >= 6, f"only {faults}"

    # No key is lost: each has a result for each of its records, from one model without a gap.
    updates: dict[str, list[int]] = {key: [] for key in KEYS}
    for data in results.values():
        line = json.loads(data)
        updates[line["key"]].append(line["model"]["updates"])
    for key, seen in updates.items():
        assert sorted(seen) == list(range(1, fed + 1)), f"{key}: {Counter(seen).most_common(2)}"

    reference = stream("reference")
    program(source, reference).run_to_tip()
    expected = by_id(read_all(reference))
    differing = [id_ for id_, data in expected.items() if results.get(id_) != data]
    assert not differing, f"an uninterrupted run says something else about {differing[:5]}"
