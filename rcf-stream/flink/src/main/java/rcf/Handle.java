package rcf;

/** A native object: it lives outside of Java's heap until it is closed. */
public abstract class Handle implements AutoCloseable {
    /** 0 once it is closed. */
    private long handle;

    Handle(long handle) {
        this.handle = handle;
    }

    /** Frees it. Closing it twice does nothing. */
    @Override
    public final synchronized void close() {
        long closed = handle;
        handle = 0;
        free(closed);
    }

    /** To be used while the lock of this object is held. */
    final long handle() {
        return handle;
    }

    abstract void free(long handle);
}
