package rcf.flink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import rcf.InputException;

/** Records that wait for their results, in the order of arrival, and their observations. */
final class Batch<T> {
    private final OperatorConfig<T, ?, ?> config;
    private final List<StreamRecord<T>> records;
    private final double[] values;
    private final String[][] categories;
    private final double[] timestamps;

    /** Why the models reject records, by row. */
    private final Map<Integer, InputException> refusals = new HashMap<>();

    Batch(OperatorConfig<T, ?, ?> config) {
        this.config = config;
        records = new ArrayList<>(config.batchSize);
        values = new double[config.batchSize * config.width()];
        categories = new String[config.batchSize][];
        timestamps = config.timestampMapper == null ? null : new double[config.batchSize];
    }

    int size() {
        return records.size();
    }

    boolean isEmpty() {
        return records.isEmpty();
    }

    boolean isFull() {
        return records.size() == config.batchSize;
    }

    void add(StreamRecord<T> record) {
        int row = records.size();
        double[] observation = config.values(record.getValue());
        categories[row] = config.categories(record.getValue());
        if (timestamps != null) {
            timestamps[row] = config.timestampMapper.applyAsDouble(record.getValue());
        }
        System.arraycopy(observation, 0, values, row * config.width(), observation.length);
        records.add(record);
    }

    StreamRecord<T> record(int row) {
        return records.get(row);
    }

    /** The observations of all records. */
    double[] values() {
        return Arrays.copyOf(values, records.size() * config.width());
    }

    /** The observations of some records. */
    double[] values(List<Integer> rows) {
        int width = config.width();
        double[] some = new double[rows.size() * width];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(values, rows.get(i) * width, some, i * width, width);
        }
        return some;
    }

    /** The times of all records; {@code null} without times. */
    double[] timestamps() {
        return timestamps == null ? null : Arrays.copyOf(timestamps, records.size());
    }

    /** The times of some records; {@code null} without times. */
    double[] timestamps(List<Integer> rows) {
        return timestamps == null
                ? null
                : rows.stream().mapToDouble(row -> timestamps[row]).toArray();
    }

    /** The model's output for all records, {@code null} if it rejects one. */
    <A> List<A> answers(EncodedModel<A> model) {
        if (hasCategories()) {
            return oneByOne(model, IntStream.range(0, size()).boxed());
        }
        try {
            return model.model().processAll(timestamps(), values());
        } catch (InputException refusal) {
            rethrowUnlessCollected(refusal);
            return oneByOne(model, IntStream.range(0, size()).boxed());
        }
    }

    /** The model's output for some records, {@code null} if it rejects one. */
    <A> List<A> answers(EncodedModel<A> model, List<Integer> rows) {
        if (hasCategories()) {
            return oneByOne(model, rows.stream());
        }
        try {
            return model.model().processAll(timestamps(rows), values(rows));
        } catch (InputException refusal) {
            rethrowUnlessCollected(refusal);
            return oneByOne(model, rows.stream());
        }
    }

    /** What a category is worth depends on whether the record before it was taken. */
    private boolean hasCategories() {
        return !config.categoryMappers.isEmpty();
    }

    private void rethrowUnlessCollected(InputException refusal) {
        if (config.badRecords == null) {
            throw refusal;
        }
    }

    /** After a refusal none of the records has been taken. */
    private <A> List<A> oneByOne(EncodedModel<A> model, Stream<Integer> rows) {
        List<A> answers = new ArrayList<>();
        rows.forEach(row -> {
            List<Integer> one = List.of(row);
            double[] observation = values(one);
            A answer = null;
            try {
                model.encode(categories[row], observation);
                answer = model.model().processAll(timestamps(one), observation).get(0);
                model.learn(categories[row]);
            } catch (InputException refusal) {
                rethrowUnlessCollected(refusal);
                refusals.put(row, refusal);
            }
            answers.add(answer);
        });
        return answers;
    }

    /** Why the record of a row was refused; {@code null} if it was not. */
    InputException refusal(int row) {
        return refusals.get(row);
    }

    void clear() {
        records.clear();
        refusals.clear();
    }
}
