package rcf;

import java.util.Arrays;

/** The result of a detector for an observation. */
public final class Detection {
    /**
     * How many numbers a detection has in the native library, before two for each input.
     */
    private static final int FIELDS = 20;

    private final double[] fields;
    private final int offset;
    private final int dimensions;

    Detection(double[] fields, int row, int dimensions) {
        this.fields = fields;
        this.offset = row * width(dimensions);
        this.dimensions = dimensions;
    }

    /** All numbers of a detection. */
    static int width(int dimensions) {
        return FIELDS + 2 * dimensions;
    }

    /** The score of the forest, higher is more anomalous; 0 before the forest is ready. */
    public double score() {
        return fields[offset];
    }

    /** 0 unless the observation is anomalous; otherwise how far beyond the boundary, up to 1. */
    public double grade() {
        return fields[offset + 1];
    }

    /** From 0 to 1; 0.5 at the boundary, above it if and only if the observation is anomalous. */
    public double severity() {
        return fields[offset + 2];
    }

    /** From 0 to 1: how far to trust the detection. */
    public double confidence() {
        return fields[offset + 3];
    }

    /** The evidence for the decision, in units of its boundary: more than 1 makes a candidate. */
    public double evidence() {
        return fields[offset + 4];
    }

    /**
     * The share of the stream's observations so far with as much evidence; 1 during the warm-up.
     */
    public double pValue() {
        return fields[offset + 5];
    }

    /** The score from which an observation is a candidate by its score alone; infinite at first. */
    public double threshold() {
        return fields[offset + 6];
    }

    /** The fraction of the forest's memory that is interpolated. */
    public double syntheticFraction() {
        return fields[offset + 7];
    }

    /** For a candidate: the value of {@link #input} that deviates; otherwise NaN. */
    public double value() {
        return fields[offset + 8];
    }

    /** For a candidate: the expected value in its place; otherwise NaN. */
    public double expected() {
        return fields[offset + 9];
    }

    /** For a candidate: the input that deviates most, from 0; otherwise 0. */
    public int input() {
        return (int) fields[offset + 10];
    }

    /** Observations that are needed before the first decision; 0 from then on. */
    public long warmUp() {
        return (long) fields[offset + 11];
    }

    /** Values of the observation that were missing and have been filled in. */
    public int imputed() {
        return (int) fields[offset + 12];
    }

    /** For a candidate: which observation deviates; 0 is the newest one, −k the one k before it. */
    public int relativeIndex() {
        return (int) fields[offset + 13];
    }

    /** For a candidate: 1 above the expected value, −1 below; otherwise 0. */
    public int direction() {
        return (int) fields[offset + 14];
    }

    /** Why a candidate is not reported. */
    public Suppression suppressed() {
        return Suppression.of((int) fields[offset + 15]);
    }

    /** Whether the observation is reported as anomalous. */
    public boolean isAnomaly() {
        return fields[offset + 16] != 0;
    }

    /** Whether it is a candidate: reported, or suppressed. */
    public boolean isCandidate() {
        return fields[offset + 17] != 0;
    }

    /** For a candidate: whether it is about a stretch of observations, not the values of one. */
    public boolean isStretch() {
        return fields[offset + 18] != 0;
    }

    /** Whether the forest passes the observation by, since learning is suspended. */
    public boolean isUnlearned() {
        return fields[offset + 19] != 0;
    }

    /** For a candidate: the part of the score due to each input being high; otherwise zeros. */
    public double[] attributionHigh() {
        return attribution(0);
    }

    /** For a candidate: the part of the score due to each input being low; otherwise zeros. */
    public double[] attributionLow() {
        return attribution(dimensions);
    }

    private double[] attribution(int after) {
        int from = offset + FIELDS + after;
        return Arrays.copyOfRange(fields, from, from + dimensions);
    }
}
