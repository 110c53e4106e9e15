package rcf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The 1,000 records that all interfaces of rcf share, and the bits of their scores. */
public final class ExpectedBits {
    public static final int INPUTS = 2;

    public final double[] values;
    public final double[] forest;
    public final double[] detector;
    private final List<String> lines;

    public ExpectedBits() {
        Path file = Path.of("../../rcf-core/tests/bits/expected.csv");
        try {
            lines = Files.readAllLines(file);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        List<String[]> rows = lines.stream()
                .filter(line -> !line.startsWith("#") && !line.startsWith("value"))
                .map(line -> line.split(","))
                .collect(Collectors.toList());
        values = rows.stream()
                .flatMap(row -> Stream.of(row[0], row[1]))
                .mapToDouble(Double::parseDouble)
                .toArray();
        forest = rows.stream().mapToDouble(row -> fromBits(row[2])).toArray();
        detector = rows.stream().mapToDouble(row -> fromBits(row[3])).toArray();
    }

    public double[] record(int row) {
        return new double[] {values[2 * row], values[2 * row + 1]};
    }

    public Parameters forestParameters() {
        return parameters("# forest ");
    }

    public Parameters detectorParameters() {
        return parameters("# detector ");
    }

    /** One object of names with numbers and strings. */
    private Parameters parameters(String prefix) {
        String json = lines.stream().filter(line -> line.startsWith(prefix)).findFirst().get();
        Parameters parameters = Parameters.defaults();
        String members = json.substring(json.indexOf('{') + 1, json.indexOf('}'));
        for (String member : members.split(", ")) {
            String[] parts = member.split(": ");
            boolean isText = parts[1].startsWith("\"");
            String name = parts[0].replace("\"", "");
            String value = parts[1].replace("\"", "");
            if (isText) {
                parameters = parameters.with(name, value);
            } else if (value.contains(".")) {
                parameters = parameters.with(name, Double.valueOf(value));
            } else {
                parameters = parameters.with(name, Long.valueOf(value));
            }
        }
        return parameters;
    }

    private static double fromBits(String hex) {
        return Double.longBitsToDouble(Long.parseUnsignedLong(hex, 16));
    }
}
