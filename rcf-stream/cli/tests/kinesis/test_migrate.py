"""From the description of a retired SQL application to its running replacement."""

from __future__ import annotations

import json
import random
import subprocess
import time
from pathlib import Path

from emulator import REGION
from program import Run, environment
from streams import read_all

SQL = Path(__file__).parents[4] / "docs" / "guide" / "data" / "app.sql"


def description(source: str, sink: str) -> str:
    """As `aws kinesisanalyticsv2 describe-application` prints it, but for what does not matter."""
    arn = f"arn:aws:kinesis:{REGION}:123456789012:stream/"
    column = lambda name, kind: {"Name": name, "Mapping": f"$.{name}", "SqlType": kind}
    return json.dumps({"ApplicationDetail": {"ApplicationConfigurationDescription": {
        "SqlApplicationConfigurationDescription": {
            "InputDescriptions": [{
                "InAppStreamNames": ["SOURCE_SQL_STREAM_001"],
                "KinesisStreamsInputDescription": {"ResourceARN": arn + source},
                "InputSchema": {
                    "RecordFormat": {"RecordFormatType": "JSON"},
                    "RecordColumns": [column("heartRate", "INTEGER"), column("rateType", "VARCHAR(16)")],
                },
            }],
            "OutputDescriptions": [{
                "Name": "DESTINATION_SQL_STREAM",
                "KinesisStreamsOutputDescription": {"ResourceARN": arn + sink},
                "DestinationSchema": {"RecordFormatType": "JSON"},
            }],
        },
        "ApplicationCodeConfigurationDescription": {
            "CodeContentDescription": {"TextContent": SQL.read_text()},
        },
    }}})


def test_the_replacement_runs(client, stream, emulator, binary: Path, tmp_path: Path) -> None:
    source, sink = stream("hearts"), stream("rates")
    numbers = random.Random(1)
    rates = [(numbers.randint(60, 100), "NORMAL") for _ in range(500)]
    rates[450] = (190, "HIGH")
    records = [
        {"Data": json.dumps({"heartRate": rate, "rateType": kind}).encode(), "PartitionKey": "k"}
        for rate, kind in rates
    ]
    client.put_records(StreamName=source.name, Records=records)

    begin = time.monotonic()
    app = tmp_path / "app.json"
    app.write_text(description(source.name, sink.name))
    migrated = subprocess.run(
        [str(binary), "migrate", "kda-sql", str(app)],
        env=environment(), capture_output=True, text=True, check=True,
    )
    assert "not carried over: line 8: ORDER BY" in migrated.stderr
    assert migrated.stderr.count("\n") == 1
    config = tmp_path / "rcf.toml"
    config.write_text(migrated.stdout)
    command = [str(binary), "run", "--config", str(config), "--source-follow", "false"]
    command += ["--checkpoint-directory", str(tmp_path / "state")]
    with Run(command, tmp_path / "rcf.log", AWS_ENDPOINT_URL_KINESIS=emulator.url) as run:
        run.wait_for_success()
    print(f"from the description to all results: {time.monotonic() - begin:.1f} s")

    rows = [put.json for put in read_all(sink)]
    assert [list(row) for row in rows] == [["heartRate", "kind", "ANOMALY_SCORE"]] * 500
    assert [(row["heartRate"], row["kind"]) for row in rows] == rates, "as they came"
    assert rows[0]["ANOMALY_SCORE"] == 0.0
    scores = [row["ANOMALY_SCORE"] for row in rows]
    assert scores.index(max(scores)) == 450
