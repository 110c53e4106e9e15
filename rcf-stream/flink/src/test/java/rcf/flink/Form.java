package rcf.flink;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/** The three forms of an operator. */
enum Form {
    PROCESS {
        @Override
        SingleOutputStreamOperator<Tuple2<Integer, Double>> apply(
                ModelOperator<Integer, ?, Tuple2<Integer, Double>> operator,
                DataStream<Integer> rows) {
            return rows.process(operator, Jobs.RESULT);
        }
    },
    PER_SUBTASK {
        @Override
        SingleOutputStreamOperator<Tuple2<Integer, Double>> apply(
                ModelOperator<Integer, ?, Tuple2<Integer, Double>> operator,
                DataStream<Integer> rows) {
            return operator.perSubtask(rows, Jobs.RESULT);
        }
    },
    PER_KEY {
        @Override
        SingleOutputStreamOperator<Tuple2<Integer, Double>> apply(
                ModelOperator<Integer, ?, Tuple2<Integer, Double>> operator,
                DataStream<Integer> rows) {
            // The model of the empty key has the seed of the operator.
            return operator.perKey(rows.keyBy(row -> "", Types.STRING), Jobs.RESULT);
        }
    };

    abstract SingleOutputStreamOperator<Tuple2<Integer, Double>> apply(
            ModelOperator<Integer, ?, Tuple2<Integer, Double>> operator, DataStream<Integer> rows);
}
