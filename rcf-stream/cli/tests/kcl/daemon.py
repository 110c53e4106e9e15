"""A MultiLangDaemon with `rcf run --multilang` as its children."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

CONFIGURATION = """
[source]
kind = "multilang"
stream = "in"

[input]
format = "raw"

[forest]
sample_size = 64

[sink]
path = "{folder}/out-{{shard}}.jsonl"

[checkpoint]
directory = "{folder}/state"
every_records = 40
every_seconds = 2
"""

PROPERTIES = """
executableName = {rcf} run --multilang --config {folder}/rcf.toml
streamName = in
applicationName = rcf-test
AwsCredentialsProvider = DefaultCredentialsProvider
regionName = us-east-1
initialPositionInStream = LATEST
retrievalMode = POLLING
clientVersionConfig = CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X
metricsLevel = NONE
failoverTimeMillis = 6000
shardSyncIntervalMillis = 2000
parentShardPollIntervalMillis = 1000
idleTimeBetweenReadsInMillis = 250
workerId = {name}
"""


class Daemon:
    """A running daemon. The caller that starts it has to stop it."""

    def __init__(self, name: str, folder: Path, rcf: Path, jars: Path, kinesis: str, dynamodb: str) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        (folder / "rcf.toml").write_text(CONFIGURATION.format(folder=folder))
        properties = folder / f"{name}.properties"
        properties.write_text(PROPERTIES.format(rcf=rcf, folder=folder, name=name))
        settings = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_KINESIS": kinesis,
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
            "AWS_ENDPOINT_URL_CLOUDWATCH": dynamodb,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._log = self.log.open("wb")
        self._process = subprocess.Popen(
            ["java", "-Xmx384m", "-cp", f"{jars}/*", "software.amazon.kinesis.multilang.MultiLangDaemon",
             "--properties-file", str(properties)],
            cwd=folder,
            env={**os.environ, **settings},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        """As `kill -9` does: no child is notified; each sees its pipe close."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def begun(self) -> set[str]:
        """The shards that it has begun to work on."""
        text = self.log.read_text(errors="replace")
        return set(re.findall(r"working on a shard.*(shardId-\d+)", text))

    def is_running(self) -> bool:
        return self._process.poll() is None
