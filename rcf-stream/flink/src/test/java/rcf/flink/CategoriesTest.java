package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import rcf.AnomalyDetector;
import rcf.CategoryEncoder;
import rcf.Model;
import rcf.Parameters;
import rcf.StateException;

/** Categorical inputs: their counts belong to the model, and are restored with it. */
@Timeout(120)
class CategoriesTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int ROWS = 800;
    private static final int UNBOUNDED = Integer.MAX_VALUE;
    private static final int PER_SECOND = 1_000;
    private static final Parameters PARAMETERS = Parameters.defaults()
            .with("input_dimensions", 3)
            .with("number_of_trees", 10)
            .with("sample_size", 32)
            .with("seed", 3);

    @TempDir Path savepoints;

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
    void countsMoveWithTheirKeys() throws Exception {
        long before = Model.liveModels();
        Jobs.Collect.RESULTS.clear();
        String first = stop(keyed(1, null).executeAsync(), 1_000);
        Jobs.awaitModels(before);
        String second = stop(keyed(4, first).executeAsync(), 1_000);
        Jobs.awaitModels(before);
        stop(keyed(1, second).executeAsync(), 1_000);
        Jobs.awaitModels(before);

        Map<Integer, Double> found = Jobs.Collect.byRow();
        assertEquals(found.size(), Jobs.Collect.RESULTS.size(), "no result is there twice");
        Map<String, Reference> references = new HashMap<>();
        try {
            for (int row = 0; row < found.size(); row++) {
                double expected = references
                        .computeIfAbsent(key(row), Reference::new)
                        .process(row);
                assertEquals(expected, found.get(row), "row " + row);
            }
        } finally {
            references.values().forEach(Reference::close);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PROCESS", "PER_SUBTASK"})
    void countsAreCopiedWhereSubtasksAreAdded(Form form) throws Exception {
        long before = Model.liveModels();
        Jobs.Collect.RESULTS.clear();
        String one = stop(plain(form, 1, null).executeAsync(), 500);
        int rows = Jobs.Collect.byRow().size();
        Jobs.Collect.RESULTS.clear();
        stop(plain(form, 4, one).executeAsync(), 500);
        Jobs.awaitModels(before);

        // Rows go to the subtasks in turn, and each of them continues from a copy.
        Iterator<Map.Entry<Integer, Double>> found =
                Jobs.Collect.byRow().entrySet().iterator();
        for (int subtask = 0; subtask < 4; subtask++) {
            Map.Entry<Integer, Double> next = found.next();
            try (Reference reference = new Reference(null)) {
                for (int row = 0; row < rows; row++) {
                    reference.process(row);
                }
                assertEquals(reference.process(next.getKey()), next.getValue());
            }
        }
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

    private static StreamExecutionEnvironment keyed(int parallelism, String savepoint) {
        StreamExecutionEnvironment environment = Jobs.environment(parallelism, savepoint);
        DataStream<Integer> source = Jobs.rows(environment, UNBOUNDED, 2 * PER_SECOND);
        Jobs.collect(builder()
                .setMaxLiveModels(3)
                .build()
                .perKey(source.keyBy(CategoriesTest::key, Types.STRING), Jobs.RESULT)
                .uid("model"));
        return environment;
    }

    private static StreamExecutionEnvironment plain(Form form, int parallelism, String savepoint) {
        StreamExecutionEnvironment environment = Jobs.environment(parallelism, savepoint);
        DataStream<Integer> source =
                Jobs.rows(environment, UNBOUNDED, PER_SECOND).rebalance();
        Jobs.collect(form.apply(builder().build(), source).uid("model"));
        return environment;
    }

    /** Stops a job after this many more results. */
    private String stop(JobClient job, int results) throws Exception {
        Jobs.Collect.await(Jobs.Collect.RESULTS.size() + results);
        String savepoint = job.stopWithSavepoint(
                        false, savepoints.toUri().toString(), SavepointFormatType.CANONICAL)
                .get();
        job.getJobExecutionResult().get();
        return savepoint;
    }

    static AnomalyDetectorOperatorBuilder<Integer, Tuple2<Integer, Double>> builder() {
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

    private static double[] expected() {
        try (Reference reference = new Reference(null)) {
            return IntStream.range(0, ROWS).mapToDouble(reference::process).toArray();
        }
    }

    /** A detector that is given the surprises of two encoders. */
    static final class Reference implements AutoCloseable {
        private final AnomalyDetector detector;
        private final CategoryEncoder methods = CategoryEncoder.create();
        private final CategoryEncoder countries = CategoryEncoder.create();

        Reference(String key) {
            detector = AnomalyDetector.create(PARAMETERS, key, true);
        }

        double process(int row) {
            String country = country(row);
            return detector.process(
                            value(row),
                            methods.process(method(row)),
                            country == null ? Double.NaN : countries.process(country))
                    .score();
        }

        @Override
        public void close() {
            detector.close();
            methods.close();
            countries.close();
        }
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

    private static String key(int row) {
        return "key " + row % 5;
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
