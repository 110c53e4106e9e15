/** Forests and detectors as operators of Apache Flink, with state and exactly once. */
package rcf.flink;
