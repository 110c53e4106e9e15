package rcf.flink;

import java.io.Serializable;
import rcf.Model;

/** Makes models of one kind with the same parameters: that of a key, or of none ({@code null}). */
interface ModelFactory<A> extends Serializable {
    Model<A> create(String key);

    /** Restores a model, and refuses one that has other parameters. */
    Model<A> load(String key, byte[] bytes);
}
