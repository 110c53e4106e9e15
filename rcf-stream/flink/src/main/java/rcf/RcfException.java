package rcf;

/** What this library refuses. The model is as it was before the call. */
public class RcfException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RcfException(String message) {
        super(message);
    }
}
