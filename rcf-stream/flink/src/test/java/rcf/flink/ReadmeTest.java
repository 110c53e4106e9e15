package rcf.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The example of the README, unchanged. */
class ReadmeTest {
    @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

    @Test
    void theExampleRuns() throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        Float[] wave = new Float[950];
        for (int t = 0; t < wave.length; t++) {
            wave[t] = 20f + t % 24 + (t == 900 ? 50f : 0f);
        }
        DataStream<Float> values = environment.fromData(Types.FLOAT, wave);

        // README:
        AnomalyDetectorOperator<Float, Row> detector = AnomalyDetectorOperator.<Float, Row>builder()
            .setInputDataMapper(value -> new double[] {value})
            .setResultMapper(DetectionRows.mapper())
            .build();
        DataStream<Row> anomalies = detector
            .perKey(values.keyBy(value -> "sensor"), DetectionRows.TYPE)
            .filter(row -> row.<Boolean>getFieldAs("is_anomaly"));
        // :README

        List<Row> found = new ArrayList<>();
        try (CloseableIterator<Row> rows = anomalies.executeAndCollect()) {
            rows.forEachRemaining(found::add);
        }
        assertEquals(82.0, found.get(0).getField("value"));
        assertTrue(found.get(0).<Double>getFieldAs("expected") < 45);
    }

    @Test
    void theReadmeHasIt() throws Exception {
        String source = Files.readString(Path.of("src/test/java/rcf/flink/ReadmeTest.java"));
        String example = source.split("// README:\n")[1].split(" *// :README")[0];
        String unindented = example.lines()
                .map(line -> line.replaceFirst("^ {8}", ""))
                .collect(Collectors.joining("\n"));
        String readme = Files.readString(Path.of("README.md"));
        assertTrue(readme.contains("```java\n" + unindented + "\n```"), "README.md differs");
    }
}
