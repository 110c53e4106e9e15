package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import rcf.Parameters;
import rcf.RandomCutForest;

/** The operator as the job of Amazon's blog post uses it: a sine wave that drops to a constant. */
class BlogJobTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int RECORDS = 2_000;
    private static final int DROP = 1_500;

    @Test
    void theJobOfTheBlogPost() throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        DataStream<InputData> source = env.fromData(TypeInformation.of(InputData.class), wave());

        RandomCutForestOperator<InputData, OutputData> randomCutForestOperator =
                RandomCutForestOperator.<InputData, OutputData>builder()
                        .setDimensions(1)
                        .setShingleSize(1)
                        .setSampleSize(10)
                        .setNumberOfTrees(5)
                        .setInputDataMapper(input -> new double[] {input.getCtr()})
                        .setResultMapper((input, score) ->
                                new OutputData(input.getTime(), input.getCtr(), score))
                        .build();
        List<OutputData> results = new ArrayList<>();
        try (CloseableIterator<OutputData> found = source
                .process(randomCutForestOperator, TypeInformation.of(OutputData.class))
                .setParallelism(1)
                .executeAndCollect()) {
            found.forEachRemaining(results::add);
        }

        assertEquals(RECORDS, results.size());
        double[] expected = scores(
                Parameters.defaults().with("sample_size", 10).with("number_of_trees", 5));
        assertArrayEquals(expected, results.stream().mapToDouble(one -> one.score).toArray());
        double highest = results.stream().mapToDouble(one -> one.score).max().getAsDouble();
        assertEquals(results.get(DROP).score, highest, "the drop has the highest score");
    }

    @Test
    void theSimpleMappers() throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        RandomCutForestOperator<Float, Tuple2<Float, Double>> operator =
                RandomCutForestOperator.<Float, Tuple2<Float, Double>>builder()
                        .setInputDataMapper(RandomCutForestOperator.SIMPLE_FLOAT_INPUT_DATA_MAPPER)
                        .setResultMapper(RandomCutForestOperator.SIMPLE_TUPLE_RESULT_DATA_MAPPER)
                        .setReportAnomaliesAfter(100)
                        .build();
        List<Tuple2<Float, Double>> results = new ArrayList<>();
        try (CloseableIterator<Tuple2<Float, Double>> found = env
                .fromData(Types.FLOAT, values())
                .process(operator, TypeInformation.of(new TypeHint<Tuple2<Float, Double>>() {}))
                .setParallelism(1)
                .executeAndCollect()) {
            found.forEachRemaining(results::add);
        }
        double[] expected = scores(Parameters.defaults().with("output_after", 100));
        assertArrayEquals(expected, results.stream().mapToDouble(one -> one.f1).toArray());
        assertTrue(results.get(99).f1 == 0 && results.get(101).f1 > 0);
    }

    private static double[] scores(Parameters parameters) {
        try (RandomCutForest forest = RandomCutForest.create(parameters)) {
            return forest.processAll(
                    Arrays.stream(values()).mapToDouble(Float::doubleValue).toArray());
        }
    }

    private static Float[] values() {
        Float[] values = new Float[RECORDS];
        for (int i = 0; i < RECORDS; i++) {
            values[i] = i < DROP ? (float) Math.round(100 * Math.sin(i / 20.0)) : -170;
        }
        return values;
    }

    private static InputData[] wave() {
        Float[] values = values();
        InputData[] wave = new InputData[RECORDS];
        for (int i = 0; i < RECORDS; i++) {
            wave[i] = new InputData("t" + i, values[i]);
        }
        return wave;
    }

    /** A record of the data generator of the blog post. */
    public static final class InputData {
        public String time;
        public float ctr;

        public InputData() {}

        InputData(String time, float ctr) {
            this.time = time;
            this.ctr = ctr;
        }

        String getTime() {
            return time;
        }

        float getCtr() {
            return ctr;
        }
    }

    /** What it writes to its output stream. */
    public static final class OutputData {
        public String time;
        public float ctr;
        public double score;

        public OutputData() {}

        OutputData(String time, float ctr, double score) {
            this.time = time;
            this.ctr = ctr;
            this.score = score;
        }
    }
}
