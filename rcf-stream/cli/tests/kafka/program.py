"""The program under test: `rcf` as users start it, with a configuration file."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from waiting import wait_until

CONFIG = """
[source]
kind = "kafka"
brokers = ["{brokers}"]
topic = "{source}"
group = "{group}"
follow = {follow}
max_records = {max_records}
options = ["session.timeout.ms=6000", "heartbeat.interval.ms=500"{options}]
{source_extra}

[input]
format = "json"
{values}
{input_extra}

{models}

[sink]
kind = "kafka"
brokers = ["{brokers}"]
topic = "{sink}"
{sink_extra}

[checkpoint]
directory = "{checkpoints}"
every_records = {every_records}
every_seconds = {every_seconds}
{extra}
"""

MODELS = """
[detector]
enabled = false

[forest]
sample_size = 128
number_of_trees = 20
seed = 7
"""


def environment(**variables: str) -> dict[str, str]:
    """Ours without settings of `rcf`."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("RCF_")}
    return {**inherited, **variables}


class Program:
    """A place where `rcf` runs from topic to topic, again and again, in one process or several."""

    def __init__(self, binary: Path, brokers: str, folder: Path, source: str, sink: str) -> None:
        self.binary = binary
        self.folder = folder
        self.settings = {
            "brokers": brokers,
            "source": source,
            "sink": sink,
            "group": f"rcf-{source}-{sink}",
            "checkpoints": str(folder / "checkpoints"),
            "max_records": "10000",
            "every_records": "300",
            "every_seconds": "1",
            "options": "",
            "source_extra": "",
            "values": 'values = ["value"]',
            "models": MODELS,
            "input_extra": "",
            "sink_extra": "",
            "extra": "",
        }
        folder.mkdir(parents=True)

    def start(self, name: str = "rcf", *, follow: bool = True, **settings: str) -> Run:
        config = self.folder / f"{name}.toml"
        values = {**self.settings, "follow": str(follow).lower(), **settings}
        config.write_text(CONFIG.format(**values))
        command = [str(self.binary), "run", "--config", str(config)]
        return Run(command, self.folder / f"{name}.log")

    def run_to_tip(self, **settings: str) -> Run:
        """Runs once over everything there is."""
        with self.start(follow=False, **settings) as run:
            run.wait_for_success(120)
        return run


class Run:
    """One process. `with` makes sure that it does not outlive the test."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                ["timeout", "--foreground", "--signal=KILL", "1800", *command],
                env=environment(RUST_BACKTRACE="1"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """`kill -9`: the process gets no chance to do anything."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> None:
        """One signal, which `timeout` hands on: a second one would stop `rcf` at once."""
        if self.process.poll() is None:
            self.process.terminate()

    def pause(self, seconds: float) -> None:
        """Stops the process for a while, as a machine that is suspended does."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.killpg(self.process.pid, signal.SIGCONT)

    def assert_running(self) -> bool:
        assert self.process.poll() is None, self.report()
        return True

    def wait_for_success(self, seconds: float = 60) -> None:
        assert self.wait_for_end(seconds) == 0, self.report()

    def wait_for_end(self, seconds: float = 60) -> int:
        wait_until(lambda: self.process.poll() is not None, "rcf has stopped", seconds)
        return self.process.returncode

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def report(self) -> str:
        return f"rcf stopped with status {self.process.returncode}:\n{self.text()[-4000:]}"
