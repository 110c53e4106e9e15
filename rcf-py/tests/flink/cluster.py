"""A standalone Flink cluster on this machine alone, from the package apache-flink."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import pyflink
import yaml

HOME = pathlib.Path(pyflink.__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """One JobManager and any number of TaskManagers, all children of this process, all on 127.0.0.1."""

    def __init__(self, folder: pathlib.Path, slots: int = 1) -> None:
        self.folder = folder
        self.rest_port = free_port()
        self.processes: list[subprocess.Popen[bytes]] = []
        settings = {
            "jobmanager": {
                "rpc": {"address": "127.0.0.1", "port": free_port()},
                "bind-host": "127.0.0.1",
                "memory": {"process": {"size": "1024m"}},
            },
            "taskmanager": {
                "host": "127.0.0.1",
                "bind-host": "127.0.0.1",
                "numberOfTaskSlots": slots,
                "memory": {"process": {"size": "1280m"}},
            },
            "rest": {"address": "127.0.0.1", "bind-address": "127.0.0.1", "port": self.rest_port},
            "heartbeat": {"interval": 1000, "timeout": 5000},
            "execution": {"checkpointing": {"dir": (folder / "checkpoints").as_uri()}},
            "env": yaml.safe_load((HOME / "conf/config.yaml").read_text())["env"],
        }
        self.conf = folder / "conf"
        self.conf.mkdir(parents=True)
        (self.conf / "config.yaml").write_text(yaml.safe_dump(settings))

    def start(self, role: str) -> subprocess.Popen[bytes]:
        """Start a JobManager or a TaskManager, the leader of a new process group."""
        log = self.folder / f"{role}-{len(self.processes)}.log"
        path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(HOME / "bin" / f"{role}.sh"), "start-foreground"],  # which ends in `exec java`
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "FLINK_CONF_DIR": str(self.conf), "PATH": path},
            )  # fmt: skip
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """End every process that was started, Python workers included."""
        for process in self.processes:
            kill_group(process)

    def rest(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request to the JobManager, with an optional body."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.rest_port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def wait_for(self, what: str, condition, seconds: float = 120) -> Any:
        """Wait until the condition holds; whatever it raises of the network means not yet."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if result := condition():
                    return result
            except OSError:
                pass
            time.sleep(0.2)
        raise TimeoutError(f"after {seconds} s still not so: {what}; logs are in {self.folder}")

    def wait_for_slots(self, slots: int) -> None:
        self.wait_for(f"{slots} free slots", lambda: self.rest("/overview")["slots-available"] >= slots)

    def submit(self, script: pathlib.Path, *arguments: object, savepoint: str | None = None) -> str:
        """Start the job that a script describes, as ``flink run`` does it, and give its id."""
        python = sys.executable
        run = subprocess.run(
            [str(HOME / "bin/flink"), "run", "--detached", "--jobmanager", f"127.0.0.1:{self.rest_port}",
             "--pyExecutable", python, "--pyClientExecutable", python,
             *(["--fromSavepoint", savepoint] if savepoint else []),
             "--python", str(script), *map(str, arguments)],
            capture_output=True, text=True, timeout=180, check=False,
            env={**os.environ, "FLINK_CONF_DIR": str(self.conf), "FLINK_LOG_DIR": str(self.folder)},
        )  # fmt: skip
        submitted = re.search(r"submitted with JobID (\w+)", run.stdout)
        assert submitted, run.stdout[-2000:] + run.stderr[-4000:]
        return submitted[1]

    def state(self, job: str) -> str:
        return self.rest(f"/jobs/{job}")["state"]

    def wait_for_end(self, job: str, seconds: float = 240) -> None:
        def ended() -> bool:
            state = self.state(job)
            assert state != "FAILED", json.dumps(self.rest(f"/jobs/{job}/exceptions"))[:3000]
            return state == "FINISHED"

        self.wait_for(f"job {job} has finished", ended, seconds)

    def checkpoints(self, job: str, kind: str = "completed") -> int:
        """How many checkpoints were "completed", or "restored" from."""
        return self.rest(f"/jobs/{job}/checkpoints")["counts"][kind]

    def wait_for_checkpoints(self, job: str, number: int, kind: str = "completed") -> None:
        """Wait for this many more checkpoints."""
        number += self.checkpoints(job, kind)
        self.wait_for(f"{number} checkpoints {kind}", lambda: self.checkpoints(job, kind) >= number)

    def stop_with_savepoint(self, job: str) -> str:
        """Where the state of the job is kept that was stopped after the last record it took."""
        target = (self.folder / "savepoints").as_uri()
        request = self.rest(f"/jobs/{job}/stop", {"targetDirectory": target, "drain": False})["request-id"]

        def done() -> Any:
            answer = self.rest(f"/jobs/{job}/savepoints/{request}")
            return answer["status"]["id"] == "COMPLETED" and answer["operation"]

        operation = self.wait_for("the savepoint is written", done)
        assert "location" in operation, operation
        return operation["location"]


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of a process and of the Python workers that it has started.

    A Python worker outlives a TaskManager that was killed: its group is what finds it again.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
