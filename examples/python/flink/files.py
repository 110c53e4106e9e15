"""Scores for the lines of files, a model for each key, files exactly once.

Reads every file of a folder, lines of ``key,value[,value...]``, and writes lines of
``key,score`` that appear with each checkpoint:

    flink run --python examples/python/flink/files.py IN OUT VALUES [watch]

With ``watch`` it waits for new files. Lines that are no such lines, or hold values that no model can take,
go to the folder ``OUT-refused``.
"""

import sys

from pyflink.common import Duration, Encoder, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink, FileSource, RollingPolicy, StreamFormat

import rcf.flink


def sink(folder: str) -> FileSink:
    """Files that are complete when they appear."""
    lines = FileSink.for_row_format(folder, Encoder.simple_string_encoder())
    return lines.with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy()).build()


def main() -> None:
    """Build the job."""
    source, target, values, *watch = sys.argv[1:]
    settings = rcf.flink.configuration(sys.executable)
    settings.set_string("execution.checkpointing.interval", "10 s")
    env = StreamExecutionEnvironment.get_execution_environment(settings)
    files = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source)
    if watch:
        files = files.monitor_continuously(Duration.of_seconds(5))
    lines = env.from_source(files.build(), WatermarkStrategy.no_watermarks(), "files", Types.STRING())
    operator = (
        rcf.flink.RandomCutForestOperator.builder()
        .dimensions(int(values))
        .shingle_size(4)
        .input_mapper(lambda line: [float(field) for field in line.split(",")[1:]])
        .result_mapper(lambda line, score: f"{line.partition(',')[0]},{score}")
        .refuse("side-output")
        .build()
    )
    scores = lines.key_by(lambda line: line.partition(",")[0], Types.STRING()).process(
        operator, Types.STRING()
    )
    scores.sink_to(sink(target))
    refused = scores.get_side_output(rcf.flink.REFUSED).map(
        lambda pair: f"{pair[0]}: {pair[1]}", Types.STRING()
    )
    refused.sink_to(sink(f"{target}-refused"))
    env.execute("scores of files")


if __name__ == "__main__":
    main()
