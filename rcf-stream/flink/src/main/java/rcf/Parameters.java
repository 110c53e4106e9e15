package rcf;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Parameters of a model, by the names of rcf's one table; omitted ones have their defaults.
 *
 * <p>A value is a number, a boolean, a string, or a list or map of these: {@code
 * with("learning", List.of("skip", 500))}.
 */
public final class Parameters implements Serializable {
    private static final long serialVersionUID = 1L;

    private final TreeMap<String, String> values;

    private Parameters(TreeMap<String, String> values) {
        this.values = values;
    }

    /** All defaults. */
    public static Parameters defaults() {
        return new Parameters(new TreeMap<>());
    }

    /** These, and one more, or a new value for one. */
    public Parameters with(String name, Object value) {
        TreeMap<String, String> more = new TreeMap<>(values);
        more.put(name, json(name, value));
        return new Parameters(more);
    }

    /** Whether a value is given, even if it is the default. */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /** As one JSON object, which all interfaces of rcf read. */
    public String toJson() {
        return values.entrySet().stream()
                .map(entry -> quoted(entry.getKey()) + ": " + entry.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }

    @Override
    public String toString() {
        return toJson();
    }

    private static String json(String name, Object value) {
        Function<Object, String> nested = part -> json(name, part);
        if (value instanceof Boolean || isNumber(value)) {
            return value.toString();
        }
        if (value instanceof String) {
            return quoted((String) value);
        }
        if (value instanceof double[]) {
            return Arrays.stream((double[]) value)
                    .mapToObj(nested::apply)
                    .collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof List) {
            return ((List<?>) value)
                    .stream().map(nested).collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof Map) {
            return ((Map<?, ?>) value)
                    .entrySet().stream()
                            .map(part -> quoted(part.getKey().toString())
                                    + ": "
                                    + nested.apply(part.getValue()))
                            .collect(Collectors.joining(", ", "{", "}"));
        }
        throw new ConfigException(
                name
                        + " must be a finite number, a boolean, a string, or a list or map of"
                        + " these, got "
                        + value);
    }

    private static boolean isNumber(Object value) {
        return value instanceof Number && Double.isFinite(((Number) value).doubleValue());
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char character : text.toCharArray()) {
            if (character == '"' || character == '\\') {
                json.append('\\').append(character);
            } else if (character < ' ') {
                json.append(String.format("\\u%04x", (int) character));
            } else {
                json.append(character);
            }
        }
        return json.append('"').toString();
    }
}
