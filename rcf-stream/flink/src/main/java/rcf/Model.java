package rcf;

import java.util.List;

/**
 * A model that learns from each observation. It lives outside of Java's heap: close it.
 *
 * <p>Any thread may use it; calls wait for each other.
 *
 * @param <A> the result for an observation
 */
public abstract class Model<A> extends Handle {
    Model(long handle) {
        super(handle);
    }

    /** Models and encoders of this class loader that are not closed. */
    public static long liveModels() {
        return Native.liveModels();
    }

    /** Processes an observation, then learns it. */
    public abstract A process(double... observation);

    /**
     * Processes and learns observations in order, which costs less than one by one.
     *
     * @param timestamps seconds, one for each observation; {@code null} without times
     * @param values the observations, one after the other
     * @throws InputException if one is refused; then none has been taken
     */
    public abstract List<A> processAll(double[] timestamps, double[] values);

    /** The number of values in an observation. */
    public abstract int dimensions();

    /**
     * The whole model, which any interface of rcf can load, and which continues with the same bits.
     */
    public abstract byte[] toBytes();

    /** The number of whole rows in an array. */
    static int rows(double[] values, int columns) {
        if (values.length % columns != 0) {
            throw new InputException(
                    values.length + " values cannot be split into observations of "
                            + columns + " values each");
        }
        return values.length / columns;
    }
}
