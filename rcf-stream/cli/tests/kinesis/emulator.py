"""Starts and stops emulators of Kinesis and S3 on 127.0.0.1."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import botocore.exceptions

REGION = "us-east-1"
GUARD = Path(__file__).parent / "emulator" / "guard.cjs"


class Emulator:
    """A running emulator. The caller that starts it has to stop it; `with` does."""

    def __init__(self, package: Path, log: Path) -> None:
        port, tls_port = free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        settings = {
            "KINESIS_MOCK_PLAIN_PORT": str(port),
            "KINESIS_MOCK_TLS_PORT": str(tls_port),
            "AWS_REGION": REGION,
            "LOG_LEVEL": "WARN",
        }
        # Shorter pauses where the real service takes its time.
        for change in ("CREATE_STREAM", "SPLIT_SHARD", "MERGE_SHARDS"):
            settings[f"{change}_DURATION"] = "50ms"
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            ["node", "-r", str(GUARD), "main.js"],
            cwd=package,  # it looks for its certificate in the working directory
            env={**os.environ, **settings},
            stdin=subprocess.PIPE,  # its end signals the emulator that this process has exited
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Emulator:
        try:
            self._wait_until_healthy(seconds=60)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._log.close()

    def _wait_until_healthy(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/healthcheck", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError(f"the emulator did not start:\n{self.log.read_text(errors='replace')}")


class Bucket:
    """A bucket of an S3 emulator that takes conditional writes. `with` stops the emulator."""

    def __init__(self, log: Path) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.name = "checkpoints"
        self._log = log.open("wb")
        # `timeout` ends it even if we are killed.
        server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        self._process = subprocess.Popen(
            ["timeout", "600", *server], stdout=self._log, stderr=subprocess.STDOUT
        )
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.client = boto3.client("s3", region_name=REGION, endpoint_url=self.url, **keys)

    def __enter__(self) -> Bucket:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.client.create_bucket(Bucket=self.name)
                return self
            except botocore.exceptions.EndpointConnectionError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nothing listens."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for candidate in sockets:
            candidate.bind(("127.0.0.1", 0))
        return [candidate.getsockname()[1] for candidate in sockets]
    finally:
        for candidate in sockets:
            candidate.close()
