package rcf.flink;

import java.io.Serializable;
import java.util.function.BiFunction;

/** Makes a result of a record and what the model answers to it. */
@FunctionalInterface
public interface AnswerMapper<T, A, R> extends BiFunction<T, A, R>, Serializable {}
