package rcf;

import java.util.AbstractList;
import java.util.List;

/** Decides for each observation whether it is an anomaly, how bad, and what was expected. */
public final class AnomalyDetector extends Model<Detection> {
    private final int dimensions;
    private final boolean nanIsMissing;

    private AnomalyDetector(long handle, boolean nanIsMissing) {
        super(handle);
        this.nanIsMissing = nanIsMissing;
        dimensions = Native.detectorInputs(handle);
    }

    /** A new detector. */
    public static AnomalyDetector create(Parameters parameters) {
        return create(parameters, null, false);
    }

    /**
     * The detector of a key, whose seed is derived from it as everywhere in rcf.
     *
     * @param key {@code null} for a detector without one
     * @param nanIsMissing whether NaN is a missing value, which is imputed, or refused
     */
    public static AnomalyDetector create(Parameters parameters, String key, boolean nanIsMissing) {
        return new AnomalyDetector(Native.detectorNew(parameters.toJson(), key), nanIsMissing);
    }

    /** Restores what any interface of rcf has saved. */
    public static AnomalyDetector load(byte[] bytes) {
        return new AnomalyDetector(Native.detectorLoad(null, null, bytes), false);
    }

    /** Restores the detector of a key, or of none, and rejects one with other parameters. */
    public static AnomalyDetector load(
            Parameters parameters, String key, boolean nanIsMissing, byte[] bytes) {
        return new AnomalyDetector(
                Native.detectorLoad(parameters.toJson(), key, bytes), nanIsMissing);
    }

    @Override
    public Detection process(double... observation) {
        return detections(null, observation, 1, observation.length).get(0);
    }

    /** The same at a time, in seconds: gaps are recognised by the mean interval. */
    public Detection processAt(double timestamp, double... observation) {
        return detections(new double[] {timestamp}, observation, 1, observation.length).get(0);
    }

    @Override
    public List<Detection> processAll(double[] timestamps, double[] values) {
        int rows = rows(values, dimensions);
        if (timestamps != null && timestamps.length != rows) {
            throw new InputException(
                    timestamps.length + " timestamps for " + rows + " observations");
        }
        return detections(timestamps, values, rows, dimensions);
    }

    /**
     * Marks a candidate of this detector as normal: similar events are suppressed from then on,
     * unless they are clearly stronger. The mark is part of what is saved.
     *
     * @return the number of the mark
     * @throws InputException if it is not a candidate
     */
    public synchronized long markNormal(Detection candidate) {
        if (!candidate.isCandidate()) {
            throw new InputException("only a candidate can be marked as normal");
        }
        return Native.detectorMarkNormal(
                handle(),
                candidate.input(),
                candidate.value() - candidate.expected(),
                candidate.evidence(),
                candidate.isStretch());
    }

    /** Removes a mark: similar events are reported again. */
    public synchronized void unmarkNormal(long mark) {
        Native.detectorUnmarkNormal(handle(), mark);
    }

    @Override
    public int dimensions() {
        return dimensions;
    }

    /** The number of observations processed so far. */
    public synchronized long observations() {
        return Native.detectorObservations(handle());
    }

    @Override
    public synchronized byte[] toBytes() {
        return Native.detectorSave(handle());
    }

    @Override
    void free(long handle) {
        Native.detectorFree(handle);
    }

    private synchronized List<Detection> detections(
            double[] timestamps, double[] values, int rows, int columns) {
        double[] fields = new double[rows * Detection.width(dimensions)];
        Native.detectorProcess(handle(), timestamps, values, rows, columns, nanIsMissing, fields);
        return new AbstractList<Detection>() {
            @Override
            public Detection get(int index) {
                return new Detection(fields, index, dimensions);
            }

            @Override
            public int size() {
                return rows;
            }
        };
    }
}
