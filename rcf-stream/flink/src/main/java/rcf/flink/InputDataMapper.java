package rcf.flink;

import java.io.Serializable;
import java.util.function.Function;

/** Reads the values of an observation from a record. */
@FunctionalInterface
public interface InputDataMapper<T> extends Function<T, double[]>, Serializable {}
