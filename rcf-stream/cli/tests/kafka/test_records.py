"""Keys, tombstones, headers, timestamps and bad records."""

from __future__ import annotations

from results import assert_complete, once


def test_keys_tombstones_and_bad_records(topic, program) -> None:
    source, sink, dead = topic("mixed", 2), topic("scores", 1), topic("dead", 1)
    source.put(
        [
            ("a", {"value": 1}),
            (None, {"value": 2}),
            ("a", None),
            (b"\xff\x00", {"value": 3}),
            ("b", b"not JSON"),
            ("b", {"value": 4}),
        ],
        partition=1,
    )
    rcf = program(source, sink)
    rcf.settings["input_extra"] = 'on_bad_record = "dead_letter"'
    rcf.settings["extra"] = (
        f'[dead_letters]\nkind = "kafka"\nbrokers = ["{source.broker.address}"]\n'
        f'topic = "{dead.name}"\n'
    )
    run = rcf.run_to_tip()
    results = sink.read()
    assert [(it.key, it.json["key"], it.json["value"]) for it in results] == [
        ("a", "a", [1]),
        (None, "", [2]),
        ("0xff00", "0xff00", [3]),
        ("b", "b", [4]),
    ]
    assert results[0].json["timestamp"] is not None
    assert [it.json["data"] for it in dead.read()] == ["not JSON"]
    assert [it.json["id"] for it in dead.read()] == [f"{source.name}/1/4"]
    text = run.text()
    assert "tombstones=1" in text and "represented by their bytes in hexadecimal" in text, text

    # Nothing is read twice by the next run, the tombstone at least left out again.
    source.put([("a", {"value": 5})], partition=1)
    rcf.run_to_tip()
    assert [it.json["value"] for it in sink.read()] == [[1], [2], [3], [4], [5]]
    found = once(sink.read())
    found[f"{source.name}/1/4"] = b""  # the bad one
    assert_complete(found, source)


def test_latest_begins_after_the_newest_and_reads_added_partitions_whole(topic, program) -> None:
    source, sink = topic("values", 1), topic("scores", 1)
    source.put([("a", {"value": 1})])
    rcf = program(source, sink)
    rcf.settings["source_extra"] = 'start = "latest"'
    with rcf.start(follow=False) as run:
        assert run.wait_for_end() == 1, run.report()
    assert "the source has no record that could be used" in run.text()
    assert sink.read() == []
    source.grow_to(2)
    source.put([("a", {"value": 2})], partition=0)
    source.put([("a", {"value": 3})], partition=1)
    rcf.run_to_tip()
    assert sorted(it.json["value"] for it in sink.read()) == [[2], [3]]


def test_offsets_of_another_program_are_not_taken_for_ours(topic, program) -> None:
    from confluent_kafka import Consumer, TopicPartition

    source, sink = topic("values", 1), topic("scores", 1)
    source.put([("a", {"value": number}) for number in range(10)])
    rcf = program(source, sink)
    rcf.run_to_tip()
    other = Consumer({
        "bootstrap.servers": source.broker.address,
        "group.id": rcf.settings["group"],
    })
    other.commit(offsets=[TopicPartition(source.name, 0, 5)], asynchronous=False)
    other.close()
    with rcf.start(follow=False) as run:
        assert run.wait_for_end() == 1, run.report()
    assert "was set by another program" in run.text()
    assert 'on_missing_state: "previous"' in run.text()
    reset = 'on_missing_state = "reset"'
    rcf.run_to_tip(extra=reset)
    assert [it.json["model"]["updates"] for it in sink.read()] == [*range(1, 11), *range(1, 6)]


def test_headers_are_forwarded_to_results_and_dead_letters(topic, program) -> None:
    source, sink, dead = topic("traced"), topic("scores"), topic("dead")
    traced = (("trace", b"\x00\xff"), ("other", b"o"), ("trace", None), ("rcf.id", b"mine"))
    source.put([("a", {"value": 1}), ("b", b"not JSON")], headers=traced)
    source.put([("c", {"value": 2})])
    rcf = program(source, sink)
    rcf.settings["source_extra"] = 'headers = ["trace", "tenant"]'
    rcf.settings["input_extra"] = 'on_bad_record = "dead_letter"'
    rcf.settings["extra"] = (
        f'[dead_letters]\nkind = "kafka"\nbrokers = ["{source.broker.address}"]\n'
        f'topic = "{dead.name}"\n'
    )
    rcf.run_to_tip()
    first, second = sink.read()
    trace = (("trace", b"\x00\xff"), ("trace", None))
    assert first.headers == (("rcf.id", f"{source.name}/0/0".encode()), *trace)
    assert second.headers == (("rcf.id", f"{source.name}/0/2".encode()),)
    assert [it.headers[1:] for it in dead.read()] == [trace]

    # All of them, but for the id.
    source.put([("d", {"value": 3})], headers=traced)
    rcf.settings["source_extra"] = 'headers = ["*"]'
    rcf.run_to_tip()
    assert sink.read()[2].headers[1:] == traced[:3]


def test_a_header_is_the_key(topic, program) -> None:
    source, sink = topic("by-header"), topic("scores")
    for device, value in (("a", 1), ("b", 2), ("a", 3)):
        source.put([("k", {"value": value})], headers=(("device", device.encode()),))
    source.put([("k", {"value": 4})])
    rcf = program(source, sink)
    rcf.settings["source_extra"] = 'key_header = "device"'
    rcf.settings["input_extra"] = 'on_bad_record = "skip"'
    run = rcf.run_to_tip()
    found = [(it.key, it.json["key"], it.json["model"]["updates"]) for it in sink.read()]
    assert found == [("a", "a", 1), ("b", "b", 1), ("a", "a", 2)]
    assert 'no header "device" with a value (source.key_header)' in run.text(), run.text()

    # Models of other keys are not continued.
    rcf.settings["source_extra"] = ""
    with rcf.start(follow=False) as run:
        assert run.wait_for_end() == 1, run.report()
    assert 'source.key_header was "device" and is now not set' in run.text(), run.text()
