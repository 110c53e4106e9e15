package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import rcf.Model;
import rcf.Parameters;
import rcf.RandomCutForest;

/** Jobs that stop with a savepoint, and continue from it with another parallelism. */
@Timeout(120)
class RescalingTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int KEYS = 50;
    private static final int ROWS = 16_000;
    private static final int UNBOUNDED = Integer.MAX_VALUE;
    private static final int PER_SECOND = 4_000;

    private static final Parameters PARAMETERS = Parameters.defaults()
            .with("shingle_size", 2)
            .with("number_of_trees", 10)
            .with("sample_size", 32)
            .with("seed", 9);

    @TempDir Path savepoints;

    @BeforeEach
    void nothingCollected() {
        Jobs.Collect.RESULTS.clear();
    }

    @Test
    void modelsOfKeysMoveWithTheirKeys() throws Exception {
        long before = Model.liveModels();
        String first = stop(keyed(1, null).executeAsync(), 1_000);
        Jobs.awaitModels(before);
        String second = stop(keyed(4, first).executeAsync(), 1_000);
        Jobs.awaitModels(before);
        keyed(1, second).execute();
        Jobs.awaitModels(before);

        Map<Integer, Double> found = Jobs.Collect.byRow();
        assertEquals(ROWS, found.size());
        assertEquals(ROWS, Jobs.Collect.RESULTS.size(), "no result is there twice");
        Map<String, RandomCutForest> forests = new HashMap<>();
        try {
            for (int row = 0; row < ROWS; row++) {
                double expected = forests
                        .computeIfAbsent(key(row), key -> RandomCutForest.create(PARAMETERS, key))
                        .process(value(row));
                assertEquals(expected, found.get(row), "row " + row);
            }
        } finally {
            forests.values().forEach(Model::close);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PROCESS", "PER_SUBTASK"})
    void modelsOfSubtasksAreCopiedUpwardsAndRefusedDownwards(Form form) throws Exception {
        long before = Model.liveModels();
        String one = stop(plain(form, 1, null).executeAsync(), 500);
        int rows = Jobs.Collect.byRow().size();
        Jobs.Collect.RESULTS.clear();
        String four = stop(plain(form, 4, one).executeAsync(), 500);
        Jobs.awaitModels(before);

        // Rows go to the subtasks in turn, and each of them continues from a copy.
        Map<Integer, Double> found = Jobs.Collect.byRow();
        Set<Double> expected = Set.copyOf(afterRows(rows, found.keySet()));
        List<Double> firsts = found.values().stream().limit(4).collect(Collectors.toList());
        assertTrue(expected.containsAll(firsts), expected + " should have " + firsts);

        Exception refusal =
                assertThrows(Exception.class, () -> plain(form, 2, four).execute());
        assertTrue(
                texts(refusal).contains("the models of 4 subtasks, which 2 cannot take over"),
                texts(refusal));
        Jobs.awaitModels(before);
    }

    @Test
    void theStateOfAProcessFunctionIsThatOfTheBatchedForm() throws Exception {
        String saved = stop(plain(Form.PROCESS, 1, null).executeAsync(), 500);
        stop(plain(Form.PER_SUBTASK, 1, saved).executeAsync(), 1_000);
        Map<Integer, Double> found = Jobs.Collect.byRow();
        assertEquals(found.size(), Jobs.Collect.RESULTS.size(), "no result is there twice");
        try (RandomCutForest forest = RandomCutForest.create(PARAMETERS)) {
            for (int row = 0; row < found.size(); row++) {
                assertEquals(forest.process(value(row)), found.get(row), "row " + row);
            }
        }
    }

    @Test
    void otherParametersAreRefusedAndNothingIsLeft() throws Exception {
        long before = Model.liveModels();
        String saved = stop(plain(Form.PER_SUBTASK, 1, null).executeAsync(), 200);
        StreamExecutionEnvironment environment = Jobs.environment(1, saved);
        environment.configure(
                Configuration.fromMap(
                        Map.of("restart-strategy.fixed-delay.attempts", "20")));
        RandomCutForestOperator<Integer, Tuple2<Integer, Double>> other =
                builder().setShingleSize(9).build();
        Jobs.collect(Form.PER_SUBTASK
                .apply(other, Jobs.rows(environment, ROWS, PER_SECOND))
                .uid("model"));
        Exception refusal = assertThrows(Exception.class, environment::execute);
        assertTrue(
                texts(refusal).contains("saved: shingle_size: 2, requested: shingle_size: 9"),
                texts(refusal));
        Jobs.awaitModels(before);
    }

    @ParameterizedTest
    @EnumSource
    void manyRestoresAndACancelLeaveNothing(Form form) throws Exception {
        long before = Model.liveModels();
        StreamExecutionEnvironment environment = Jobs.environment(2, null);
        Jobs.FailAt.COUNTS.addAll(Collections.nCopies(30, 40));
        DataStream<Tuple2<Integer, Double>> scores = form.apply(
                builder().build(), Jobs.rows(environment, UNBOUNDED, PER_SECOND));
        Jobs.collect(scores.map(new Jobs.FailAt<Tuple2<Integer, Double>>()).returns(Jobs.RESULT));
        JobClient job = environment.executeAsync();
        while (!Jobs.FailAt.COUNTS.isEmpty()) {
            Thread.sleep(5);
        }
        Jobs.Collect.await(Jobs.Collect.RESULTS.size() + 100);
        long live = Model.liveModels() - before;
        assertTrue(0 < live && live <= 2, live + " models while the job runs");
        job.cancel().get();
        Jobs.awaitModels(before);
    }

    private static RandomCutForestOperatorBuilder<Integer, Tuple2<Integer, Double>> builder() {
        return RandomCutForestOperator.<Integer, Tuple2<Integer, Double>>builder()
                .setShingleSize(2)
                .setNumberOfTrees(10)
                .setSampleSize(32)
                .setSeed(9)
                // Fewer than keys, so that models leave memory and come back.
                .setMaxLiveModels(7)
                .setInputDataMapper(row -> new double[] {value(row)})
                .setResultMapper(Tuple2::of);
    }

    private static StreamExecutionEnvironment keyed(int parallelism, String savepoint) {
        StreamExecutionEnvironment environment = Jobs.environment(parallelism, savepoint);
        DataStream<Integer> source = Jobs.rows(environment, ROWS, PER_SECOND);
        Jobs.collect(builder()
                .build()
                .perKey(source.keyBy(RescalingTest::key, Types.STRING), Jobs.RESULT)
                .uid("model"));
        return environment;
    }

    private static StreamExecutionEnvironment plain(Form form, int parallelism, String savepoint) {
        StreamExecutionEnvironment environment = Jobs.environment(parallelism, savepoint);
        DataStream<Integer> source = Jobs.rows(environment, UNBOUNDED, PER_SECOND).rebalance();
        Jobs.collect(form.apply(builder().build(), source).uid("model"));
        return environment;
    }

    private static String key(int row) {
        return "key " + row % KEYS;
    }

    private static double value(int row) {
        return Math.floorMod(row * 31L, 97);
    }

    /** The scores of a forest that has seen this many rows for some others. */
    private static List<Double> afterRows(int seen, Set<Integer> rows) {
        try (RandomCutForest forest = RandomCutForest.create(PARAMETERS)) {
            for (int row = 0; row < seen; row++) {
                forest.process(value(row));
            }
            return rows.stream()
                    .map(row -> forest.score(value(row)))
                    .distinct()
                    .collect(Collectors.toList());
        }
    }

    /** Stops a job after this many results. */
    private String stop(JobClient job, int results) throws Exception {
        Jobs.Collect.await(Jobs.Collect.RESULTS.size() + results);
        String savepoint = job.stopWithSavepoint(
                        false, savepoints.toUri().toString(), SavepointFormatType.CANONICAL)
                .get();
        job.getJobExecutionResult().get();
        return savepoint;
    }

    private static String texts(Throwable error) {
        StringBuilder texts = new StringBuilder();
        for (Throwable one = error; one != null; one = one.getCause()) {
            texts.append(one.getMessage()).append('\n');
        }
        return texts.toString();
    }
}
