package rcf;

/** Saved bytes cannot be restored, or are those of a model with other parameters. */
public final class StateException extends RcfException {
    private static final long serialVersionUID = 1L;

    public StateException(String message) {
        super(message);
    }
}
