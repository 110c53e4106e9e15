package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import rcf.ExpectedBits;
import rcf.Model;

/** Jobs that fail, before and after the operator, give the committed bits. */
class FailuresTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final ExpectedBits EXPECTED = new ExpectedBits();
    private static final int PER_SECOND = 1_000;

    @BeforeEach
    void nothingCollected() {
        Jobs.Collect.RESULTS.clear();
    }

    @ParameterizedTest
    @EnumSource
    void forestsGiveTheCommittedBits(Form form) throws Exception {
        check(form, EXPECTED.forest, () -> RowOperators.forest(EXPECTED, 7), "hashmap");
    }

    @ParameterizedTest
    @EnumSource
    void detectorsGiveTheCommittedBits(Form form) throws Exception {
        check(form, EXPECTED.detector, () -> RowOperators.detector(EXPECTED, 7), "hashmap");
    }

    @Test
    void modelsOfKeysInRocksDbGiveTheCommittedBits() throws Exception {
        check(Form.PER_KEY, EXPECTED.forest, () -> RowOperators.forest(EXPECTED, 7), "rocksdb");
    }

    private static void check(
            Form form,
            double[] expected,
            Supplier<ModelOperator<Integer, ?, Tuple2<Integer, Double>>> operator,
            String backend)
            throws Exception {
        long before = Model.liveModels();
        // Counted from the last restart: with checkpoints, each attempt begins further ahead.
        Jobs.FailAt.COUNTS.addAll(List.of(150, 90, 210, 33));
        StreamExecutionEnvironment environment = Jobs.environment(1, null);
        Configuration settings = new Configuration();
        settings.setString("state.backend.type", backend);
        environment.configure(settings);
        DataStream<Integer> rows = Jobs.rows(environment, expected.length, PER_SECOND)
                .map(new Jobs.FailAt<Integer>())
                .returns(Types.INT);
        Jobs.collect(form.apply(operator.get(), rows)
                .uid("model")
                .map(new Jobs.FailAt<Tuple2<Integer, Double>>())
                .returns(Jobs.RESULT));
        environment.execute();

        assertTrue(Jobs.FailAt.COUNTS.isEmpty(), "not all failures have been injected");
        Map<Integer, Double> found = Jobs.Collect.byRow();
        assertEquals(expected.length, found.size());
        for (int row = 0; row < expected.length; row++) {
            assertEquals(
                    Double.doubleToRawLongBits(expected[row]),
                    Double.doubleToRawLongBits(found.get(row)),
                    "row " + row);
        }
        Jobs.awaitModels(before);
    }
}
