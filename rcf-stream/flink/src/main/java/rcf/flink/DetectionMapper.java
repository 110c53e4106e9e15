package rcf.flink;

import rcf.Detection;

/** Makes a result from a record and its detection. */
@FunctionalInterface
public interface DetectionMapper<T, R> extends AnswerMapper<T, Detection, R> {}
