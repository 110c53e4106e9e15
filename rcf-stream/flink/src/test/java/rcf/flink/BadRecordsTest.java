package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import rcf.Parameters;
import rcf.RandomCutForest;

/** Records that a model refuses go to a side output, and the others are scored without them. */
@Timeout(60)
class BadRecordsTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int ROWS = 1_000;
    private static final OutputTag<Tuple2<Integer, String>> BAD =
            new OutputTag<>("bad", Types.TUPLE(Types.INT, Types.STRING));

    @BeforeEach
    void nothingCollected() {
        Jobs.Collect.RESULTS.clear();
    }

    @ParameterizedTest
    @EnumSource
    void theyLeaveByASideOutput(Form form) throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        environment.setParallelism(1);
        RandomCutForestOperator<Integer, Tuple2<Integer, Double>> operator =
                RandomCutForestOperator.<Integer, Tuple2<Integer, Double>>builder()
                        .setSeed(7)
                        .setBatchSize(64)
                        .setBatchTimeout(Duration.ofHours(1))
                        .setBadRecordTag(BAD)
                        .setInputDataMapper(BadRecordsTest::values)
                        .setResultMapper(Tuple2::of)
                        .build();
        DataStream<Integer> rows = Jobs.rows(environment, ROWS, 100_000);
        SingleOutputStreamOperator<Tuple2<Integer, Double>> results = form.apply(operator, rows);
        Jobs.collect(results);
        List<Tuple2<Integer, String>> bad = new ArrayList<>();
        try (CloseableIterator<Tuple2<Integer, String>> found =
                results.getSideOutput(BAD).executeAndCollect()) {
            found.forEachRemaining(bad::add);
        }

        assertEquals(
                IntStream.range(0, ROWS).filter(BadRecordsTest::isBad).boxed()
                        .collect(Collectors.toList()),
                bad.stream().map(it -> it.f0).collect(Collectors.toList()));
        for (Tuple2<Integer, String> one : bad) {
            String expected = one.f0 % 100 == 50
                    ? "has read 2 values from a record"
                    : "not finite";
            assertTrue(one.f1.contains(expected), one.toString());
        }
        Map<Integer, Double> scores = Jobs.Collect.byRow();
        assertEquals(ROWS - bad.size(), scores.size());
        Parameters parameters = Parameters.defaults().with("seed", 7);
        try (RandomCutForest forest = RandomCutForest.create(parameters)) {
            scores.forEach((row, score) -> assertEquals(forest.process(values(row)), score));
        }
    }

    private static boolean isBad(int row) {
        return row % 50 == 0 && row > 0;
    }

    private static double[] values(int row) {
        if (isBad(row)) {
            return row % 100 == 50 ? new double[2] : new double[] {Double.NaN};
        }
        return new double[] {row * row % 37};
    }
}
