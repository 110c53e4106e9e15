package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import rcf.AnomalyDetector;
import rcf.CategoryEncoder;
import rcf.Model;
import rcf.Parameters;
import rcf.StateException;

/** Categorical inputs: their counts belong to the model, and are restored with it. */
class CategoriesTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int ROWS = 800;
    private static final int PER_SECOND = 1_000;
    private static final Parameters PARAMETERS = Parameters.defaults()
            .with("input_dimensions", 3)
            .with("number_of_trees", 10)
            .with("sample_size", 32)
            .with("seed", 3);

    @ParameterizedTest
    @EnumSource
    void countsContinueAfterFailures(Form form) throws Exception {
        double[] expected = expected();
        long before = Model.liveModels();
        Jobs.Collect.RESULTS.clear();
        Jobs.FailAt.COUNTS.addAll(List.of(150, 90, 210, 33));
        StreamExecutionEnvironment environment = Jobs.environment(1, null);
        DataStream<Integer> rows = Jobs.rows(environment, ROWS, PER_SECOND)
                .map(new Jobs.FailAt<Integer>())
                .returns(Types.INT);
        Jobs.collect(form.apply(builder().build(), rows)
                .uid("model")
                .map(new Jobs.FailAt<Tuple2<Integer, Double>>())
                .returns(Jobs.RESULT));
        environment.execute();

        assertTrue(Jobs.FailAt.COUNTS.isEmpty(), "not all failures have been injected");
        Map<Integer, Double> found = Jobs.Collect.byRow();
        assertEquals(ROWS, found.size());
        for (int row = 0; row < ROWS; row++) {
            assertEquals(expected[row], found.get(row), "row " + row);
        }
        Jobs.awaitModels(before);
    }

    @Test
    void savedCountsAreTheSameAgain() {
        OperatorConfig<Integer, ?, ?> config = config(builder());
        try (EncodedModel<?> model = EncodedModel.create(config, null)) {
            learn(model, 300);
            byte[] saved = model.toBytes();
            try (EncodedModel<?> again = EncodedModel.load(config, null, saved)) {
                assertArrayEquals(saved, again.toBytes());
                assertArrayEquals(observation(model, 7), observation(again, 7));
            }
            long before = Model.liveModels();
            for (int length : new int[] {0, 8, 13, 20, 100, saved.length - 1}) {
                byte[] cut = Arrays.copyOf(saved, length);
                assertThrows(
                        StateException.class, () -> EncodedModel.load(config, null, cut));
            }
            OperatorConfig<Integer, ?, ?> other =
                    config(builder().addCategory(row -> "third"));
            assertThrows(StateException.class, () -> EncodedModel.load(other, null, saved));
            assertEquals(before, Model.liveModels());
        }
    }

    @Test
    void aStateWithoutCountsBeginsThem() {
        try (AnomalyDetector plain = AnomalyDetector.create(PARAMETERS)) {
            plain.process(1, 2, 3);
            try (EncodedModel<?> model =
                    EncodedModel.load(config(builder()), null, plain.toBytes())) {
                assertEquals(3, model.model().dimensions());
                assertTrue(observation(model, 1)[1] >= 0);
            }
        }
    }

    private static AnomalyDetectorOperatorBuilder<Integer, Tuple2<Integer, Double>> builder() {
        return AnomalyDetectorOperator.<Integer, Tuple2<Integer, Double>>builder()
                .setNumberOfTrees(10)
                .setSampleSize(32)
                .setSeed(3)
                .setNanIsMissing(true)
                .setInputDataMapper(row -> new double[] {value(row)})
                .addCategory(CategoriesTest::method)
                .addCategory(CategoriesTest::country)
                .setResultMapper((row, detection) -> Tuple2.of(row, detection.score()))
                .setBatchSize(7)
                .setBatchTimeout(Duration.ofMillis(5));
    }

    private static OperatorConfig<Integer, ?, ?> config(
            AnomalyDetectorOperatorBuilder<Integer, Tuple2<Integer, Double>> builder) {
        return builder.build().config;
    }

    /** The scores of a detector that is given the surprises of two encoders. */
    private static double[] expected() {
        double[] scores = new double[ROWS];
        try (AnomalyDetector detector = AnomalyDetector.create(PARAMETERS, null, true);
                CategoryEncoder methods = CategoryEncoder.create();
                CategoryEncoder countries = CategoryEncoder.create()) {
            for (int row = 0; row < ROWS; row++) {
                String country = country(row);
                scores[row] = detector.process(
                                value(row),
                                methods.process(method(row)),
                                country == null ? Double.NaN : countries.process(country))
                        .score();
            }
        }
        return scores;
    }

    private static void learn(EncodedModel<?> model, int rows) {
        for (int row = 0; row < rows; row++) {
            model.model().process(observation(model, row));
            model.learn(new String[] {method(row), country(row)});
        }
    }

    private static double[] observation(EncodedModel<?> model, int row) {
        double[] values = {value(row), 0, 0};
        model.encode(new String[] {method(row), country(row)}, values);
        return values;
    }

    private static double value(int row) {
        return 20 + row % 24 + Math.floorMod(row * 31L, 97) / 10.0;
    }

    private static String method(int row) {
        return row % 100 == 99 ? "method " + row : row % 3 == 0 ? "POST" : "GET";
    }

    private static String country(int row) {
        return row % 11 == 0 ? null : "country " + row * 7 % 13;
    }
}
