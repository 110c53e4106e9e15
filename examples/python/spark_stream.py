"""Scores of a stream in Apache Spark: a model for each key in transformWithStateInPandas.

    pip install "pyspark>=4" pandas pyarrow protobuf; pip install ./rcf-py
    python examples/python/spark_stream.py

The state of a key is the saved forest, read at the start of each micro-batch and written at its end: with
the state store on RocksDB it commits together with the position of the stream. Prints whether the scores
equal those of a forest that knows nothing of Spark.
"""

import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.streaming import StatefulProcessor, StatefulProcessorHandle

import rcf

PARAMETERS = {"shingle_size": 4, "sample_size": 64, "seed": 7}


class Scores(StatefulProcessor):
    """One forest for each key."""

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Ask for the state."""
        self.state = handle.getValueState("forest", "forest BINARY")

    def handleInputRows(  # noqa: N802
        self,
        key: Any,
        rows: Iterator[pd.DataFrame],
        timerValues: Any,  # noqa: N803
    ) -> Iterator[pd.DataFrame]:
        """Score and learn the rows of a key that came with a micro-batch, in their order."""
        saved = self.state.get() if self.state.exists() else None
        forest = rcf.RandomCutForest.from_bytes(saved[0]) if saved else rcf.RandomCutForest(**PARAMETERS)
        batch = pd.concat(rows).sort_values("time")
        scores = forest.process(batch["value"])
        self.state.update((forest.to_bytes(),))
        yield pd.DataFrame({"key": key[0], "time": batch["time"], "score": scores})

    def close(self) -> None:
        """Nothing to close."""


def main() -> None:
    """Stream three files of two keys, one in each micro-batch."""
    table = pd.DataFrame({"time": np.arange(900), "key": np.where(np.arange(900) % 2, "a", "b")})
    table["value"] = np.sin(table["time"] / 10)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what the workers run
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "in")
        source.mkdir()
        for number in range(3):
            part = table.iloc[300 * number : 300 * (number + 1)]
            part.to_json(source / f"{number}.json", orient="records", lines=True)
        spark = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .config(
                "spark.sql.streaming.stateStore.providerClass",
                "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
            )
            .getOrCreate()
        )
        rows = spark.readStream.schema("time LONG, key STRING, value DOUBLE").option("maxFilesPerTrigger", 1)
        scored = (
            rows.json(str(source))
            .groupBy("key")
            .transformWithStateInPandas(
                Scores(), "key STRING, time LONG, score DOUBLE", outputMode="Append", timeMode="None"
            )
        )
        query = scored.writeStream.format("memory").queryName("scores").outputMode("append")
        query.option("checkpointLocation", str(pathlib.Path(folder, "checkpoint")))
        query.trigger(availableNow=True).start().awaitTermination()
        result = spark.sql("SELECT * FROM scores").toPandas().sort_values(["key", "time"])
        spark.stop()
    expected = [
        score
        for _, rows in table.groupby("key")
        for score in rcf.RandomCutForest(**PARAMETERS).process(rows["value"])
    ]
    print(f"{len(result)} scores, equal to a plain forest's: {result['score'].tolist() == expected}")


if __name__ == "__main__":
    main()
