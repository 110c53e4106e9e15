package rcf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BitsTest {
    private static final int HALF = 500;

    private final ExpectedBits expected = new ExpectedBits();

    @Test
    void forestOneByOneThenSavedThenAtOnce() {
        byte[] saved;
        try (RandomCutForest forest = RandomCutForest.create(expected.forestParameters())) {
            for (int row = 0; row < HALF; row++) {
                assertBits(expected.forest[row], forest.score(expected.record(row)), row);
                assertBits(expected.forest[row], forest.process(expected.record(row)), row);
            }
            saved = forest.toBytes();
            assertEquals(HALF, forest.updates());
        }
        try (RandomCutForest forest =
                RandomCutForest.load(expected.forestParameters(), null, saved)) {
            double[] scores = forest.processAll(rest());
            for (int row = HALF; row < expected.forest.length; row++) {
                assertBits(expected.forest[row], scores[row - HALF], row);
            }
            assertEquals(expected.forest.length, forest.updates());
        }
    }

    @Test
    void detectorOneByOneThenSavedThenAtOnce() {
        byte[] saved;
        try (AnomalyDetector detector = AnomalyDetector.create(expected.detectorParameters())) {
            for (int row = 0; row < HALF; row++) {
                Detection detection = detector.process(expected.record(row));
                assertBits(expected.detector[row], detection.score(), row);
                assertEquals(detection.isAnomaly(), detection.severity() > 0.5);
            }
            saved = detector.toBytes();
        }
        try (AnomalyDetector detector =
                AnomalyDetector.load(expected.detectorParameters(), null, false, saved)) {
            List<Detection> detections = detector.processAll(null, rest());
            for (int row = HALF; row < expected.detector.length; row++) {
                assertBits(expected.detector[row], detections.get(row - HALF).score(), row);
            }
        }
    }

    private double[] rest() {
        return Arrays.copyOfRange(
                expected.values, HALF * ExpectedBits.INPUTS, expected.values.length);
    }

    static void assertBits(double expected, double found, int row) {
        assertEquals(
                Double.doubleToRawLongBits(expected),
                Double.doubleToRawLongBits(found),
                () -> "row " + row + ": expected " + expected + ", found " + found);
    }
}
