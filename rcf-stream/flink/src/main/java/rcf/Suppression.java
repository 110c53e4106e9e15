package rcf;

/** Why a candidate is not reported. */
public enum Suppression {
    /** It is reported, or it is no candidate. */
    NONE,
    /** The detector is still warming up. */
    WARM_UP,
    /** The value is near the expected one. */
    NEAR_EXPECTED,
    /** The change is below the noise floor of a constant stream. */
    NOISE_FLOOR,
    /** Filled-in values are part of what is unusual. */
    IMPUTED,
    /** An anomaly reported before explains it. */
    EXPLAINED,
    /** The event has been reported. */
    ALREADY_ALERTED,
    /** A new regime has been accepted as the normal. */
    DRIFT,
    /** A rule of the parameters ignores it. */
    RULE,
    /** An alike event has been marked as normal. */
    MARKED_NORMAL,
    /** Events like it are frequent in this stream: alerts keep to the false alarm rate. */
    FREQUENT,
    /** A reason that this interface has no name for. */
    OTHER;

    static Suppression of(int code) {
        return code < OTHER.ordinal() ? values()[code] : OTHER;
    }
}
