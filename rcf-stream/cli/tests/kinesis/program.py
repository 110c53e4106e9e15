"""The program under test: `rcf` as users start it, with a configuration file."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from emulator import REGION
from streams import wait_until

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}

CONFIG = """
[source]
kind = "kinesis"
stream = "{source}"
region = "{region}"
endpoint_url = "{url}"
max_records = {max_records}
follow = {follow}
{extra}

[input]
{input}

{models}

[sink]
kind = "kinesis"
stream = "{sink}"
region = "{region}"
endpoint_url = "{url}"

[checkpoint]
directory = "{checkpoints}"
every_records = {every_records}
"""

MODELS = """
[detector]
enabled = false

[forest]
shingle_size = 1
sample_size = 628
seed = 7
"""

# How the records of the two producers are read.
JSON = 'format = "json"\nvalues = ["value"]'
RAW = 'format = "raw"'


def environment(**variables: str) -> dict[str, str]:
    """Ours without settings of `rcf`, and with all that a client of the emulator needs."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("RCF_")}
    regions = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    return {**inherited, **CREDENTIALS, **regions, **variables}


class Program:
    """A place where `rcf` runs from stream to stream, again and again."""

    def __init__(
        self, binary: Path, url: str, folder: Path, source: str, sink: str, input: str
    ) -> None:
        self.binary = binary
        self.url = url
        self.folder = folder
        self.source = source
        self.sink = sink
        self.input = input
        self.models = MODELS
        self.extra = ""  # further settings of the source
        self.checkpoints: Path | str = folder / "checkpoints"
        self.variables: dict[str, str] = {}
        self.log = folder / "rcf.log"
        folder.mkdir(parents=True)

    def start(
        self, *, follow: bool = True, max_records: int = 10_000, every_records: int = 300
    ) -> Run:
        config = self.folder / "rcf.toml"
        text = CONFIG.format(
            source=self.source,
            sink=self.sink,
            input=self.input,
            models=self.models,
            region=REGION,
            url=self.url,
            checkpoints=self.checkpoints,
            follow=str(follow).lower(),
            extra=self.extra,
            max_records=max_records,
            every_records=every_records,
        )
        config.write_text(text)
        command = [str(self.binary), "run", "--config", str(config)]
        return Run(command, self.log, **self.variables)

    def run_to_tip(self) -> None:
        """Runs once over everything there is."""
        with self.start(follow=False) as run:
            run.wait_for_success()

    def has_checkpoint(self) -> bool:
        return any(Path(self.checkpoints).glob("*/*/manifests/*.rcf"))


class Run:
    """One process. `with` makes sure that it does not outlive the test."""

    def __init__(self, command: list[str], log: Path, **variables: str) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=environment(RUST_BACKTRACE="1", **variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """`kill -9`: the process gets no chance to do anything."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def assert_running(self) -> bool:
        assert self.process.poll() is None, self.report()
        return True

    def wait_for_success(self, seconds: float = 60) -> None:
        wait_until(lambda: self.process.poll() is not None, "rcf has stopped", seconds)
        assert self.process.returncode == 0, self.report()

    def report(self) -> str:
        text = self.log.read_text(errors="replace")
        return f"rcf stopped with status {self.process.returncode}:\n{text[-4000:]}"
