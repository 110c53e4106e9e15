package rcf;

import java.util.Objects;

/**
 * Turns categories into numbers that a detector can judge: how surprising each is. That is one more
 * input next to the numbers, with an encoder for each column of categories. Close it like a model.
 */
public final class CategoryEncoder extends Handle {
    private CategoryEncoder(long handle) {
        super(handle);
    }

    /** An encoder of up to 1,024 categories with a memory of 10,000 observations. */
    public static CategoryEncoder create() {
        return create(Parameters.defaults());
    }

    /**
     * A new encoder.
     *
     * @param parameters {@code capacity}, the largest number of categories, and {@code
     *     time_decay}, by which counts decay per observation
     */
    public static CategoryEncoder create(Parameters parameters) {
        return new CategoryEncoder(Native.categoryEncoderNew(parameters.toJson()));
    }

    /** Restores what any interface of rcf has saved. */
    public static CategoryEncoder load(byte[] bytes) {
        return new CategoryEncoder(Native.categoryEncoderLoad(bytes));
    }

    /** The surprise of a category given those before it, −ln of its share: 0 or more. Learns it. */
    public synchronized double process(String category) {
        Objects.requireNonNull(category, "give missing categories their own name");
        return Native.categoryEncoderProcess(handle(), category, true);
    }

    /** The same without learning it; an unknown category has that of a new one. */
    public synchronized double surprise(String category) {
        Objects.requireNonNull(category, "give missing categories their own name");
        return Native.categoryEncoderProcess(handle(), category, false);
    }

    /** The whole encoder, to be saved together with the detector that it feeds. */
    public synchronized byte[] toBytes() {
        return Native.categoryEncoderSave(handle());
    }

    @Override
    void free(long handle) {
        Native.categoryEncoderFree(handle);
    }
}
