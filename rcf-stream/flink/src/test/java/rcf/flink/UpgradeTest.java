package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
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
import rcf.Model;
import rcf.Parameters;
import rcf.RandomCutForest;

/**
 * A savepoint that a job on one release of Flink has left, restored by the next run of this test,
 * which {@code java.sh} makes with the jar for another release.
 */
@Timeout(120)
class UpgradeTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int KEYS = 5;
    private static final int PLAIN = 1_000_000;
    private static final int ENCODED = 2_000_000;
    private static final int OPERATORS = 3;
    private static final int PER_SECOND = 2_000;
    private static final Parameters PARAMETERS = Parameters.defaults()
            .with("number_of_trees", 10)
            .with("sample_size", 32)
            .with("output_after", 10);

    @Test
    void aJobGoesOnAfterAnUpgrade() throws Exception {
        String folder = System.getProperty("rcf.upgrade", "");
        assumeTrue(!folder.isEmpty(), "skipped: rcf.upgrade names no folder for a savepoint");
        Path left = Path.of(folder, "left");
        Jobs.Collect.RESULTS.clear();
        if (!Files.exists(left)) {
            String savepoint = stop(null, Path.of(folder));
            Files.writeString(left, savepoint + "\n" + Jobs.Collect.byRow().size() / OPERATORS);
            return;
        }
        String savepoint = Files.readAllLines(left).get(0);
        int seen = Integer.parseInt(Files.readAllLines(left).get(1));
        stop(savepoint, Path.of(folder));
        check(seen, Jobs.Collect.byRow());
    }

    private static String stop(String savepoint, Path folder) throws Exception {
        StreamExecutionEnvironment environment = Jobs.environment(1, savepoint);
        DataStream<Integer> rows = Jobs.rows(environment, Integer.MAX_VALUE, PER_SECOND);
        Jobs.collect(operator(0)
                .perKey(rows.keyBy(UpgradeTest::key, Types.STRING), Jobs.RESULT)
                .uid("keyed"));
        Jobs.collect(operator(PLAIN).perSubtask(rows, Jobs.RESULT).uid("plain"));
        Jobs.collect(CategoriesTest.builder()
                .setResultMapper((row, found) -> Tuple2.of(row + ENCODED, found.score()))
                .build()
                .perKey(rows.keyBy(UpgradeTest::key, Types.STRING), Jobs.RESULT)
                .uid("encoded"));
        JobClient job = environment.executeAsync();
        Jobs.Collect.await(1_000);
        String stopped = job.stopWithSavepoint(
                        false, folder.toUri().toString(), SavepointFormatType.CANONICAL)
                .get();
        job.getJobExecutionResult().get();
        return stopped;
    }

    private static void check(int seen, Map<Integer, Double> found) {
        assertTrue(found.keySet().stream().noneMatch(row -> row < seen), "rows came again");
        Map<String, RandomCutForest> forests = new HashMap<>();
        Map<String, CategoriesTest.Reference> references = new HashMap<>();
        try (RandomCutForest plain = RandomCutForest.create(PARAMETERS)) {
            for (int row = 0; row < seen + found.size() / OPERATORS; row++) {
                double expected = plain.process(value(row));
                double ofKey = forests
                        .computeIfAbsent(key(row), key -> RandomCutForest.create(PARAMETERS, key))
                        .process(value(row));
                double encoded = references
                        .computeIfAbsent(key(row), CategoriesTest.Reference::new)
                        .process(row);
                if (row >= seen) {
                    assertEquals(encoded, found.get(row + ENCODED), "row " + row);
                    assertEquals(expected, found.get(row + PLAIN), "row " + row);
                    assertEquals(ofKey, found.get(row), "row " + row);
                }
            }
        } finally {
            forests.values().forEach(Model::close);
            references.values().forEach(CategoriesTest.Reference::close);
        }
    }

    private static RandomCutForestOperator<Integer, Tuple2<Integer, Double>> operator(int offset) {
        return RandomCutForestOperator.<Integer, Tuple2<Integer, Double>>builder()
                .setNumberOfTrees(10)
                .setSampleSize(32)
                .setReportAnomaliesAfter(10)
                .setInputDataMapper(row -> new double[] {value(row)})
                .setResultMapper((row, score) -> Tuple2.of(row + offset, score))
                .build();
    }

    private static String key(int row) {
        return "key " + row % KEYS;
    }

    private static double value(int row) {
        return Math.floorMod(row * 31L, 97);
    }
}
