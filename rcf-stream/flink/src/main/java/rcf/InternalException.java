package rcf;

/** A fault of this library. The model is rejected from then on; close it. */
public final class InternalException extends RcfException {
    private static final long serialVersionUID = 1L;

    public InternalException(String message) {
        super(message);
    }
}
