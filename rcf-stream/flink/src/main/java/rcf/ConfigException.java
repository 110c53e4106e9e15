package rcf;

/** A parameter is unknown, of another kind, or breaks its rule. */
public final class ConfigException extends RcfException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}
