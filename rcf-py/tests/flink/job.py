"""The job of the tests: numbered records of several keys, paced, scored, written exactly once.

Arguments: OUTPUT RECORDS KEYS RATE PARALLELISM

Each output line is ``key,ordinal,updates,score`` with the score in hexadecimal: `ordinal` is the number
of the record among those of its key, from 1, and `updates` what the model counts.
"""

import math
import sys
import time

from pyflink.common import Encoder, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink, RollingPolicy
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

import rcf
import rcf.flink

PARAMETERS = {"number_of_trees": 10, "sample_size": 64, "shingle_size": 2, "seed": 7}


def value(number: int, keys: int) -> float:
    """A sine for each key, by turns, with a jump now and then."""
    key, ordinal = number % keys, number // keys
    return 50.0 if ordinal % 397 == 396 else math.sin(ordinal / 10 + key)


def step(forest: rcf.RandomCutForest, values: list[float]) -> tuple[int, float]:
    score = forest.score(values)
    forest.update(values)
    return forest.updates, score


def line(keys: int):
    def write(number: int, result: tuple[int, float]) -> str:
        updates, score = result
        return f"{number % keys},{number // keys + 1},{updates},{score.hex()}"

    return write


class Pace:
    """Lets records pass at a rate, so that there is time to kill a process."""

    def __init__(self, rate: int) -> None:
        self.rate, self.count, self.start = rate, 0, None

    def __call__(self, number: int) -> int:
        if self.start is None:
            self.start = time.monotonic()
        self.count += 1
        ahead = self.count / self.rate - (time.monotonic() - self.start)
        if ahead > 0.01:
            time.sleep(ahead)
        return number


def main() -> None:
    output, records, keys, rate, parallelism = sys.argv[1:]
    records, keys, rate, parallelism = int(records), int(keys), int(rate), int(parallelism)

    settings = rcf.flink.configuration(sys.executable, max_keys=keys)
    settings.set_string("execution.checkpointing.interval", "500 ms")
    settings.set_string("restart-strategy.type", "fixed-delay")
    settings.set_string("restart-strategy.fixed-delay.attempts", "10")
    settings.set_string("restart-strategy.fixed-delay.delay", "500 ms")
    settings.set_string("pipeline.max-parallelism", "8")
    env = StreamExecutionEnvironment.get_execution_environment(settings)
    env.set_parallelism(parallelism)

    operator = (
        rcf.flink.RandomCutForestOperator.builder()
        .parameters(**PARAMETERS)
        .model(rcf.RandomCutForest, step)
        .input_mapper(lambda number: [value(number, keys)])
        .result_mapper(line(keys))
        .max_keys(keys)
        .build()
    )
    source = env.from_source(
        NumberSequenceSource(0, records - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
    )
    paced = (
        source.uid("numbers").set_parallelism(1).map(Pace(rate), Types.LONG()).uid("pace").set_parallelism(1)
    )
    lines = (
        paced.key_by(lambda number: number % keys, Types.LONG()).process(operator, Types.STRING()).uid("rcf")
    )
    sink = (
        FileSink.for_row_format(output, Encoder.simple_string_encoder())
        .with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
        .build()
    )
    lines.sink_to(sink).uid("file").set_parallelism(1)
    env.execute("rcf")


if __name__ == "__main__":
    main()
