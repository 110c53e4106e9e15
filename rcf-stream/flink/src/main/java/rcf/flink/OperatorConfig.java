package rcf.flink;

import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.util.OutputTag;
import rcf.InputException;

/** The settings of a builder. */
final class OperatorConfig<T, A, R> implements Serializable {
    private static final long serialVersionUID = 1L;

    final ModelFactory<A> models;
    final InputDataMapper<T> inputMapper;
    final AnswerMapper<T, A, R> resultMapper;
    final ArrayList<CategoryMapper<T>> categoryMappers;
    final int dimensions;

    /** {@code null} without times. */
    final TimestampMapper<T> timestampMapper;

    /** {@code null} if bad records fail the job. */
    final OutputTag<Tuple2<T, String>> badRecords;

    final int batchSize;
    final Duration batchTimeout;
    final int maxLiveModels;

    OperatorConfig(
            OperatorBuilder<T, A, R, ?> builder,
            ModelFactory<A> models,
            AnswerMapper<T, A, R> resultMapper,
            TimestampMapper<T> timestampMapper) {
        this.models = models;
        this.resultMapper = OperatorBuilder.given("resultMapper", resultMapper);
        this.inputMapper = OperatorBuilder.given("inputDataMapper", builder.inputMapper);
        this.timestampMapper = timestampMapper;
        this.categoryMappers = new ArrayList<>(builder.categoryMappers);
        this.dimensions = builder.dimensions;
        this.badRecords = builder.badRecords;
        this.batchSize = builder.batchSize;
        this.batchTimeout = builder.batchTimeout;
        this.maxLiveModels = builder.maxLiveModels;
    }

    /** The number of values in an observation: those of a record, and one for each category. */
    int width() {
        return dimensions + categoryMappers.size();
    }

    /** The observation of a record, without what its categories are worth. */
    double[] values(T record) {
        double[] values = inputMapper.apply(record);
        if (values.length != dimensions) {
            throw new InputException(
                    "the inputDataMapper has read "
                            + values.length
                            + " values from a record, setDimensions is "
                            + dimensions);
        }
        return categoryMappers.isEmpty() ? values : Arrays.copyOf(values, width());
    }

    String[] categories(T record) {
        String[] categories = new String[categoryMappers.size()];
        for (int i = 0; i < categories.length; i++) {
            categories[i] = categoryMappers.get(i).apply(record);
        }
        return categories;
    }

    /** The side output of a bad record; without one the exception is thrown. */
    Tuple2<T, String> badRecord(T record, InputException refusal) {
        if (badRecords == null) {
            throw refusal;
        }
        return Tuple2.of(record, refusal.getMessage());
    }

    double[] timestamps(T record) {
        return timestampMapper == null
                ? null
                : new double[] {timestampMapper.applyAsDouble(record)};
    }
}
