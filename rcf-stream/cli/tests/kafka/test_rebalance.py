"""Programs of one group come and go, and partitions are added: each model follows its partition."""

from __future__ import annotations

import threading
import time

from results import assert_complete, assert_equal, once, values
from waiting import wait_until


def test_partitions_move_between_programs(topic, program) -> None:
    source, sink = topic("values", 4), topic("scores", 2)
    rcf = program(source, sink)
    rcf.settings["every_records"] = "100"
    rcf.settings["every_seconds"] = "0.5"
    rcf.settings["extra"] = "[operator]\nmemory_mib = 1\n"  # some models are always spilled
    stop = threading.Event()
    counted = []

    def produce() -> None:
        number = 0
        while not stop.is_set():
            source.put(values(100, 9, seed=number))
            number += 1
            time.sleep(0.1)
        counted.append(100 * number)

    producing = threading.Thread(target=produce)
    producing.start()
    try:
        with rcf.start("a", max_records="50") as a:
            assigned(a, 4)
            with rcf.start("b", max_records="50") as b:
                assigned(b, 2)
                with rcf.start("c", max_records="50") as c:
                    assigned(c, 1)
                    time.sleep(1)
                    c.terminate()  # gives its partitions back
                    c.wait_for_success()
                    time.sleep(1)
                b.kill()  # the group notices when its session ends
                wait_until(
                    lambda: a.assert_running() and a.text().count("a shard was assigned") >= 6,
                    "a has all partitions again",
                )
                time.sleep(1)
            stop.set()
            producing.join(timeout=60)
            a.terminate()
            a.wait_for_success()
    finally:
        stop.set()
        producing.join(timeout=60)
    rcf.run_to_tip()
    # Where b left a transaction open, consumers see what comes after it once its time is over.
    wait_until(lambda: len(sink.read()) >= counted[0], "the transaction of b has ended", 60)

    results = once(sink.read())
    assert_complete(results, source)
    assert len(results) == counted[0]
    reference = topic("reference", 1)
    program(source, reference).run_to_tip()
    assert_equal(results, once(reference.read()))


def test_a_key_of_an_added_partition_begins_a_new_model(topic, program) -> None:
    source, sink = topic("values", 2), topic("scores", 1)
    rcf = program(source, sink)
    refresh = ', "topic.metadata.refresh.interval.ms=500"'
    with rcf.start(options=refresh) as run:
        source.put(values(1_000, 8))
        wait_until(lambda: run.assert_running() and len(sink.read()) == 1_000, "all are scored")
        source.grow_to(3)
        source.put(values(1_000, 8, seed=2))
        wait_until(lambda: run.assert_running() and len(sink.read()) == 2_000, "all are scored")
        run.terminate()
        run.wait_for_success()
    assert "the partition is new to the group" in run.text()

    most: dict[tuple[str, str], int] = {}
    for result in (message.json for message in sink.read()):
        model = result["key"], result["shard"]
        most[model] = max(most.get(model, 0), result["model"]["updates"])
    assert any(shard == "2" for _, shard in most)
    for key in {key for key, _ in most}:
        learned = sorted(count for (of, _), count in most.items() if of == key)
        # It has stayed, or it has moved and begun a new model there.
        assert learned in ([250], [125, 125]), (key, most)
    assert_complete(once(sink.read()), source)


def assigned(run, count: int) -> None:
    def is_assigned() -> bool:
        run.assert_running()
        return run.text().count("a shard was assigned") >= count

    wait_until(is_assigned, f"{count} partitions are assigned", 60)
