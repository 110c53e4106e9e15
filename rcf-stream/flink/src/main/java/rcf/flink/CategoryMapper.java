package rcf.flink;

import java.io.Serializable;
import java.util.function.Function;

/** Reads a category from a record; {@code null} if it is missing. */
@FunctionalInterface
public interface CategoryMapper<T> extends Function<T, String>, Serializable {}
