import com.amazon.randomcutforest.RandomCutForest;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * AWS's Java forest, driven through standard input: blocks of rows come in, the CPU nanoseconds of the
 * thread that worked on them go out. Big-endian: operation, number of rows, then the rows' floats.
 */
final class Driver {
    public static void main(String[] args) throws Exception {
        int inputDimensions = Integer.parseInt(args[0]);
        int shingleSize = Integer.parseInt(args[1]);
        RandomCutForest forest = RandomCutForest.builder()
                .dimensions(inputDimensions * shingleSize)
                .shingleSize(shingleSize)
                .internalShinglingEnabled(shingleSize > 1)
                .numberOfTrees(Integer.parseInt(args[2]))
                .sampleSize(Integer.parseInt(args[3]))
                .timeDecay(Double.parseDouble(args[4]))
                .outputAfter(Integer.parseInt(args[5]))
                .initialAcceptFraction(Double.parseDouble(args[6]))
                .randomSeed(Long.parseLong(args[7]))
                .parallelExecutionEnabled(false)
                .build();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        double kept = 0;
        while (true) {
            int operation;
            try {
                operation = in.readInt();
            } catch (EOFException end) {
                break;
            }
            float[][] rows = new float[in.readInt()][inputDimensions];
            for (float[] row : rows) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = in.readFloat();
                }
            }
            long start = threads.getCurrentThreadCpuTime();
            for (float[] row : rows) {
                kept += work(forest, operation, row);
            }
            System.out.println(threads.getCurrentThreadCpuTime() - start);
        }
        if (Double.isNaN(kept)) {
            throw new AssertionError("a score is not a number");
        }
    }

    private static double work(RandomCutForest forest, int operation, float[] row) {
        switch (operation) {
            case 0:
                double score = forest.getAnomalyScore(row);
                forest.update(row);
                return score;
            case 1:
                return forest.getAnomalyScore(row);
            case 2:
                forest.update(row);
                return 0;
            case 3:
                return forest.getAnomalyAttribution(row).getHighLowSum();
            default:
                throw new IllegalArgumentException("operation " + operation);
        }
    }
}
