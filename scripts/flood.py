"""Holds 10,000 connections to `rcf run`, reads answers slowly, and sends headers without end.

The number of records per second of the program's processor time is compared with calm phases before
and after: wall-clock time would include what this script takes from the same machine.
"""

import os
import re
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IDLE = 10_000
SLOW_READERS = 50
FLOODS = 20
FLOOD = b"x-header: " + b"a" * 90 + b"\r\n"
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n"
STEP = 0.05  # seconds between two looks at all connections
OPENED_A_STEP = 200

COMMAND = ["run", "--source-kind=sine", "--sink-path=/dev/null", "--http-port=0"]
COMMAND += ["--checkpoint-directory=state", "--checkpoint-every-seconds=0.5"]


class Program:
    def __init__(self, binary: str, folder: str) -> None:
        self.folder = Path(folder)
        log = self.folder / "log"
        self._log = log.open("wb")
        self.process = subprocess.Popen([binary, *COMMAND], cwd=folder, stderr=self._log)
        deadline = time.monotonic() + 30
        while not (found := re.search(r"http://127.0.0.1:(\d+)", log.read_text())):
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.stop()
                sys.exit(f"rcf does not listen:\n{log.read_text()}")
            time.sleep(0.05)
        self.port = int(found[1])

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()

    def records(self) -> int:
        """The number of records in the newest checkpoint."""
        for path in self.folder.glob("state/*/*/position.json"):
            if found := re.search(r'"records": (\d+)', path.read_text()):
                return int(found[1])
        return 0

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Attack:
    """All connections of one kind or another; those that the program closes are opened again."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.kinds = {"idle": 0, "slow": 0, "flood": 0}
        self.opened = 0
        self.closed = 0

    def step(self) -> None:
        wanted = {"idle": IDLE, "slow": SLOW_READERS, "flood": FLOODS}
        opened = 0
        for kind, most in wanted.items():
            while self.kinds[kind] < most and opened < OPENED_A_STEP:
                opened += 1
                if not self.open(kind):
                    break
        for key, events in self.selector.select(timeout=0):
            self.serve(key, events)

    def open(self, kind: str) -> bool:
        connection = socket.socket()
        connection.setblocking(False)
        if kind == "slow":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        error = connection.connect_ex(("127.0.0.1", self.port))
        if error not in (0, 115):
            connection.close()
            return False
        events = selectors.EVENT_READ | (0 if kind == "idle" else selectors.EVENT_WRITE)
        self.selector.register(connection, events, [kind, False])
        self.kinds[kind] += 1
        self.opened += 1
        return True

    def serve(self, key: selectors.SelectorKey, events: int) -> None:
        connection, (kind, begun) = key.fileobj, key.data
        try:
            if events & selectors.EVENT_WRITE:
                if not begun:
                    end = b"\r\n" if kind == "slow" else b""
                    connection.send(REQUEST + end)
                    key.data[1] = True
                    if kind == "slow":
                        self.selector.modify(connection, selectors.EVENT_READ, key.data)
                else:
                    connection.send(FLOOD * 10)
            if events & selectors.EVENT_READ and not connection.recv(1):
                self.close(connection, kind)
        except BlockingIOError:
            pass
        except OSError:
            self.close(connection, kind)

    def close(self, connection: socket.socket, kind: str) -> None:
        self.selector.unregister(connection)
        connection.close()
        self.kinds[kind] -= 1
        self.closed += 1


def phase(program: Program, seconds: float, attack: Attack | None) -> tuple[float, float, float]:
    """Records a second of processor time and of the clock, and the most memory."""
    begin = time.monotonic()
    records, processor = program.records(), program.processor_seconds()
    memory = 0.0
    while (now := time.monotonic()) < begin + seconds:
        if attack is not None:
            attack.step()
        memory = max(memory, program.resident_mib())
        if program.process.poll() is not None:
            sys.exit(f"rcf stopped with status {program.process.returncode}")
        time.sleep(max(0.0, STEP - (time.monotonic() - now)))
    records, processor = program.records() - records, program.processor_seconds() - processor
    return records / processor, records / (time.monotonic() - begin), memory


def main() -> None:
    binary, seconds = sys.argv[1], float(sys.argv[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < IDLE + 1_000:
        sys.exit(f"{IDLE} connections need as many descriptors; the limit is {hard}")
    with tempfile.TemporaryDirectory() as folder:
        program = Program(binary, folder)
        try:
            phase(program, 10, None)  # models and samples fill
            calm = phase(program, seconds / 2, None)
            attack = Attack(program.port)
            attacked = phase(program, seconds, attack)
            descriptors, held = program.descriptors(), dict(attack.kinds)
            attack.selector.close()
            again = phase(program, seconds / 2, None)
        finally:
            program.stop()
    for name, (processor, clock, memory) in [
        ("calm", calm),
        ("attacked", attacked),
        ("calm again", again),
    ]:
        print(
            f"{name}: {processor:,.0f} records a second of its processor, {clock:,.0f} of the clock, "
            f"at most {memory:.1f} MiB"
        )
    reference = (calm[0] + again[0]) / 2
    print(f"throughput by processor time: {100 * (attacked[0] / reference - 1):+.1f} %")
    print(f"connections: {held} held, {attack.opened:,} opened, {attack.closed:,} closed by rcf")
    print(f"descriptors of rcf: {descriptors}")


if __name__ == "__main__":
    main()
