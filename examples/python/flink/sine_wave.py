"""The sine wave of the original demonstration, scored by Flink.

A job for one key: the operator of the original with its builder. Run it with the Python that has
``pip install 'rcf[flink]'``, alone (a cluster inside this process) or with ``flink run --python``:

    python examples/python/flink/sine_wave.py [RECORDS]

Prints the record with the highest score of the second half, which lies in the drop.
"""

import math
import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

import rcf.flink

PERIOD = 3_600
"""Records from drop to drop: ten times as often as in the original, so that the job is short."""


def value(number: int) -> float:
    """Give the value of a record: a sine between 0 and 20 that falls to -17 for 19 records."""
    return -17.0 if 241 <= number % PERIOD < 260 else 10 * math.sin(number / 100) + 10


def main() -> None:
    """Build the job and read its results."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 2 * PERIOD
    env = StreamExecutionEnvironment.get_execution_environment(rcf.flink.configuration(sys.executable))
    env.set_parallelism(1)
    operator = (
        rcf.flink.RandomCutForestOperator.builder()
        .dimensions(1)
        .sample_size(628)
        .input_mapper(lambda number: [value(number)])
        .result_mapper(lambda number, score: (number, score))
        .build()
    )
    numbers = env.from_source(
        NumberSequenceSource(0, records - 1), WatermarkStrategy.no_watermarks(), "sine", Types.LONG()
    )
    scores = numbers.key_by(lambda number: 0, Types.INT()).process(
        operator, Types.TUPLE([Types.LONG(), Types.DOUBLE()])
    )
    with scores.execute_and_collect("sine wave") as results:
        number, score = max(
            (tuple(result) for result in results if result[0] >= records // 2), key=lambda r: r[1]
        )
    drop = 241 <= number % PERIOD < 260
    print(f"peak inside the drop: {drop} (record {number:,}, score {score:.2f})")


if __name__ == "__main__":
    main()
