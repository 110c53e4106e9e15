package rcf.flink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.runtime.state.StateInitializationContext;

/** One model for each key. Its state is the saved bytes of the model, as the value of the key. */
final class KeyedOperator<T, A, R> extends BatchOperator<T, A, R> {
    private static final long serialVersionUID = 1L;

    private static final ValueStateDescriptor<byte[]> STATE =
            new ValueStateDescriptor<>(
                    "rcf-model", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    private transient LiveModels<A> models;

    /** The keys of the records of the batch. */
    private transient List<Object> keys;

    KeyedOperator(OperatorConfig<T, A, R> config) {
        super(config);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        ValueState<byte[]> state = context.getKeyedStateStore().getState(STATE);
        models = new LiveModels<>(
                config, new KeyedBytes(state, this::setCurrentKey));
        keys = new ArrayList<>(config.batchSize);
    }

    @Override
    public void open() throws Exception {
        super.open();
        getMetricGroup().gauge("rcfLiveModels", models::size);
    }

    @Override
    void added() {
        keys.add(getCurrentKey());
    }

    @Override
    List<A> answers(Batch<T> batch) throws Exception {
        Map<Object, List<Integer>> rowsOfKeys = new LinkedHashMap<>();
        for (int row = 0; row < batch.size(); row++) {
            rowsOfKeys.computeIfAbsent(keys.get(row), key -> new ArrayList<>()).add(row);
        }
        @SuppressWarnings("unchecked")
        A[] answers = (A[]) new Object[batch.size()];
        for (Map.Entry<Object, List<Integer>> ofKey : rowsOfKeys.entrySet()) {
            List<Integer> rows = ofKey.getValue();
            List<A> found = batch.answers(models.change(ofKey.getKey()), rows);
            for (int i = 0; i < rows.size(); i++) {
                answers[rows.get(i)] = found.get(i);
            }
        }
        keys.clear();
        return Arrays.asList(answers);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        models.saveChanged();
    }

    @Override
    public void close() throws Exception {
        if (models != null) {
            models.close();
        }
        super.close();
    }
}
