"""A service that goes away for a while delays results and costs none."""

from __future__ import annotations

import producer
from proxy import Proxy
from results import assert_complete, by_id
from streams import Reader, wait_until

COUNT = 600


def test_an_outage_is_waited_out(emulator, client, stream, program) -> None:
    source, sink = stream("cut"), stream("scores")
    producer.put(client, source.name, "key", range(COUNT))
    reader = Reader(sink)
    with Proxy(emulator.url) as proxy:
        rcf = program(source, sink)
        rcf.url = proxy.url
        with rcf.start(follow=False, max_records=20) as run:
            for results in (100, 300):
                wait_until(lambda: run.assert_running() and len(reader.read()) >= results, "go")
                proxy.cut()
                refused = proxy.refused
                wait_until(lambda: run.assert_running() and proxy.refused >= refused + 3, "tries")
                proxy.mend()
            run.wait_for_success()
    done = reader.read()
    results = by_id(done)
    assert_complete(results, source)
    # What was put when its answer was cut off comes twice; nothing else does.
    assert len(done) - len(results) <= 2 * 500
