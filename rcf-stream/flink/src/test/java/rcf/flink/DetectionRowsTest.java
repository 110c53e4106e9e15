package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import rcf.AnomalyDetector;
import rcf.Detection;
import rcf.Parameters;

/** Detections of two keys, with times, gaps and missing values, behind fields of their records. */
class DetectionRowsTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    private static final int ROWS = 1_900;
    private static final RowTypeInfo FIELDS = new RowTypeInfo(
            new TypeInformation<?>[] {Types.STRING, Types.INT}, new String[] {"sensor", "row"});

    @Test
    void rowsHaveFieldsOfRecordsAndDetections() throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        DataStream<Integer> records = environment
                .fromData(Types.INT, IntStream.range(0, ROWS).boxed().toArray(Integer[]::new));
        AnomalyDetectorOperator<Integer, Row> operator =
                AnomalyDetectorOperator.<Integer, Row>builder()
                        .setFalseAlarmRate(0.001)
                        .setNanIsMissing(true)
                        .setTimestampMapper(DetectionRowsTest::time)
                        .setInputDataMapper(row -> new double[] {value(row)})
                        .setResultMapper(DetectionRows.mapper(row -> Row.of(sensor(row), row)))
                        .build();
        List<Row> rows = new ArrayList<>();
        try (CloseableIterator<Row> found = operator
                .perKey(
                        records.keyBy(DetectionRowsTest::sensor, Types.STRING),
                        DetectionRows.type(FIELDS))
                .executeAndCollect()) {
            found.forEachRemaining(rows::add);
        }

        assertEquals(ROWS, rows.size());
        for (String sensor : List.of("a", "b")) {
            List<Row> ofSensor = rows.stream()
                    .filter(row -> sensor.equals(row.getField("sensor")))
                    .collect(Collectors.toList());
            check(sensor, ofSensor);
        }
        assertTrue(rows.stream().anyMatch(row -> row.<Boolean>getFieldAs("is_anomaly")));
        assertTrue(rows.stream().anyMatch(row -> row.<Integer>getFieldAs("imputed") > 0));
    }

    private static void check(String sensor, List<Row> rows) {
        Parameters parameters = Parameters.defaults().with("false_alarm_rate", 0.001);
        try (AnomalyDetector detector = AnomalyDetector.create(parameters, sensor, true)) {
            for (Row row : rows) {
                int number = row.getFieldAs("row");
                Detection expected = detector.processAt(time(number), value(number));
                assertEquals(expected.score(), row.<Double>getFieldAs("score"));
                assertEquals(expected.isAnomaly(), row.<Boolean>getFieldAs("is_anomaly"));
                if (expected.isCandidate()) {
                    assertEquals(expected.expected(), row.<Double>getFieldAs("expected"));
                    assertArrayEquals(
                            expected.attributionHigh(),
                            row.<double[]>getFieldAs("attribution_high"));
                    assertArrayEquals(
                            expected.attributionLow(),
                            row.<double[]>getFieldAs("attribution_low"));
                } else {
                    assertNull(row.getField("expected"));
                }
            }
        }
    }

    @Test
    void rowsSayWhatWasNotLearned() {
        int column = DetectionRows.TYPE.getFieldIndex("unlearned");
        Random random = new Random(3);
        int inside = 0;
        try (AnomalyDetector detector =
                AnomalyDetector.create(Parameters.defaults().with("input_dimensions", 2))) {
            for (int t = 0; t < 2_500; t++) {
                double level = t >= 2_000 && t < 2_300 ? 6 : 0;
                Detection found = detector.process(
                        level + random.nextGaussian(), level + random.nextGaussian());
                assertEquals(found.isUnlearned(), DetectionRows.of(found).getField(column));
                inside += level > 0 && found.isUnlearned() ? 1 : 0;
            }
        }
        assertTrue(inside > 100, inside + " of 300");
    }

    @Test
    void namesOfFieldsAreUnique() {
        String[] names = DetectionRows.type(FIELDS).getFieldNames();
        assertArrayEquals(new String[] {"sensor", "row"}, Arrays.copyOf(names, 2));
        assertThrows(
                IllegalArgumentException.class,
                () -> DetectionRows.type(new RowTypeInfo(
                        new TypeInformation<?>[] {Types.DOUBLE}, new String[] {"score"})));
    }

    private static String sensor(int row) {
        return row % 2 == 0 ? "a" : "b";
    }

    /** Seconds, with a gap. */
    private static double time(int row) {
        return row * 10.0 + (row > 1_000 ? 40 : 0);
    }

    private static double value(int row) {
        if (row % 501 == 500) {
            return Double.NaN;
        }
        return 20.0 + row / 2 % 24 + (row == 1_800 ? 50 : 0);
    }
}
