package rcf;

/** Why a candidate is not reported. */
public enum Suppression {
    /** It is reported, or it is not a candidate. */
    NONE,
    /** The detector is still warming up. */
    WARM_UP,
    /** The value is near the expected one. */
    NEAR_EXPECTED,
    /** The change is below the noise floor of a constant stream. */
    NOISE_FLOOR,
    /** Imputed values contribute to the deviation. */
    IMPUTED,
    /** An earlier anomaly explains it. */
    EXPLAINED,
    /** The event has already been reported. */
    ALREADY_ALERTED,
    /** A new regime has been accepted as normal. */
    DRIFT,
    /** A rule of the parameters ignores it. */
    RULE,
    /** A similar event has been marked as normal. */
    MARKED_NORMAL,
    /** Events like it are frequent in this stream: alerts keep to the false alarm rate. */
    FREQUENT,
    /** A reason that this interface does not know. */
    OTHER;

    static Suppression of(int code) {
        return code < OTHER.ordinal() ? values()[code] : OTHER;
    }
}
