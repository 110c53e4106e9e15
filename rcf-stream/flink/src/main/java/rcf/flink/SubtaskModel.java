package rcf.flink;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * The model of a subtask, and its state: the subtask's number and the saved bytes.
 *
 * <p>A restart sees the models of all subtasks. With the same parallelism each takes its own. With
 * a higher one models are copied in turn: subtask <i>i</i> of a job that had <i>n</i> takes that of
 * <i>i</i> mod <i>n</i>. A lower one is refused: forests cannot be merged.
 */
final class SubtaskModel<A> implements AutoCloseable {
    private static final ListStateDescriptor<Tuple2<Integer, byte[]>> STATE =
            new ListStateDescriptor<>(
                    "rcf-subtask-models",
                    new TupleTypeInfo<>(
                            Types.INT, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));

    private final EncodedModel<A> model;
    private final int subtask;
    private final ListState<Tuple2<Integer, byte[]>> state;

    private SubtaskModel(
            EncodedModel<A> model, int subtask, ListState<Tuple2<Integer, byte[]>> state) {
        this.model = model;
        this.subtask = subtask;
        this.state = state;
    }

    static <A> SubtaskModel<A> open(
            OperatorConfig<?, A, ?> config, OperatorStateStore store, TaskInfo task)
            throws Exception {
        ListState<Tuple2<Integer, byte[]>> state = store.getUnionListState(STATE);
        List<Tuple2<Integer, byte[]>> saved = new ArrayList<>();
        state.get().forEach(saved::add);
        saved.sort(Comparator.comparing(one -> one.f0));
        int subtask = task.getIndexOfThisSubtask();
        return new SubtaskModel<>(model(config, saved, task), subtask, state);
    }

    private static <A> EncodedModel<A> model(
            OperatorConfig<?, A, ?> config,
            List<Tuple2<Integer, byte[]>> saved,
            TaskInfo task) {
        if (saved.isEmpty()) {
            return EncodedModel.create(config, null);
        }
        int parallelism = task.getNumberOfParallelSubtasks();
        if (parallelism < saved.size()) {
            // Another attempt would give the same result.
            throw new SuppressRestartsException(
                    new IllegalStateException(
                            "the state has the models of "
                                    + saved.size()
                                    + " subtasks, which "
                                    + parallelism
                                    + " cannot take over, for forests cannot be merged: restart"
                                    + " with a parallelism of at least "
                                    + saved.size()
                                    + ", or use a model for each key (perKey)"));
        }
        return EncodedModel.load(
                config, null, saved.get(task.getIndexOfThisSubtask() % saved.size()).f1);
    }

    EncodedModel<A> model() {
        return model;
    }

    void save() throws Exception {
        state.update(List.of(Tuple2.of(subtask, model.toBytes())));
    }

    @Override
    public void close() {
        model.close();
    }
}
