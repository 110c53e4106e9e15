package rcf.flink;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.util.OutputTag;
import org.apache.flink.util.Preconditions;
import rcf.Parameters;

/**
 * The base of the builders of all operators.
 *
 * @param <T> records
 * @param <A> outputs of a model
 * @param <R> results
 * @param <B> the builder itself
 */
public abstract class OperatorBuilder<T, A, R, B extends OperatorBuilder<T, A, R, B>> {
    private static final int DEFAULT_BATCH_SIZE = 64;
    private static final Duration DEFAULT_BATCH_TIMEOUT = Duration.ofMillis(50);
    private static final int DEFAULT_MAX_LIVE_MODELS = 10_000;

    Parameters parameters = Parameters.defaults();
    InputDataMapper<T> inputMapper;
    OutputTag<Tuple2<T, String>> badRecords;
    final List<CategoryMapper<T>> categoryMappers = new ArrayList<>();
    int dimensions = 1;
    int batchSize = DEFAULT_BATCH_SIZE;
    Duration batchTimeout = DEFAULT_BATCH_TIMEOUT;
    int maxLiveModels = DEFAULT_MAX_LIVE_MODELS;

    OperatorBuilder() {}

    abstract B self();

    /** The number of values in a record (1). */
    public B setDimensions(int dimensions) {
        this.dimensions = positive("dimensions", dimensions);
        return setParameter("input_dimensions", dimensions);
    }

    /** The number of consecutive records that make one point. */
    public B setShingleSize(int shingleSize) {
        return setParameter("shingle_size", positive("shingleSize", shingleSize));
    }

    /** The number of trees. */
    public B setNumberOfTrees(int numberOfTrees) {
        return setParameter("number_of_trees", positive("numberOfTrees", numberOfTrees));
    }

    /** The number of points that each tree keeps. */
    public B setSampleSize(int sampleSize) {
        return setParameter("sample_size", positive("sampleSize", sampleSize));
    }

    /** The seed of all random draws; the forest of a key has one derived from it. */
    public B setSeed(long seed) {
        Preconditions.checkArgument(seed >= 0, "seed must not be negative, got %s", seed);
        return setParameter("seed", seed);
    }

    /** Any parameter, by its name in rcf's table: see {@link Parameters#with}. */
    public B setParameter(String name, Object value) {
        parameters = parameters.with(name, value);
        return self();
    }

    /** Reads the values of a record. */
    public B setInputDataMapper(InputDataMapper<T> inputDataMapper) {
        this.inputMapper = inputDataMapper;
        return self();
    }

    /**
     * Adds a categorical input: the model sees how surprising the category of a record is among
     * those before it, as one more value after those of the input mapper, which {@link
     * #setDimensions} does not count. The counts belong to the model and are in its state. A
     * missing category is NaN.
     */
    public B addCategory(CategoryMapper<T> categoryMapper) {
        categoryMappers.add(given("categoryMapper", categoryMapper));
        return self();
    }

    /** The parameters of the models, whose inputs are the values and the categories. */
    Parameters modelParameters() {
        return categoryMappers.isEmpty()
                ? parameters
                : parameters.with("input_dimensions", dimensions + categoryMappers.size());
    }

    /**
     * The side output for records that a model rejects (a NaN, a wrong number of values, a time
     * that decreases), each with the reason. Without it, such a record fails the job. The model
     * never sees them.
     *
     * @param badRecords the tag by which {@code SingleOutputStreamOperator.getSideOutput} finds
     *     them;
     *     its type is {@code Types.TUPLE(type of the records, Types.STRING)}
     */
    public B setBadRecordTag(OutputTag<Tuple2<T, String>> badRecords) {
        this.badRecords = badRecords;
        return self();
    }

    /**
     * How many records are passed to the native library at once (64): more cost less each, and wait
     * longer. {@code DataStream.process} does not use it: there each record is a call.
     */
    public B setBatchSize(int batchSize) {
        this.batchSize = positive("batchSize", batchSize);
        return self();
    }

    /** How long a record waits for others of its batch at most (50 ms). */
    public B setBatchTimeout(Duration batchTimeout) {
        Preconditions.checkArgument(
                !batchTimeout.isNegative() && !batchTimeout.isZero(),
                "batchTimeout must be positive, got %s",
                batchTimeout);
        this.batchTimeout = batchTimeout;
        return self();
    }

    /**
     * How many models of keys a subtask keeps in memory (10,000). The least recently used ones are
     * only in Flink's state, and cost a save and a restore at their next record.
     */
    public B setMaxLiveModels(int maxLiveModels) {
        this.maxLiveModels = positive("maxLiveModels", maxLiveModels);
        return self();
    }

    static int positive(String name, int value) {
        Preconditions.checkArgument(value > 0, "%s must be positive, got %s", name, value);
        return value;
    }

    static <V> V given(String name, V value) {
        Preconditions.checkArgument(Objects.nonNull(value), "%s must be set", name);
        return value;
    }
}
