package rcf.flink;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.transformations.PhysicalTransformation;
import org.apache.flink.util.Collector;
import rcf.InputException;
import rcf.Model;

/**
 * Models in a job, in one of three forms with the same bits for the same records:
 *
 * <ul>
 * <li>{@code stream.process(operator, type)}: one model for each subtask, a call for each record;
 * <li>{@link #perSubtask}: the same model, with records in batches;
 * <li>{@link #perKey}: one model for each key, in keyed state.
 * </ul>
 *
 * <p>The state is the saved bytes of the models. All of them are exactly-once in Flink's sense:
 * after a failure the models are those of the checkpoint, and results of replayed records have the
 * same bits.
 *
 * @param <T> records
 * @param <A> outputs of a model
 * @param <R> results
 */
public abstract class ModelOperator<T, A, R> extends ProcessFunction<T, R>
        implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    final OperatorConfig<T, A, R> config;
    private transient SubtaskModel<A> model;

    ModelOperator(OperatorConfig<T, A, R> config) {
        this.config = config;
    }

    /** One model for each subtask, with records in batches. */
    public SingleOutputStreamOperator<R> perSubtask(
            DataStream<T> stream, TypeInformation<R> type) {
        return add(stream, name(), type, new SubtaskOperator<>(config));
    }

    /** One model for each key, which rescales with the job. */
    public <K> SingleOutputStreamOperator<R> perKey(
            KeyedStream<T, K> stream, TypeInformation<R> type) {
        return add(stream, name() + " per key", type, new KeyedOperator<>(config));
    }

    /**
     * A process function is chained to its predecessor, so this is, too; Flink 1 would not do so.
     */
    private static <T, R> SingleOutputStreamOperator<R> add(
            DataStream<T> stream,
            String name,
            TypeInformation<R> type,
            OneInputStreamOperator<T, R> operator) {
        SingleOutputStreamOperator<R> results = stream.transform(name, type, operator);
        ((PhysicalTransformation<R>) results.getTransformation())
                .setChainingStrategy(ChainingStrategy.ALWAYS);
        return results;
    }

    /** The name of the operator in a job. */
    abstract String name();

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        model = SubtaskModel.open(
                config,
                context.getOperatorStateStore(),
                getRuntimeContext().getTaskInfo());
    }

    @Override
    public void processElement(T record, Context context, Collector<R> out) {
        A answer;
        try {
            answer = answer(record);
        } catch (InputException refusal) {
            Tuple2<T, String> bad = config.badRecord(record, refusal);
            context.output(config.badRecords, bad);
            return;
        }
        out.collect(config.resultMapper.apply(record, answer));
    }

    private A answer(T record) {
        EncodedModel<A> encoded = this.model.model();
        Model<A> model = encoded.model();
        double[] times = config.timestamps(record);
        double[] values = config.values(record);
        String[] categories = config.categories(record);
        encoded.encode(categories, values);
        A answer =
                times == null ? model.process(values) : model.processAll(times, values).get(0);
        encoded.learn(categories);
        return answer;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        model.save();
    }

    @Override
    public void close() {
        if (model != null) {
            model.close();
        }
    }
}
