package rcf.flink;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import rcf.Model;

/** Parts of jobs: a source of row numbers, failures, and a place for results. */
final class Jobs {
    static final TypeInformation<Tuple2<Integer, Double>> RESULT =
            TypeInformation.of(new TypeHint<Tuple2<Integer, Double>>() {});

    private static final int SLOTS = 8;

    private Jobs() {}

    static MiniClusterExtension cluster() {
        return new MiniClusterExtension(
                new MiniClusterResourceConfiguration.Builder()
                        .setNumberTaskManagers(1)
                        .setNumberSlotsPerTaskManager(SLOTS)
                        .build());
    }

    /** An environment with checkpoints each 20 ms and restarts, perhaps from a savepoint. */
    static StreamExecutionEnvironment environment(int parallelism, String savepoint) {
        Configuration settings = new Configuration();
        settings.setString("restart-strategy.type", "fixed-delay");
        settings.setString("restart-strategy.fixed-delay.attempts", "100");
        settings.setString("restart-strategy.fixed-delay.delay", "1 ms");
        if (savepoint != null) {
            settings.setString("execution.state-recovery.path", savepoint);
        }
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        environment.configure(settings);
        environment.setParallelism(parallelism);
        environment.setMaxParallelism(128);
        environment.enableCheckpointing(20);
        return environment;
    }

    /** The numbers from 0 on, in order, and resumed after those of a checkpoint. */
    static DataStream<Integer> rows(
            StreamExecutionEnvironment environment, int rows, int perSecond) {
        DataGeneratorSource<Integer> source = new DataGeneratorSource<>(
                Long::intValue, rows, RateLimiterStrategy.perSecond(perSecond), Types.INT);
        return environment
                .fromSource(source, WatermarkStrategy.noWatermarks(), "rows", Types.INT)
                .setParallelism(1)
                .uid("rows");
    }

    static void collect(DataStream<Tuple2<Integer, Double>> results) {
        results.map(new Collect()).returns(RESULT).sinkTo(new DiscardingSink<>());
    }

    /** Waits until as many models are live as were before, for tasks end after their job. */
    static void awaitModels(long before) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (Model.liveModels() != before) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(
                        (Model.liveModels() - before) + " models are left of a job that has ended");
            }
            Thread.sleep(5);
        }
    }

    /** Results of all attempts, those of replayed records again. */
    static final class Collect
            implements MapFunction<Tuple2<Integer, Double>, Tuple2<Integer, Double>> {
        private static final long serialVersionUID = 1L;

        static final ConcurrentLinkedQueue<Tuple2<Integer, Double>> RESULTS =
                new ConcurrentLinkedQueue<>();

        @Override
        public Tuple2<Integer, Double> map(Tuple2<Integer, Double> result) {
            RESULTS.add(result);
            return result;
        }

        /** One score for each row; results of a row that was replayed must have the same bits. */
        static Map<Integer, Double> byRow() {
            Map<Integer, Double> scores = new TreeMap<>();
            for (Tuple2<Integer, Double> result : RESULTS) {
                Double earlier = scores.put(result.f0, result.f1);
                if (earlier != null && !earlier.equals(result.f1)) {
                    throw new AssertionError(
                            "row " + result.f0 + " has scores " + earlier + " and " + result.f1);
                }
            }
            return scores;
        }

        static void await(int results) throws InterruptedException {
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (RESULTS.size() < results) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError(RESULTS.size() + " results of " + results);
                }
                Thread.sleep(5);
            }
        }
    }

    /**
     * Throws as soon as an attempt has seen as many records as the first of some numbers, once
     * each.
     */
    static final class FailAt<T> implements MapFunction<T, T> {
        private static final long serialVersionUID = 1L;

        static final List<Integer> COUNTS = new CopyOnWriteArrayList<>();

        private int seen;

        @Override
        public T map(T value) {
            seen++;
            if (!COUNTS.isEmpty() && seen >= COUNTS.get(0)) {
                throw new IllegalStateException("an injected failure at " + COUNTS.remove(0));
            }
            return value;
        }
    }
}
