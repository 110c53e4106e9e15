package rcf.flink;

import rcf.AnomalyDetector;
import rcf.Detection;
import rcf.Model;
import rcf.Parameters;

/**
 * Decides for each record whether it is an anomaly. {@link DetectionRows} makes rows of detections.
 * See {@link ModelOperator}.
 */
public final class AnomalyDetectorOperator<T, R> extends ModelOperator<T, Detection, R> {
    private static final long serialVersionUID = 1L;

    AnomalyDetectorOperator(OperatorConfig<T, Detection, R> config) {
        super(config);
    }

    /** Starts the configuration of an operator. */
    public static <T, R> AnomalyDetectorOperatorBuilder<T, R> builder() {
        return new AnomalyDetectorOperatorBuilder<>();
    }

    @Override
    String name() {
        return "AnomalyDetector";
    }

    /** Detectors with the same parameters. */
    static final class Detectors implements ModelFactory<Detection> {
        private static final long serialVersionUID = 1L;

        private final Parameters parameters;
        private final boolean nanIsMissing;

        Detectors(Parameters parameters, boolean nanIsMissing) {
            this.parameters = parameters;
            this.nanIsMissing = nanIsMissing;
        }

        @Override
        public Model<Detection> create(String key) {
            return AnomalyDetector.create(parameters, key, nanIsMissing);
        }

        @Override
        public Model<Detection> load(String key, byte[] bytes) {
            return AnomalyDetector.load(parameters, key, nanIsMissing, bytes);
        }
    }
}
