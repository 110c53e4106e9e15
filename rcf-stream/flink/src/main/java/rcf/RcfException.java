package rcf;

/** A refusal by this library. The model is unchanged by the call. */
public class RcfException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RcfException(String message) {
        super(message);
    }
}
