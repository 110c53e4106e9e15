"""SIGTERM ends a run with a checkpoint behind its last result."""

from __future__ import annotations

import time

import producer
from results import assert_complete, by_id
from streams import Reader, wait_until

COUNT = 600


def test_sigterm_leaves_nothing_to_repeat(client, stream, program) -> None:
    source, sink = stream("stopped", 2), stream("scores")
    for key in ("a", "b", "c"):
        producer.put(client, source.name, key, range(COUNT // 3))
    reader = Reader(sink)
    rcf = program(source, sink)
    with rcf.start(max_records=20, every_records=1_000_000) as run:
        wait_until(lambda: run.assert_running() and len(reader.read()) >= 100, "results come")
        assert not rcf.has_checkpoint(), "only the signal can have made the checkpoint below"
        begin = time.monotonic()
        run.terminate()
        run.wait_for_success(seconds=20)
        print(f"stopped after {time.monotonic() - begin:.2f} s")
    done = len(reader.read())
    assert done < COUNT, "the signal came too late to prove anything"
    assert rcf.has_checkpoint()

    rcf.run_to_tip()
    results = by_id(reader.read())
    assert_complete(results, source)
    repeated = len(reader.records) - len(results)
    assert repeated == 0, "a clean stop repeats nothing"
