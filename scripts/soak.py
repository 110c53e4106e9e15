"""Feeds `rcf run` through a pipe as fast as it takes records, and watches it."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

KEYS = 50  # so that each soon sees the 8,000 records after which its samples have settled

CONFIG = """
[source]
kind = "file"
path = "-"
[input]
format = "jsonl"
values = ["x"]
key = "k"
[forest]
number_of_trees = 50
sample_size = 256
shingle_size = 8
seed = 1
[output]
attribution = true
[sink]
path = "/dev/null"
[checkpoint]
directory = "state"
every_seconds = 5
"""


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    program, seconds = sys.argv[1], float(sys.argv[2])
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rcf.toml").write_text(CONFIG)
        command = [program, "run", "--config", "rcf.toml", "--log", "warn"]
        with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE) as run:
            try:
                watch(run, seconds, folder, rate)
            finally:
                run.kill()


def watch(run: subprocess.Popen, seconds: float, folder: str, rate: float | None) -> None:
    sent, stop, waits = [0], threading.Event(), [0.0]

    def feed() -> None:
        pipe = run.stdin
        number, batch = 0, min(2_000, max(1, int(rate / 10))) if rate else 2_000
        started = time.monotonic()
        while not stop.is_set():
            if rate:
                stop.wait(started + number / rate - time.monotonic())
            lines = []
            for _ in range(batch):
                value = (number * 7919 % 1009) / 100 + (number // KEYS) % 48
                lines.append(f'{{"k":"key-{number % KEYS}","x":{value}}}\n')
                number += 1
            begin = time.monotonic()
            pipe.write("".join(lines).encode())  # waits while the pipe is full: back-pressure
            waits[0] = max(waits[0], time.monotonic() - begin)
            sent[0] = number
        pipe.close()

    threading.Thread(target=feed, daemon=True).start()
    begin, points = time.monotonic(), []
    while (now := time.monotonic() - begin) < seconds:
        time.sleep(min(10, seconds / 20))
        if run.poll() is not None:
            sys.exit(f"rcf stopped with status {run.returncode}")
        disk = sum(f.stat().st_size for f in Path(folder, "state").rglob("*") if f.is_file())
        points.append((now, resident_mib(run.pid), sent[0], disk / 2**20))
    stop.set()
    ending = time.monotonic()
    run.wait(timeout=600)  # on a busy machine, what is in pipes and queues takes its time
    ending = time.monotonic() - ending
    # The first fifth fills samples and buffers. Samples have settled after three times the records
    # that the decay remembers; until then trees hold ever more different points.
    steady = points[len(points) // 5 :]
    times = [point[0] for point in steady]
    mean_time = sum(times) / len(times)
    mean = sum(point[1] for point in steady) / len(steady)
    slope = sum((t - mean_time) * (p[1] - mean) for t, p in zip(times, steady)) / sum(
        (t - mean_time) ** 2 for t in times
    )
    per_second = (steady[-1][2] - steady[0][2]) / (steady[-1][0] - steady[0][0])
    print(f"{os.cpu_count()} threads, {KEYS} keys, {seconds:.0f} s, status {run.returncode}")
    print(f"{sent[0]} records, {per_second:.0f} a second; the end took {ending:.1f} s")
    series = [f"{p[0]:.0f} s {p[1]:.0f}" for p in points[:: max(1, len(points) // 12)]]
    print(f"resident memory over time, MiB: {', '.join(series)}")
    print(f"resident memory: mean {mean:.1f} MiB, highest {max(p[1] for p in points):.1f} MiB")
    print(f"slope of resident memory: {slope * 3600:+.2f} MiB an hour")
    print(f"checkpoints on disk: at most {max(p[3] for p in points):.1f} MiB")
    print(f"longest wait of the producer for a batch: {waits[0] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
