"""`kill -9` of the program and of the broker loses nothing, repeats nothing and changes nothing."""

from __future__ import annotations

import os
import threading
import time

from results import assert_complete, assert_equal, by_id, once, values
from waiting import wait_until

KILLS = int(os.environ.get("KAFKA_TEST_KILLS", "3"))
JOINS = int(os.environ.get("KAFKA_TEST_JOINS", "3"))
BROKER_KILLS = int(os.environ.get("KAFKA_TEST_BROKER_KILLS", "1"))
# Records come while programs die, this many between two kills.
PER_KILL = 600
# Its own name ends the transaction of a killed program at the next start, and another one its
# membership of the group; otherwise both end with their timeout.
OWN_NAME = 'options = ["transactional.id=killed"]'
OWN_MEMBER = ', "group.instance.id=killed"'


def test_results_come_exactly_once(broker, topic, program) -> None:
    source, sink = topic("values", 3), topic("scores", 2)
    rcf = program(source, sink)
    rcf.settings["sink_extra"] = OWN_NAME
    rcf.settings["options"] = OWN_MEMBER
    rcf.settings["every_records"] = "100"
    count = PER_KILL * (KILLS + BROKER_KILLS + 1)
    producing = threading.Thread(target=produce, args=(source, count))
    producing.start()
    broker_kills = {KILLS * (number + 1) // (BROKER_KILLS + 1) for number in range(BROKER_KILLS)}
    for number in range(KILLS):
        goal = PER_KILL * number + 100 * (number % 4)
        with rcf.start(max_records="40") as run:
            wait_for_offsets(rcf, source, run, goal)
            if number in broker_kills:
                broker.kill()
                time.sleep(0.5)
                broker.start()
                wait_for_offsets(rcf, source, run, goal + PER_KILL // 2)
            time.sleep(0.013 * (number % 7))  # at another moment of the checkpoint
            run.kill()
    producing.join(timeout=120)
    assert not producing.is_alive()
    # All of these may have come right after a checkpoint; the next one comes before its first.
    source.put(values(200, 7, seed=1))
    with rcf.start(every_records="1000000", every_seconds="1000") as run:
        wait_until(
            lambda: run.assert_running() and aborted(sink) > 0, "results before a checkpoint"
        )
        run.kill()
    rcf.run_to_tip()

    results = once(sink.read())
    assert_complete(results, source)
    print(f"{len(results)} results, {aborted(sink)} more in transactions that do not count")
    assert aborted(sink) > 0

    reference = topic("reference", 1)
    program(source, reference).run_to_tip()
    assert_equal(results, once(reference.read()))


def test_without_transactions_repeats_are_equal(topic, program) -> None:
    source, sink = topic("values", 2), topic("scores", 1)
    rcf = program(source, sink)
    rcf.settings["sink_extra"] = 'delivery = "at_least_once"'
    rcf.settings["options"] = OWN_MEMBER
    source.put(values(2_000, 5))
    with rcf.start(max_records="50", every_records="1500", every_seconds="100") as run:
        # One checkpoint at most, and some results after it.
        wait_until(lambda: run.assert_running() and len(by_id(sink.read())[0]) > 1_000, "results")
        run.kill()
    rcf.run_to_tip()
    results, repeated = by_id(sink.read())
    print(f"{len(results)} results, {repeated} repeated")
    assert repeated > 0, "the kill came right after a checkpoint and proved nothing"
    assert_complete(results, source)
    reference = topic("reference", 1)
    program(source, reference).run_to_tip()
    assert_equal(results, once(reference.read()))


def test_a_member_that_lost_its_partitions_joins_again(topic, program) -> None:
    source, sink = topic("values", 2), topic("scores", 1)
    rcf = program(source, sink)
    rcf.settings["options"] = ', "session.timeout.ms=1500"'
    source.put(values(200, 5))
    # It learns of the loss from the group: no checkpoint is due that would fail first.
    with rcf.start(every_records="200", every_seconds="100") as run:
        wait_for_offsets(rcf, source, run, 200)
        run.pause(4)
        source.put(values(200, 5, seed=2))
        wait_for_offsets(rcf, source, run, 400)
        assert "the partitions of the topic" in run.text(), run.text()
        run.terminate()
        run.wait_for_success()
    assert_complete(once(sink.read()), source)


def test_a_broker_is_killed_while_the_program_joins(broker, topic, program) -> None:
    source, sink = topic("values", 3), topic("scores", 2)
    rcf = program(source, sink)
    rcf.settings["sink_extra"] = OWN_NAME
    rcf.settings["options"] = OWN_MEMBER
    rcf.settings["every_records"] = "100"
    for number in range(JOINS):
        source.put(values(600, 7, seed=number))
        with rcf.start(max_records="40") as run:
            # From the request to join up to the first commits.
            time.sleep(1.2 * number / JOINS)
            broker.kill()
            time.sleep(0.5)
            broker.start()
            wait_for_offsets(rcf, source, run, 600 * number + 300, seconds=60)
            run.kill()
    rcf.run_to_tip()
    assert_complete(once(sink.read()), source)


def aborted(sink) -> int:
    """How many results belong to transactions that were not committed, or not yet."""
    return len(sink.read("read_uncommitted")) - len(sink.read())


def produce(source, count: int) -> None:
    """Puts records in batches, a little faster than the programs live."""
    records = list(values(count, 7))
    for start in range(0, count, 200):
        source.put(records[start : start + 200])
        time.sleep(0.1)


def wait_for_offsets(rcf, source, run, goal: int, seconds: float = 120) -> None:
    """Wait until the group has committed this many records."""
    group = rcf.settings["group"]
    deadline = time.monotonic() + seconds
    while sum(max(0, it) for it in source.offsets(group).values()) < goal:
        run.assert_running()
        assert time.monotonic() < deadline, f"{goal} records are not committed:\n{run.text()}"
        time.sleep(0.02)
