package rcf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ModelTest {
    private static final Parameters SMALL =
            Parameters.defaults().with("number_of_trees", 5).with("sample_size", 16);

    private long before;

    @BeforeEach
    void count() {
        before = Model.liveModels();
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(before, Model.liveModels());
    }

    @Test
    void whatIsWrongWithParametersIsSaid() {
        refused(
                ConfigException.class,
                "unknown parameter shingles; known parameters are",
                () -> RandomCutForest.create(SMALL.with("shingles", 4)));
        refused(
                ConfigException.class,
                "shingle_size must be a whole number of at least 0, got \"four\"",
                () -> RandomCutForest.create(SMALL.with("shingle_size", "four")));
        refused(
                ConfigException.class,
                "sample_size",
                () -> RandomCutForest.create(SMALL.with("sample_size", 0)));
        refused(
                ConfigException.class,
                "mutually exclusive",
                () -> AnomalyDetector.create(
                        SMALL.with("threshold", 1.5).with("false_alarm_rate", 0.01)));
        refused(
                ConfigException.class,
                "time_decay must be a finite number",
                () -> SMALL.with("time_decay", Double.NaN));
    }

    @Test
    void parametersAreJson() {
        Parameters parameters = Parameters.defaults()
                .with("learning", List.of("skip", 500))
                .with("a \"quoted\"\n\\name", true)
                .with("weights", new double[] {1, 0.5})
                .with("ignore_near_expected", Map.of("absolute_above", 2.0));
        assertEquals(
                "{\"a \\\"quoted\\\"\\u000a\\\\name\": true, "
                        + "\"ignore_near_expected\": {\"absolute_above\": 2.0}, "
                        + "\"learning\": [\"skip\", 500], \"weights\": [1.0, 0.5]}",
                parameters.toJson());
    }

    @Test
    void refusedObservationsChangeNothing() {
        try (RandomCutForest forest = RandomCutForest.create(SMALL)) {
            refused(InputException.class, "expected 1 values, got 2", () -> forest.process(1, 2));
            refused(InputException.class, "", () -> forest.process(Double.NaN));
            refused(InputException.class, "", () -> forest.score(Double.POSITIVE_INFINITY));
            refused(
                    InputException.class,
                    "row 2",
                    () -> forest.processAll(new double[] {1, 2, Double.NaN}));
            refused(
                    InputException.class,
                    "takes no times",
                    () -> forest.processAll(new double[1], new double[1]));
            assertEquals(0, forest.updates());
        }
        try (RandomCutForest forest = RandomCutForest.create(SMALL.with("input_dimensions", 2))) {
            refused(
                    InputException.class,
                    "3 values cannot be split into observations of 2 values each",
                    () -> forest.processAll(new double[3]));
        }
        try (AnomalyDetector detector = AnomalyDetector.create(SMALL)) {
            refused(
                    InputException.class,
                    "2 timestamps for 3 observations",
                    () -> detector.processAll(new double[2], new double[3]));
            detector.processAt(10, 1);
            refused(InputException.class, "", () -> detector.processAt(9, 1));
            assertEquals(1, detector.observations());
        }
    }

    @Test
    void statesThatAreNoneAreRefused() {
        byte[] forest;
        try (RandomCutForest model = RandomCutForest.create(SMALL)) {
            for (int i = 0; i < 100; i++) {
                model.process(i % 7);
            }
            forest = model.toBytes();
        }
        refused(StateException.class, "", () -> RandomCutForest.load(new byte[0]));
        refused(StateException.class, "", () -> RandomCutForest.load(new byte[1000]));
        refused(StateException.class, "", () -> AnomalyDetector.load(forest));
        byte[] damaged = forest.clone();
        damaged[damaged.length / 2] ^= 1;
        refused(StateException.class, "", () -> RandomCutForest.load(damaged));
        refused(
                StateException.class,
                "the saved model has other parameters; saved: shingle_size: 1, requested:"
                        + " shingle_size: 4",
                () -> RandomCutForest.load(SMALL.with("shingle_size", 4), null, forest));
        try (RandomCutForest model = RandomCutForest.load(SMALL, null, forest)) {
            assertArrayEquals(forest, model.toBytes());
        }
    }

    @Test
    void closedModelsAreRefused() {
        RandomCutForest forest = RandomCutForest.create(SMALL);
        forest.close();
        forest.close();
        assertThrows(IllegalStateException.class, () -> forest.process(1));
        assertThrows(IllegalStateException.class, forest::toBytes);
        assertThrows(IllegalStateException.class, forest::updates);
    }

    @Test
    void theSeedOfAKeyIsItsOwn() {
        Parameters parameters = SMALL.with("seed", 7);
        try (RandomCutForest none = RandomCutForest.create(parameters);
                RandomCutForest empty = RandomCutForest.create(parameters, "");
                RandomCutForest key = RandomCutForest.create(parameters, "sensor-1");
                // rcf_core::keyed::seed_for_key(7, "sensor-1")
                RandomCutForest seeded = RandomCutForest.create(
                        SMALL.with("seed", 0x5142_9c94_4386_8a6aL))) {
            double[] values = new double[200];
            for (int i = 0; i < values.length; i++) {
                values[i] = i * i % 37;
            }
            assertArrayEquals(none.processAll(values), empty.processAll(values));
            double[] scores = key.processAll(values);
            assertArrayEquals(seeded.processAll(values), scores);
            assertNotEquals(none.score(90), key.score(90));
            refused(
                    StateException.class,
                    "seed",
                    () -> RandomCutForest.load(parameters, "sensor-2", key.toBytes()));
        }
    }

    @Test
    void aSpikeIsDetectedWithWhatWasExpected() {
        try (AnomalyDetector detector =
                AnomalyDetector.create(Parameters.defaults(), null, true)) {
            for (int t = 0; t < 900; t++) {
                detector.process(20.0 + t % 24);
            }
            Detection detection = detector.process(20.0 + 900 % 24 + 50);
            assertTrue(detection.isAnomaly() && detection.isCandidate());
            assertEquals(82.0, detection.value());
            assertEquals(1, detection.direction());
            assertEquals(Suppression.NONE, detection.suppressed());
            Detection missing = detector.process(Double.NaN);
            assertEquals(1, missing.imputed());
            assertFalse(missing.isAnomaly());
        }
    }

    @Test
    void whatIsMarkedAsNormalIsSuppressedUntilTheMarkIsTakenBack() {
        List<Suppression> said = new ArrayList<>();
        try (AnomalyDetector detector =
                AnomalyDetector.create(Parameters.defaults().with("seed", 7))) {
            for (int t = 0; t < 1500; t++) {
                boolean isSpike = t % 500 == 499;
                Detection found = detector.process(Math.sin(t / 8.0) + (isSpike ? 4 : 0));
                if (t == 100) {
                    refused(InputException.class, "candidate", () -> detector.markNormal(found));
                }
                if (isSpike) {
                    said.add(found.suppressed());
                    assertEquals(found.isAnomaly(), found.suppressed() == Suppression.NONE);
                }
                if (t == 499) {
                    assertEquals(0, detector.markNormal(found));
                }
                if (t == 999) {
                    detector.unmarkNormal(0);
                }
            }
            refused(InputException.class, "no mark has the number 0", () -> detector.unmarkNormal(0));
        }
        assertEquals(
                List.of(Suppression.NONE, Suppression.MARKED_NORMAL, Suppression.NONE), said);
    }

    @Test
    void attributionNamesTheInputThatDeviates() {
        Parameters parameters = Parameters.defaults().with("input_dimensions", 3).with("seed", 7);
        try (AnomalyDetector detector = AnomalyDetector.create(parameters)) {
            for (int t = 0; t < 900; t++) {
                Detection calm = detector.process(wave(t, 0), wave(t, 1), wave(t, 2));
                if (!calm.isCandidate()) {
                    assertArrayEquals(new double[3], calm.attributionHigh());
                }
            }
            Detection found = detector.process(wave(900, 0), wave(900, 1) - 9, wave(900, 2));
            assertTrue(found.isAnomaly());
            assertEquals(1, found.input());
            double[] low = found.attributionLow();
            double others = low[0] + low[2] + DoubleStream.of(found.attributionHigh()).sum();
            assertTrue(low[1] > others, low[1] + " of the score, " + others + " for the others");
        }
    }

    private static double wave(int t, int input) {
        return Math.sin(t / (5.0 + input)) + t * t % 37 / 50.0;
    }

    @Test
    void aNewCategoryIsSurprising() {
        try (CategoryEncoder encoder = CategoryEncoder.create()) {
            for (int t = 0; t < 1000; t++) {
                encoder.process(t % 3 == 1 ? "POST" : "GET");
            }
            assertTrue(encoder.surprise("GET") < 0.5 && encoder.surprise("") > 5);
            try (CategoryEncoder again = CategoryEncoder.load(encoder.toBytes())) {
                assertEquals(encoder.process("Prüfung 𝄞"), again.process("Prüfung 𝄞"));
            }
            assertThrows(NullPointerException.class, () -> encoder.process(null));
        }
        refused(
                ConfigException.class,
                "capacity",
                () -> CategoryEncoder.create(Parameters.defaults().with("capacity", 0)));
        refused(StateException.class, "", () -> CategoryEncoder.load(new byte[100]));
        CategoryEncoder closed = CategoryEncoder.create();
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.process("GET"));
    }

    private static void refused(
            Class<? extends RcfException> type, String message, Runnable body) {
        RcfException refusal = assertThrows(type, body::run);
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }
}
