package rcf.flink;

import java.io.Serializable;
import java.util.function.BiFunction;

/** Makes a result from a record and the model's output for it. */
@FunctionalInterface
public interface AnswerMapper<T, A, R> extends BiFunction<T, A, R>, Serializable {}
