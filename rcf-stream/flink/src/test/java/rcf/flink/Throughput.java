package rcf.flink;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Records per second of one core, compared with Amazon's library in the same job: source, operator and
 * sink are one chain, so one thread, whose processor time counts. Not a test: {@code just java
 * measure}.
 */
class Throughput {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int ROUNDS = Integer.getInteger("rcf.rounds", 5);

    /** Multiples of all batch sizes, so that a batch begins at the first row that counts. */
    private static final int WARM_UP = 16 * 1_024;

    private static final int ROWS = 3 * WARM_UP;

    /** Shingle, trees and sample. The last one is what the job of the blog post sets. */
    private static final int[][] FORESTS = {{1, 50, 256}, {8, 50, 256}, {1, 5, 10}};

    @Test
    void besideAmazonsLibrary() throws Exception {
        System.out.println("| shingle, trees, sample | form | records/s | times Amazon's |");
        System.out.println("|---|---|---:|---:|");
        for (int[] forest : FORESTS) {
            Map<String, List<Double>> found = new LinkedHashMap<>();
            for (int round = 0; round < ROUNDS; round++) {
                run(found, "Amazon's library, 4.3.0", rows -> rows.process(
                        new AwsOperator(forest[0], forest[1], forest[2])));
                run(found, "`process`", rows -> rows.process(operator(forest, 1), Jobs.RESULT));
                for (int batch : new int[] {1, 16, 256}) {
                    run(found, "`perSubtask`, batches of " + batch, rows ->
                            operator(forest, batch).perSubtask(rows, Jobs.RESULT));
                }
                run(found, "`perKey`, 10 keys, batches of 256", rows -> operator(forest, 256)
                        .perKey(rows.keyBy(row -> row % 10, Types.INT), Jobs.RESULT));
            }
            double amazon = median(found.values().iterator().next());
            found.forEach((form, rates) -> System.out.printf(
                    "| %d, %d, %d | %s | %,.0f | %.1f |%n",
                    forest[0],
                    forest[1],
                    forest[2],
                    form,
                    median(rates),
                    median(rates) / amazon));
        }
    }

    private interface Form {
        DataStream<Tuple2<Integer, Double>> apply(DataStream<Integer> rows);
    }

    private static void run(Map<String, List<Double>> found, String name, Form form)
            throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        environment.setParallelism(1);
        DataStream<Integer> rows = environment.fromSource(
                new DataGeneratorSource<>(Long::intValue, ROWS, Types.INT),
                WatermarkStrategy.noWatermarks(),
                "rows");
        Clock.nanoseconds = 0;
        form.apply(rows).map(new Clock()).returns(Jobs.RESULT).sinkTo(new DiscardingSink<>());
        environment.execute();
        double rate = (ROWS - WARM_UP) / (Clock.nanoseconds * 1e-9);
        found.computeIfAbsent(name, key -> new ArrayList<>()).add(rate);
    }

    private static RandomCutForestOperator<Integer, Tuple2<Integer, Double>> operator(
            int[] forest, int batchSize) {
        return RandomCutForestOperator.<Integer, Tuple2<Integer, Double>>builder()
                .setShingleSize(forest[0])
                .setNumberOfTrees(forest[1])
                .setSampleSize(forest[2])
                .setReportAnomaliesAfter(forest[2])
                .setBatchSize(batchSize)
                .setInputDataMapper(row -> new double[] {value(row)})
                .setResultMapper(Tuple2::of)
                .build();
    }

    /** A wave with noise. */
    static double value(int row) {
        return 100 * Math.sin(row / 20.0) + Math.floorMod(row * 2_654_435_761L, 1_000L) / 100.0;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().get();
    }

    /** Processor time of the thread from the results of the warm-up to the last one. */
    private static final class Clock
            implements MapFunction<Tuple2<Integer, Double>, Tuple2<Integer, Double>> {
        private static final long serialVersionUID = 1L;
        private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

        static volatile long nanoseconds;

        private long start;

        @Override
        public Tuple2<Integer, Double> map(Tuple2<Integer, Double> result) {
            if (result.f0 == WARM_UP - 1) {
                start = THREADS.getCurrentThreadCpuTime();
            } else if (result.f0 == ROWS - 1) {
                nanoseconds = THREADS.getCurrentThreadCpuTime() - start;
            }
            return result;
        }
    }
}
