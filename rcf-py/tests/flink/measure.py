"""Latency and throughput of rcf.flink by size of bundle, on this machine, as a table.

Ten keys, forests of 50 trees and 256 points, one slot. The latency is that of the operator alone: the
time from one operator in Java before it to one in Java behind it.
"""

import argparse
import pathlib
import tempfile

from cluster import Cluster

JOB = pathlib.Path(__file__).with_name("latency_job.py")
BUNDLES = [(1, 1), (100, 10), (1000, 100), (1000, 1000), (10_000, 1000)]
UNPACED = 1_000_000


def times(folder: pathlib.Path) -> list[tuple[float, float]]:
    lines = (line for file in folder.rglob("part-*") for line in file.read_text().splitlines())
    return sorted(tuple(int(time) / 1000 for time in line.split(",")) for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="records a second for the latency")
    parser.add_argument("--records", type=int, default=20_000, help="records for the throughput")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rcf-flink-"))
    cluster = Cluster(folder)
    try:
        cluster.start("jobmanager")
        cluster.start("taskmanager")
        cluster.wait_for_slots(1)
        print("| bundle: records | ms | latency median, ms | 99 % , ms | records/s | µs a record |")
        print("|---:|---:|---:|---:|---:|---:|")
        for size, milliseconds in BUNDLES:
            paced, fast = (
                run(cluster, folder / f"{size}-{milliseconds}-{rate}", records, rate, size, milliseconds)
                for records, rate in [(options.rate * 10, options.rate), (options.records, UNPACED)]
            )
            late = sorted(arrived - left for left, arrived in paced[len(paced) // 5 :])
            half = fast[len(fast) // 2 :]  # the workers are warm then
            rate = (len(half) - 1) / (half[-1][1] - half[0][1])
            middle, high = (1000 * late[int(len(late) * part)] for part in (0.5, 0.99))
            cells = [f"{size:,}", f"{milliseconds:,}", f"{middle:.0f}", f"{high:.0f}"]
            print(*["", *cells, f"{rate:,.0f}", f"{1e6 / rate:.0f}", ""], sep=" | ", flush=True)
    finally:
        cluster.stop()


def run(cluster: Cluster, out: pathlib.Path, records: int, *arguments: int) -> list[tuple[float, float]]:
    cluster.wait_for_slots(1)
    cluster.wait_for_end(cluster.submit(JOB, out, records, *arguments))
    return times(out)


if __name__ == "__main__":
    main()
