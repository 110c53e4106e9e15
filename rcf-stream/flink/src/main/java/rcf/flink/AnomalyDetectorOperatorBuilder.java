package rcf.flink;

import rcf.Detection;

/**
 * Describes an {@link AnomalyDetectorOperator}. Parameters that are not set have rcf's defaults.
 */
public final class AnomalyDetectorOperatorBuilder<T, R>
        extends OperatorBuilder<T, Detection, R, AnomalyDetectorOperatorBuilder<T, R>> {
    private DetectionMapper<T, R> resultMapper;
    private TimestampMapper<T> timestampMapper;
    private boolean nanIsMissing;

    AnomalyDetectorOperatorBuilder() {}

    @Override
    AnomalyDetectorOperatorBuilder<T, R> self() {
        return this;
    }

    /** How often a calm stream may raise an alarm, as a fraction of its records. */
    public AnomalyDetectorOperatorBuilder<T, R> setFalseAlarmRate(double rate) {
        return setParameter("false_alarm_rate", rate);
    }

    /**
     * Reads the time of a record; gaps are then imputed. Without it, records are equidistant.
     */
    public AnomalyDetectorOperatorBuilder<T, R> setTimestampMapper(TimestampMapper<T> mapper) {
        this.timestampMapper = mapper;
        return this;
    }

    /** Whether NaN is a missing value, which is imputed; otherwise it is rejected (false). */
    public AnomalyDetectorOperatorBuilder<T, R> setNanIsMissing(boolean nanIsMissing) {
        this.nanIsMissing = nanIsMissing;
        return this;
    }

    /** Makes the output for a record and its detection. */
    public AnomalyDetectorOperatorBuilder<T, R> setResultMapper(DetectionMapper<T, R> mapper) {
        this.resultMapper = mapper;
        return this;
    }

    public AnomalyDetectorOperator<T, R> build() {
        return new AnomalyDetectorOperator<>(
                new OperatorConfig<>(
                        this,
                        new AnomalyDetectorOperator.Detectors(modelParameters(), nanIsMissing),
                        resultMapper,
                        timestampMapper));
    }
}
