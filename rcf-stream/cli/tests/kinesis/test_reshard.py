"""Shards are split and merged under a running program."""

from __future__ import annotations

import producer
from results import assert_complete, by_id, ids
from streams import Reader, wait_until

KEY = "partitionkey"
PART = 200


def test_children_are_read_after_their_parents(client, stream, program) -> None:
    source, sink = stream("resharded"), stream("scores")
    reader = Reader(sink)
    rcf = program(source, sink)

    def results(count: int):
        return lambda: run.assert_running() and len(by_id(reader.read())) >= count

    def feed(part: int) -> None:
        producer.put(client, source.name, KEY, range(part * PART, (part + 1) * PART))

    feed(0)
    with rcf.start(every_records=100) as run:
        wait_until(results(PART), "the parent is read")
        (parent,) = source.open_shards()
        feed(1)
        source.split(parent["ShardId"])
        feed(2)
        wait_until(results(3 * PART), "the children are read")
        run.kill()

    # Without a reader: records of a child, the end of both, and records of their child.
    feed(3)
    source.merge(*(shard["ShardId"] for shard in source.open_shards()))
    feed(4)
    with rcf.start(every_records=100) as run:
        wait_until(results(5 * PART), "the grandchild is read")
        run.terminate()
        run.wait_for_success()

    assert len(source.shards()) == 4
    assert_complete(by_id(reader.read()), source)

    # One model has seen all records in the order of time, over all shards.
    times = {id_: put.json["time"] for id_, put in ids(source).items()}
    updates = {put.json["id"]: put.json["model"]["updates"] for put in reader.records}
    first = min(updates.values())
    out_of_order = [id_ for id_, time in times.items() if updates[id_] != first + time]
    assert not out_of_order, out_of_order[:5]
    firsts = dict.fromkeys(put.json["id"] for put in reader.records)
    assert [times[id_] for id_ in firsts] == list(range(5 * PART))
