package rcf.flink;

import java.time.Duration;
import org.apache.flink.api.java.tuple.Tuple2;
import rcf.ExpectedBits;
import rcf.Parameters;

/** Operators whose records are rows of the file of expected bits, and whose results have scores. */
final class RowOperators {
    private RowOperators() {}

    static RandomCutForestOperator<Integer, Tuple2<Integer, Double>> forest(
            ExpectedBits expected, int batchSize) {
        RandomCutForestOperatorBuilder<Integer, Tuple2<Integer, Double>> builder =
                RandomCutForestOperator.builder();
        return described(builder, expected.forestParameters(), batchSize)
                .setResultMapper(Tuple2::of)
                .build();
    }

    static AnomalyDetectorOperator<Integer, Tuple2<Integer, Double>> detector(
            ExpectedBits expected, int batchSize) {
        AnomalyDetectorOperatorBuilder<Integer, Tuple2<Integer, Double>> builder =
                AnomalyDetectorOperator.builder();
        return described(builder, expected.detectorParameters(), batchSize)
                .setResultMapper((row, detection) -> Tuple2.of(row, detection.score()))
                .build();
    }

    private static <B extends OperatorBuilder<Integer, ?, Tuple2<Integer, Double>, B>> B described(
            B builder, Parameters parameters, int batchSize) {
        builder.setDimensions(ExpectedBits.INPUTS);
        builder.parameters = parameters;
        return builder.setInputDataMapper(row -> Rows.EXPECTED.record(row))
                .setBatchSize(batchSize)
                .setBatchTimeout(Duration.ofMillis(5));
    }

    /** Read once: mappers are sent to tasks. */
    private static final class Rows {
        static final ExpectedBits EXPECTED = new ExpectedBits();
    }
}
