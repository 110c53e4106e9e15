package rcf;

/** A value, a timestamp, or the number of values is refused. No row has been taken. */
public final class InputException extends RcfException {
    private static final long serialVersionUID = 1L;

    public InputException(String message) {
        super(message);
    }
}
