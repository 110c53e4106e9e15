package rcf.flink;

import java.util.List;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;

/** One model for each subtask. Its state is that of {@link ModelOperator} in a process function. */
final class SubtaskOperator<T, A, R> extends BatchOperator<T, A, R> {
    private static final long serialVersionUID = 1L;

    private transient SubtaskModel<A> model;

    SubtaskOperator(OperatorConfig<T, A, R> config) {
        super(config);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        model = SubtaskModel.open(
                config,
                context.getOperatorStateStore(),
                getRuntimeContext().getTaskInfo());
    }

    @Override
    List<A> answers(Batch<T> batch) {
        return batch.answers(model.model());
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        model.save();
    }

    @Override
    public void close() throws Exception {
        if (model != null) {
            model.close();
        }
        super.close();
    }
}
