package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple1;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import rcf.Model;

/** When batches end, and how records are handled while they wait. */
@Timeout(60)
class BatchesTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int ROWS = 300;

    @BeforeEach
    void nothingCollected() {
        Jobs.Collect.RESULTS.clear();
    }

    @ParameterizedTest
    @EnumSource(names = {"PER_SUBTASK", "PER_KEY"})
    void aRecordWaitsNoLongerThanTheTimeout(Form form) throws Exception {
        long before = Model.liveModels();
        // Without checkpoints, whose barriers would end batches, too.
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        environment.setParallelism(1);
        DataStream<Integer> rows = Jobs.rows(environment, Integer.MAX_VALUE, 50);
        Jobs.collect(form.apply(operator(1_000_000, Duration.ofMillis(30)), rows));
        JobClient job = environment.executeAsync();
        Jobs.Collect.await(20);
        job.cancel().get();
        Jobs.awaitModels(before);
    }

    @ParameterizedTest
    @EnumSource(names = {"PER_SUBTASK", "PER_KEY"})
    void theLastBatchEndsWithTheInput(Form form) throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        environment.setParallelism(1);
        DataStream<Integer> rows = Jobs.rows(environment, ROWS, 10_000);
        Jobs.collect(form.apply(operator(1_000, Duration.ofHours(1)), rows));
        environment.execute();
        assertEquals(
                IntStream.range(0, ROWS).boxed().collect(Collectors.toSet()),
                Jobs.Collect.byRow().keySet());
    }

    @Test
    void recordsThatAreReusedAreCopied() throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        environment.setParallelism(1);
        environment.getConfig().enableObjectReuse();
        RandomCutForestOperator<Tuple1<Integer>, Tuple2<Integer, Double>> operator =
                RandomCutForestOperator.<Tuple1<Integer>, Tuple2<Integer, Double>>builder()
                        .setBatchSize(100)
                        .setInputDataMapper(record -> new double[] {record.f0})
                        .setResultMapper((record, score) -> Tuple2.of(record.f0, score))
                        .build();
        DataStream<Tuple1<Integer>> reused = Jobs.rows(environment, ROWS, 10_000)
                .map(new Reused())
                .returns(Types.TUPLE(Types.INT));
        Jobs.collect(operator.perSubtask(reused, Jobs.RESULT));
        environment.execute();
        Map<Integer, Double> found = Jobs.Collect.byRow();
        assertEquals(ROWS, found.size());
    }

    @Test
    void aWrongNumberOfValuesFailsTheJob() {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        RandomCutForestOperator<Integer, Tuple2<Integer, Double>> operator =
                RandomCutForestOperator.<Integer, Tuple2<Integer, Double>>builder()
                        .setDimensions(2)
                        .setInputDataMapper(row -> new double[] {row})
                        .setResultMapper(Tuple2::of)
                        .build();
        Jobs.collect(operator.perSubtask(Jobs.rows(environment, 1, 1), Jobs.RESULT));
        Throwable error = assertThrows(Exception.class, environment::execute);
        while (error.getCause() != null) {
            error = error.getCause();
        }
        assertTrue(
                error.getMessage().contains("has read 1 values from a record, setDimensions is 2"),
                error.toString());
    }

    @Test
    void buildersSayWhatIsMissing() {
        assertThrows(
                IllegalArgumentException.class,
                () -> RandomCutForestOperator.<Integer, Integer>builder().build());
        assertThrows(
                IllegalArgumentException.class,
                () -> RandomCutForestOperator.builder().setShingleSize(0));
        assertThrows(
                IllegalArgumentException.class,
                () -> RandomCutForestOperator.builder().setBatchTimeout(Duration.ZERO));
    }

    private static RandomCutForestOperator<Integer, Tuple2<Integer, Double>> operator(
            int batchSize, Duration timeout) {
        return RandomCutForestOperator.<Integer, Tuple2<Integer, Double>>builder()
                .setBatchSize(batchSize)
                .setBatchTimeout(timeout)
                .setInputDataMapper(row -> new double[] {row})
                .setResultMapper(Tuple2::of)
                .build();
    }

    /** Emits one object again and again. */
    private static final class Reused implements MapFunction<Integer, Tuple1<Integer>> {
        private static final long serialVersionUID = 1L;

        private final Tuple1<Integer> record = new Tuple1<>();

        @Override
        public Tuple1<Integer> map(Integer row) {
            record.f0 = row;
            return record;
        }
    }
}
