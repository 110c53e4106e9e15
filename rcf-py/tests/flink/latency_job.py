"""The job of the measurement: records of ten keys at a pace, each with the time when it left.

Arguments: OUTPUT RECORDS RATE BUNDLE_SIZE BUNDLE_MILLISECONDS

The last operator writes, for each record, the seconds since then.
"""

import sys
import time

from pyflink.common import Encoder, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

import rcf.flink

KEYS = 10


class Depart:
    """Gives each record the time, at a rate."""

    def __init__(self, rate: int) -> None:
        self.rate, self.count, self.start = rate, 0, None

    def __call__(self, number: int) -> tuple[int, float]:
        self.start = self.start or time.time()
        self.count += 1
        ahead = self.start + self.count / self.rate - time.time()
        if ahead > 0:
            time.sleep(ahead)
        return number, time.time()


def main() -> None:
    output, records, rate, size, milliseconds = sys.argv[1:]
    settings = rcf.flink.configuration(
        sys.executable, bundle_size=int(size), bundle_milliseconds=int(milliseconds)
    )
    settings.set_string("execution.checkpointing.interval", "10 s")
    env = StreamExecutionEnvironment.get_execution_environment(settings)
    env.set_parallelism(1)
    operator = (
        rcf.flink.RandomCutForestOperator.builder()
        .input_mapper(lambda record: [float(record[0] % 97)])
        .result_mapper(lambda record, score: record[1])
        .build()
    )
    stamped = Types.TUPLE([Types.LONG(), Types.DOUBLE()])
    departed = env.from_source(
        NumberSequenceSource(0, int(records) - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
    ).map(Depart(int(rate)), stamped)
    scored = departed.key_by(lambda record: record[0] % KEYS, Types.LONG()).process(operator, Types.DOUBLE())
    arrived = scored.rebalance().map(lambda left: f"{left:.6f} {time.time():.6f}", Types.STRING())
    arrived.sink_to(FileSink.for_row_format(output, Encoder.simple_string_encoder()).build())
    env.execute("latency")


if __name__ == "__main__":
    main()
