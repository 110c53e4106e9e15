package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import rcf.Model;

/** A job with failures, on two subtasks, has the scores of {@code rcf run} for the same records. */
class ProgramTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int ROWS = 6_000;
    private static final int KEYS = 11;
    private static final int PER_SECOND = 4_000;

    private static final String SETTINGS = String.join(
            "\n",
            "source = { kind = 'file', path = 'records.jsonl' }",
            "input = { format = 'jsonl', values = ['value'], key = 'sensor' }",
            "forest = { shingle_size = 4, number_of_trees = 20, sample_size = 64, seed = 5 }",
            "detector = { enabled = false }",
            "sink = { kind = 'file', path = 'scores.jsonl' }",
            "checkpoint = { directory = 'checkpoints' }");

    @TempDir Path folder;

    @Test
    void keyedModelsHaveTheScoresOfTheProgram() throws Exception {
        String program = System.getProperty("rcf.program", "");
        assumeTrue(!program.isEmpty(), "skipped: rcf.program names no program");
        Map<Integer, Double> expected = scoresOf(program);

        long before = Model.liveModels();
        Jobs.Collect.RESULTS.clear();
        Jobs.FailAt.COUNTS.addAll(List.of(700, 300, 500));
        StreamExecutionEnvironment environment = Jobs.environment(2, null);
        DataStream<Integer> rows = Jobs.rows(environment, ROWS, PER_SECOND);
        RandomCutForestOperator<Integer, Tuple2<Integer, Double>> operator =
                RandomCutForestOperator.<Integer, Tuple2<Integer, Double>>builder()
                        .setShingleSize(4)
                        .setNumberOfTrees(20)
                        .setSampleSize(64)
                        .setSeed(5)
                        .setInputDataMapper(row -> new double[] {value(row)})
                        .setResultMapper(Tuple2::of)
                        .build();
        Jobs.collect(operator.perKey(rows.keyBy(ProgramTest::model, Types.STRING), Jobs.RESULT)
                .uid("model")
                .map(new Jobs.FailAt<Tuple2<Integer, Double>>())
                .returns(Jobs.RESULT));
        environment.execute();

        assertTrue(Jobs.FailAt.COUNTS.isEmpty(), "not all failures have been injected");
        Map<Integer, Double> found = Jobs.Collect.byRow();
        assertEquals(ROWS, found.size());
        expected.forEach((row, score) -> assertEquals(score, found.get(row), "row " + row));
        Jobs.awaitModels(before);
    }

    private Map<Integer, Double> scoresOf(String program) throws Exception {
        Files.writeString(folder.resolve("rcf.toml"), SETTINGS);
        Files.writeString(
                folder.resolve("records.jsonl"),
                IntStream.range(0, ROWS)
                        .mapToObj(row -> String.format(
                                "{\"sensor\": \"%s\", \"value\": %s}%n", key(row), value(row)))
                        .collect(Collectors.joining()));
        Path log = folder.resolve("log");
        int status = new ProcessBuilder(program, "run", "--config", "rcf.toml")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        assertEquals(0, status, Files.readString(log));

        Pattern fields = Pattern.compile("\"sequence\":\"(\\d+)\".*\"score\":([^,]+),");
        Map<Integer, Double> scores = new HashMap<>();
        for (String line : Files.readAllLines(folder.resolve("scores.jsonl"))) {
            Matcher found = fields.matcher(line);
            assertTrue(found.find(), line);
            scores.put(Integer.parseInt(found.group(1)) - 1, Double.valueOf(found.group(2)));
        }
        assertEquals(ROWS, scores.size());
        return scores;
    }

    private static String key(int row) {
        return "sensor " + row * 7 % KEYS;
    }

    /** What the program calls the model of a key: after the shard, which a file has one of. */
    private static String model(int row) {
        return "0/" + key(row);
    }

    private static double value(int row) {
        return 20 + row / KEYS % 24 + Math.floorMod(row * 31L, 97) / 10.0;
    }
}
