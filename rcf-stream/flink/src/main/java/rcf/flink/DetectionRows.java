package rcf.flink;

import java.io.Serializable;
import java.util.function.Function;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.types.Row;
import org.apache.flink.util.Preconditions;
import rcf.Detection;

/** Detections as rows, alone or after fields of their records, for tables. */
public final class DetectionRows {
    private static final String[] NAMES = {
        "score",
        "grade",
        "severity",
        "confidence",
        "evidence",
        "p_value",
        "threshold",
        "is_anomaly",
        "is_candidate",
        "suppressed",
        "input",
        "value",
        "expected",
        "direction",
        "relative_index",
        "imputed",
        "unlearned",
        "warm_up",
        "synthetic_fraction",
        "attribution_high",
        "attribution_low"
    };

    private static final TypeInformation<?>[] TYPES = {
        Types.DOUBLE,
        Types.DOUBLE,
        Types.DOUBLE,
        Types.DOUBLE,
        Types.DOUBLE,
        Types.DOUBLE,
        Types.DOUBLE,
        Types.BOOLEAN,
        Types.BOOLEAN,
        Types.STRING,
        Types.INT,
        Types.DOUBLE,
        Types.DOUBLE,
        Types.INT,
        Types.INT,
        Types.INT,
        Types.BOOLEAN,
        Types.LONG,
        Types.DOUBLE,
        Types.PRIMITIVE_ARRAY(Types.DOUBLE),
        Types.PRIMITIVE_ARRAY(Types.DOUBLE)
    };

    /** The fields of a detection. */
    public static final RowTypeInfo TYPE = new RowTypeInfo(TYPES, NAMES);

    private DetectionRows() {}

    /** Reads fields from a record. */
    @FunctionalInterface
    public interface RecordMapper<T> extends Function<T, Row>, Serializable {}

    /**
     * A row of a detection, of {@link #TYPE}. Fields that only candidates have are null in others.
     */
    public static Row of(Detection detection) {
        boolean isCandidate = detection.isCandidate();
        return Row.of(
                detection.score(),
                detection.grade(),
                detection.severity(),
                detection.confidence(),
                detection.evidence(),
                detection.pValue(),
                detection.threshold(),
                detection.isAnomaly(),
                isCandidate,
                isCandidate && !detection.isAnomaly() ? detection.suppressed().name() : null,
                isCandidate ? detection.input() : null,
                isCandidate ? detection.value() : null,
                isCandidate ? detection.expected() : null,
                isCandidate ? detection.direction() : null,
                isCandidate ? detection.relativeIndex() : null,
                detection.imputed(),
                detection.isUnlearned(),
                detection.warmUp(),
                detection.syntheticFraction(),
                isCandidate ? detection.attributionHigh() : null,
                isCandidate ? detection.attributionLow() : null);
    }

    /** Detections alone. */
    public static <T> DetectionMapper<T, Row> mapper() {
        return (record, detection) -> of(detection);
    }

    /** Fields of the record, then those of the detection. */
    public static <T> DetectionMapper<T, Row> mapper(RecordMapper<T> fields) {
        return (record, detection) -> Row.join(fields.apply(record), of(detection));
    }

    /** The type of rows that begin with fields of the record. */
    public static RowTypeInfo type(RowTypeInfo fields) {
        int before = fields.getArity();
        TypeInformation<?>[] types = new TypeInformation<?>[before + TYPES.length];
        String[] names = new String[types.length];
        for (int i = 0; i < types.length; i++) {
            types[i] = i < before ? fields.getTypeAt(i) : TYPES[i - before];
            names[i] = i < before ? fields.getFieldNames()[i] : NAMES[i - before];
            for (int j = 0; j < i; j++) {
                Preconditions.checkArgument(
                        !names[j].equals(names[i]), "two fields are called %s", names[i]);
            }
        }
        return new RowTypeInfo(types, names);
    }
}
