package rcf.flink;

/** Makes a result from a record and its score. */
@FunctionalInterface
public interface ResultMapper<T, R> extends AnswerMapper<T, Double, R> {}
