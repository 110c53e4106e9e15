/**
 * Random Cut Forest anomaly detection: forests and detectors of the Rust library rcf, bit for bit.
 *
 * <p>{@link rcf.RandomCutForest} scores, {@link rcf.AnomalyDetector} decides; {@link rcf.flink} has
 * both as operators of Apache Flink.
 */
package rcf;
