"""The job of the measurement: records of ten keys at a pace, timed before and after the operator.

Arguments: OUTPUT RECORDS RATE BUNDLE_SIZE BUNDLE_MILLISECONDS

Source, clock and sink are Flink's own, in Java: nothing but the operator runs in Python. Each output
line holds two times of a record, in milliseconds: when it came to the operator, and when it left.
"""

import sys

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

import rcf.flink

KEYS = 10


def main() -> None:
    output, records, rate, size, milliseconds = sys.argv[1:]
    settings = rcf.flink.configuration(
        sys.executable, bundle_size=int(size), bundle_milliseconds=int(milliseconds)
    )
    settings.set_string("execution.checkpointing.interval", "10 s")
    settings.set_string("table.local-time-zone", "UTC")
    env = StreamExecutionEnvironment.get_execution_environment(settings)
    env.set_parallelism(1)
    table_env = StreamTableEnvironment.create(env)
    table_env.execute_sql(f"""
        CREATE TEMPORARY TABLE numbers (n BIGINT) WITH (
            'connector' = 'datagen', 'rows-per-second' = '{rate}', 'fields.n.kind' = 'sequence',
            'fields.n.start' = '0', 'fields.n.end' = '{int(records) - 1}')""")
    table_env.execute_sql(f"""
        CREATE TEMPORARY TABLE times (came BIGINT, went BIGINT) WITH (
            'connector' = 'filesystem', 'path' = '{output}', 'format' = 'csv')""")
    operator = (
        rcf.flink.RandomCutForestOperator.builder()
        .input_mapper(lambda record: [float(record[0] % 97)])
        .result_mapper(lambda record, score: Row(record[1], score))
        .build()
    )
    came = table_env.sql_query(f"SELECT n, {milliseconds_of('LOCALTIMESTAMP')} AS came FROM numbers")
    scored = (
        table_env.to_data_stream(came)
        .key_by(lambda record: record[0] % KEYS, Types.LONG())
        .process(operator, Types.ROW_NAMED(["came", "score"], [Types.LONG(), Types.DOUBLE()]))
    )
    table_env.create_temporary_view("scored", scored)
    table_env.execute_sql(f"INSERT INTO times SELECT came, {milliseconds_of('LOCALTIMESTAMP')} FROM scored")


def milliseconds_of(time: str) -> str:
    """Milliseconds since 1970 of a timestamp, in SQL."""
    seconds = f"TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', {time})"
    return f"CAST({seconds} AS BIGINT) * 1000 + CAST(EXTRACT(MILLISECOND FROM {time}) AS BIGINT)"


if __name__ == "__main__":
    main()
