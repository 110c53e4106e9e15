package rcf.flink;

import java.io.Serializable;
import java.util.function.ToDoubleFunction;

/** Reads the time of an observation, in seconds, from a record. */
@FunctionalInterface
public interface TimestampMapper<T> extends ToDoubleFunction<T>, Serializable {}
