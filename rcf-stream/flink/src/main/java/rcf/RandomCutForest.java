package rcf;

import java.util.AbstractList;
import java.util.List;
import java.util.Objects;

/** A random cut forest: the higher a score, the more anomalous; about 1 is usual. */
public final class RandomCutForest extends Model<Double> {
    private final int dimensions;
    private final double[] score = new double[1];

    private RandomCutForest(long handle) {
        super(handle);
        dimensions = Native.forestValuesPerCall(handle);
    }

    /** A new forest. */
    public static RandomCutForest create(Parameters parameters) {
        return create(parameters, null);
    }

    /** The forest of a key, whose seed is derived from it as everywhere in rcf. */
    public static RandomCutForest create(Parameters parameters, String key) {
        return new RandomCutForest(Native.forestNew(parameters.toJson(), key));
    }

    /** Restores what any interface of rcf has saved. */
    public static RandomCutForest load(byte[] bytes) {
        return new RandomCutForest(Native.forestLoad(null, null, bytes));
    }

    /** Restores the forest of a key, or of none, and rejects one with other parameters. */
    public static RandomCutForest load(Parameters parameters, String key, byte[] bytes) {
        return new RandomCutForest(Native.forestLoad(parameters.toJson(), key, bytes));
    }

    /** Scores an observation, then learns it; 0 until the forest is ready. */
    @Override
    public synchronized Double process(double... observation) {
        Native.forestProcess(handle(), observation, 1, observation.length, score);
        return score[0];
    }

    @Override
    public List<Double> processAll(double[] timestamps, double[] values) {
        if (timestamps != null) {
            throw new InputException("a forest takes no times; a detector does");
        }
        return asList(processAll(values));
    }

    /** Scores and learns observations in order. */
    public synchronized double[] processAll(double[] values) {
        int rows = rows(values, dimensions);
        double[] scores = new double[rows];
        Native.forestProcess(handle(), values, rows, dimensions, scores);
        return scores;
    }

    /** Scores an observation as if it came next, and changes nothing. */
    public synchronized double score(double... observation) {
        return Native.forestScore(handle(), Objects.requireNonNull(observation));
    }

    @Override
    public int dimensions() {
        return dimensions;
    }

    /** The number of updates so far. */
    public synchronized long updates() {
        return Native.forestUpdates(handle());
    }

    @Override
    public synchronized byte[] toBytes() {
        return Native.forestSave(handle());
    }

    @Override
    void free(long handle) {
        Native.forestFree(handle);
    }

    private static List<Double> asList(double[] scores) {
        return new AbstractList<Double>() {
            @Override
            public Double get(int index) {
                return scores[index];
            }

            @Override
            public int size() {
                return scores.length;
            }
        };
    }
}
