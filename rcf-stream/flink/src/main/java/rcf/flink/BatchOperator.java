package rcf.flink;

import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import rcf.InputException;

/**
 * Collects records and passes them to models together.
 *
 * <p>A batch ends when it is full, when its first record has waited for the timeout, before a
 * watermark, before a checkpoint's barrier, and at the end of the input. So a result and the change
 * by its record are on the same side of a barrier, and no part of a batch is in a checkpoint.
 */
abstract class BatchOperator<T, A, R> extends AbstractStreamOperator<R>
        implements OneInputStreamOperator<T, R> {
    private static final long serialVersionUID = 1L;

    final OperatorConfig<T, A, R> config;
    private transient Batch<T> batch;
    private transient TypeSerializer<T> copier;
    private transient long deadline;
    private transient boolean hasTimer;

    BatchOperator(OperatorConfig<T, A, R> config) {
        this.config = config;
    }

    /** The models' outputs for the records of a batch, in order. */
    abstract List<A> answers(Batch<T> batch) throws Exception;

    /** Called after a record was added to the batch. */
    void added() {}

    @Override
    public void open() throws Exception {
        super.open();
        batch = new Batch<>(config);
        if (getExecutionConfig().isObjectReuseEnabled()) {
            copier = getOperatorConfig().getTypeSerializerIn(0, getUserCodeClassloader());
        }
    }

    @Override
    public void processElement(StreamRecord<T> element) throws Exception {
        T record = element.getValue();
        // If objects are reused, the next record overwrites this one.
        StreamRecord<T> kept = element.copy(copier == null ? record : copier.copy(record));
        try {
            batch.add(kept);
        } catch (InputException refusal) {
            finishBatch(); // results keep the order of their records
            refuse(kept, refusal);
            return;
        }
        added();
        if (batch.isFull()) {
            finishBatch();
        } else if (batch.size() == 1) {
            deadline = getProcessingTimeService().getCurrentProcessingTime()
                    + config.batchTimeout.toMillis();
            startTimer();
        }
    }

    @Override
    public void processWatermark(Watermark watermark) throws Exception {
        finishBatch();
        super.processWatermark(watermark);
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) throws Exception {
        finishBatch();
        super.processWatermarkStatus(status);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        finishBatch();
        super.prepareSnapshotPreBarrier(checkpointId);
    }

    @Override
    public void finish() throws Exception {
        finishBatch();
        super.finish();
    }

    private void finishBatch() throws Exception {
        if (batch.isEmpty()) {
            return;
        }
        List<A> answers = answers(batch);
        for (int row = 0; row < batch.size(); row++) {
            StreamRecord<T> record = batch.record(row);
            InputException refusal = batch.refusal(row);
            if (refusal != null) {
                refuse(record, refusal);
                continue;
            }
            output.collect(
                    record.replace(config.resultMapper.apply(record.getValue(), answers.get(row))));
        }
        batch.clear();
    }

    private void refuse(StreamRecord<T> record, InputException refusal) {
        Tuple2<T, String> bad = config.badRecord(record.getValue(), refusal);
        output.collect(config.badRecords, record.replace(bad));
    }

    /**
     * At most one timer is pending: with a timer for each batch a fast stream would accumulate
     * them.
     */
    private void startTimer() {
        if (!hasTimer) {
            hasTimer = true;
            getProcessingTimeService().registerTimer(deadline, this::onTimer);
        }
    }

    private void onTimer(long time) throws Exception {
        hasTimer = false;
        if (!batch.isEmpty() && time >= deadline) {
            finishBatch();
        } else if (!batch.isEmpty()) {
            startTimer();
        }
    }
}
