package rcf.flink;

import com.amazon.randomcutforest.RandomCutForest;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Amazon's library in a process function, as its sample for Flink has it: score, then update. */
final class AwsOperator extends ProcessFunction<Integer, Tuple2<Integer, Double>> {
    private static final long serialVersionUID = 1L;

    private final int shingleSize;
    private final int numberOfTrees;
    private final int sampleSize;
    private transient RandomCutForest forest;

    AwsOperator(int shingleSize, int numberOfTrees, int sampleSize) {
        this.shingleSize = shingleSize;
        this.numberOfTrees = numberOfTrees;
        this.sampleSize = sampleSize;
    }

    @Override
    public void open(OpenContext context) {
        forest = RandomCutForest.builder()
                .dimensions(shingleSize)
                .shingleSize(shingleSize)
                .internalShinglingEnabled(true)
                .numberOfTrees(numberOfTrees)
                .sampleSize(sampleSize)
                .outputAfter(sampleSize)
                .randomSeed(7)
                .build();
    }

    @Override
    public void processElement(
            Integer row, Context context, Collector<Tuple2<Integer, Double>> out) {
        double[] values = {Throughput.value(row)};
        double score = forest.getAnomalyScore(values);
        forest.update(values);
        out.collect(Tuple2.of(row, score));
    }
}
