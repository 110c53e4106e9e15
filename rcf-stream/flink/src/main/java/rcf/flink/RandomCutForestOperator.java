package rcf.flink;

import org.apache.flink.api.java.tuple.Tuple2;
import rcf.Model;
import rcf.Parameters;
import rcf.RandomCutForest;

/** Scores records: the higher, the more anomalous; about 1 is usual. See {@link ModelOperator}. */
public final class RandomCutForestOperator<T, R> extends ModelOperator<T, Double, R> {
    private static final long serialVersionUID = 1L;

    /** A record that is a single value. */
    public static final InputDataMapper<Float> SIMPLE_FLOAT_INPUT_DATA_MAPPER =
            value -> new double[] {value};

    /** The value and its score. */
    public static final ResultMapper<Float, Tuple2<Float, Double>> SIMPLE_TUPLE_RESULT_DATA_MAPPER =
            Tuple2::of;

    RandomCutForestOperator(OperatorConfig<T, Double, R> config) {
        super(config);
    }

    /** Starts the configuration of an operator. */
    public static <T, R> RandomCutForestOperatorBuilder<T, R> builder() {
        return new RandomCutForestOperatorBuilder<>();
    }

    @Override
    String name() {
        return "RandomCutForest";
    }

    /** Forests with the same parameters. */
    static final class Forests implements ModelFactory<Double> {
        private static final long serialVersionUID = 1L;

        private final Parameters parameters;

        Forests(Parameters parameters) {
            this.parameters = parameters;
        }

        @Override
        public Model<Double> create(String key) {
            return RandomCutForest.create(parameters, key);
        }

        @Override
        public Model<Double> load(String key, byte[] bytes) {
            return RandomCutForest.load(parameters, key, bytes);
        }
    }
}
