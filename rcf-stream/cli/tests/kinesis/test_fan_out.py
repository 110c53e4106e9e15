"""Records that are pushed (enhanced fan-out), packed ones among them, across a kill.

The emulator does not notify subscribers that a shard has ended; that is tested next to the source, in Rust.
"""

from __future__ import annotations

import json

import producer
from aws_kinesis_agg.aggregator import RecordAggregator
from results import by_id
from streams import Reader, wait_until

KEYS = ["a", "b", "c"]
COUNT = 40


def test_pushed_records_are_those_that_are_read(client, stream, program) -> None:
    source, sink = stream("pushed", 1), stream("scores")
    summary = client.describe_stream_summary(StreamName=source.name)["StreamDescriptionSummary"]
    consumer = client.register_stream_consumer(
        StreamARN=summary["StreamARN"], ConsumerName="rcf"
    )["Consumer"]
    wait_until(lambda: status(client, consumer) == "ACTIVE", "the consumer is active")

    reader = Reader(sink)
    rcf = program(source, sink)
    rcf.extra = f'consumer_arn = "{consumer["ConsumerARN"]}"'
    for part in range(3):
        times = range(part * COUNT, (part + 1) * COUNT)
        (put_packed if part == 1 else put)(client, source, times)
        # Each time but the last it dies after a checkpoint or two, with results that it must
        # repeat.
        with rcf.start(every_records=70) as run:
            count = (part + 1) * COUNT * len(KEYS)
            wait_until(lambda: run.assert_running() and len(by_id(reader.read())) >= count, "all")
            if part < 2:
                run.kill()
            else:
                run.terminate()
                run.wait_for_success()

    # Each key's records in their order, from one model.
    for key in KEYS:
        lines = [json.loads(data) for data in by_id(reader.read()).values()]
        lines = sorted((it for it in lines if it["key"] == key), key=updates)
        assert [updates(it) for it in lines] == list(range(1, 3 * COUNT + 1))
        values = [producer.sine(t)["value"] for t in range(3 * COUNT)]
        assert [it["value"][0] for it in lines] == values

    reference = stream("reference")
    program(source, reference).run_to_tip()
    assert by_id(Reader(reference).read()) == by_id(reader.read())


def updates(line: dict) -> int:
    return line["model"]["updates"]


def status(client, consumer) -> str:
    answer = client.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])
    return answer["ConsumerDescription"]["ConsumerStatus"]


def put(client, source, times) -> None:
    for key in KEYS:
        producer.put(client, source.name, key, times)


def put_packed(client, source, times) -> None:
    packer = RecordAggregator()
    for t in times:
        for key in KEYS:
            packer.add_user_record(key, json.dumps(producer.sine(t)).encode())
    key, _, data = packer.clear_and_get().get_contents()
    client.put_record(StreamName=source.name, PartitionKey=key, Data=data)
